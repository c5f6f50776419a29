"""People say whether what a step gave was right."""

from uuid import UUID

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit.services import Entry, append
from coordination.engine.flow.state import StepStatus
from coordination.runs.errors import NotPossibleNow, ReasonMissing
from coordination.runs.loading import stream_of, subject_of
from coordination.runs.models import Quality, Step, StepVerdict
from coordination.runs.selectors import get_run, step_of
from coordination.shared.clock import now
from coordination.shared.json import JsonObject
from coordination.shared.live import ring

_HAS_ENDED = (StepStatus.SUCCEEDED, StepStatus.COMPENSATED)


@transaction.atomic
def judge_output(
    organization: Organization, run_id: UUID, step_key: str, quality: Quality, reason: str, actor: Actor
) -> StepVerdict:
    """Keep what a person says of a step's present output, in the place of what they said of it before.

    Raises RunUnknown, StepUnknown, NotPossibleNow, ReasonMissing.
    """
    run = get_run(organization, run_id)
    step = step_of(run, step_key)
    if step.status not in _HAS_ENDED or step.output is None:
        raise NotPossibleNow(why=f"{step.title or step.key} has no output yet")
    if quality != Quality.RIGHT and not reason:
        raise ReasonMissing(quality=quality)
    verdict, _ = StepVerdict.objects.update_or_create(
        run=run,
        step_key=step.key,
        attempt=step.attempt,
        person_name=actor.name,
        defaults={
            "organization": organization,
            "agent": _whose(step),
            "agent_version": step.agent_version if _whose(step) else None,
            "capability": step.capability,
            "quality": quality,
            "reason": reason,
            "person_id": actor.user_id,
            "said_at": now(),
            # What a person gave in an agent's place says nothing of the agent.
            "heeded_at": None if _whose(step) else now(),
        },
    )
    said: JsonObject = {"step": step.key, "attempt": step.attempt, "quality": str(quality), "reason": reason}
    said["agent"] = verdict.agent
    append(
        organization.pk, stream_of(run.pk), actor, [Entry("OutputJudged", said, object=subject_of(run.pk, step.key))]
    )
    ring(organization.pk, f"run-{run.pk}", "verdicts")
    return verdict


def _whose(step: Step) -> str:
    """Return the agent that gave the output; none where a person gave it in its place."""
    last = step.attempts[-1] if step.attempts else {}
    return step.agent if step.kind == "agent" and last.get("status") == "succeeded" else ""
