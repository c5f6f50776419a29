"""What people may do to a run at any time; each is an event of the machine and an audit record."""

from typing import Any
from uuid import UUID

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.engine.flow import events as ev
from coordination.runs.effects import carry_out, hand_on
from coordination.runs.errors import NotPossibleNow
from coordination.runs.loading import lock, row_named
from coordination.runs.models import Run


def pause_run(organization: Organization, run_id: UUID, actor: Actor, reason: str = "") -> Run:
    """Let running steps finish and start none."""
    return _control(organization, run_id, actor, ev.RunPaused(), "RunPaused", "", {"reason": reason})


def resume_run(organization: Organization, run_id: UUID, actor: Actor, reason: str = "") -> Run:
    """Let a paused run go on."""
    return _control(organization, run_id, actor, ev.RunResumed(), "RunResumed", "", {"reason": reason})


def cancel_run(organization: Organization, run_id: UUID, actor: Actor, reason: str = "") -> Run:
    """End a run; results of steps that still run are refused."""
    said = reason or f"Cancelled by {actor.name}."
    return _control(organization, run_id, actor, ev.RunCancelled(said), "", "", {})


def retry_step(organization: Organization, run_id: UUID, step_key: str, actor: Actor, reason: str = "") -> Run:
    """Repeat a step and everything after it; its actions are new actions."""
    event = ev.StepRetried(step_key)
    return _control(organization, run_id, actor, event, "StepRepeated", step_key, {"reason": reason})


def retry_run(organization: Organization, run_id: UUID, actor: Actor, reason: str = "") -> Run:
    """Repeat a run from the step that failed it."""
    run = Run.objects.filter(organization=organization, pk=run_id).only("error").first()
    step_key = ((run.error or {}) if run else {}).get("step", "")
    if run is not None and not step_key:
        raise NotPossibleNow(why="no step failed this run; repeat a step of it instead")
    return retry_step(organization, run_id, step_key, actor, reason)


def skip_step(organization: Organization, run_id: UUID, step_key: str, actor: Actor, reason: str) -> Run:
    """Let a run go on without a step."""
    event = ev.StepSkipped(step_key, reason)
    return _control(organization, run_id, actor, event, "", step_key, {})


def override_step(
    organization: Organization, run_id: UUID, step_key: str, output: Any, reason: str, actor: Actor
) -> Run:
    """Give a step's output in its place."""
    event = ev.StepOverridden(step_key, output)
    data = {"output": output, "reason": reason}
    return _control(organization, run_id, actor, event, "StepOverridden", step_key, data)


@transaction.atomic
def _control(
    organization: Organization,
    run_id: UUID,
    actor: Actor,
    event: ev.Event,
    kind: str,
    step_key: str,
    data: dict[str, Any],
) -> Run:
    loaded = lock(run_id, organization.pk)
    if step_key or isinstance(event, ev.StepRetried):
        row_named(loaded, step_key)
    if kind:
        loaded.note(kind, step_key, data)
    effects = loaded.take(event)
    if isinstance(event, ev.StepRetried):
        # Only what the person repeats is a new action: a sibling that the run's end cut off may have acted.
        for key in loaded.plan.downstream(step_key):
            loaded.rows[key].generation += 1
            loaded.rows[key].approval_id = loaded.rows[key].decision_id = None
    for offer in carry_out(loaded, effects):
        hand_on(loaded, offer)
    loaded.save(actor)
    return loaded.run
