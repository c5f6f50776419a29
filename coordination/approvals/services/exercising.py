"""Exercises: questions that somebody should refuse, put among the real ones; nothing can ever come of them."""

import secrets
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Membership, Organization
from coordination.approvals.errors import NothingAlike
from coordination.approvals.exercise import Entry as Listed
from coordination.approvals.exercise import ExerciseSpec
from coordination.approvals.models import OPEN, ApprovalRequest, Canary, Exercise, State, Verdict
from coordination.approvals.question import Question, Stage
from coordination.approvals.selectors.exercises import exercise_named, exercises_of
from coordination.approvals.services.ask import ask
from coordination.approvals.services.record import OVERSIGHT, note_down, record
from coordination.audit.services import Entry, append
from coordination.engine.manifest import Metadata
from coordination.shared.clock import now
from coordination.shared.json import JsonObject
from coordination.shared.live import ring
from coordination.shared.manifests import checked

_CAUGHT = (Verdict.REJECT, Verdict.EDIT, Verdict.RETURN, Verdict.REQUEST_INFO)


@transaction.atomic
def save_exercise(organization: Organization, key: str, spec: Any, actor: Actor) -> Listed:
    """Put an exercise into the catalogue, or change it; raises ManifestInvalid."""
    name = checked({"name": key}, Metadata, "").name
    said = checked(spec, ExerciseSpec, "").model_dump(mode="json")
    Exercise.objects.update_or_create(
        organization=organization,
        key=name,
        defaults={"spec": said, "changed_by": actor.name, "changed_at": now()},
    )
    _tell(organization, "ExerciseSaved", actor, name, {"spec": said})
    return exercise_named(organization, name)


@transaction.atomic
def turn_exercise(organization: Organization, key: str, active: bool, actor: Actor) -> Listed:
    """Use an exercise, or leave it out, from now on; raises NotFound."""
    listed = exercise_named(organization, key)
    Exercise.objects.update_or_create(
        organization=organization,
        key=key,
        defaults={"is_active": active, "changed_by": actor.name, "changed_at": now()},
        create_defaults={
            "spec": listed.spec.model_dump(mode="json"),
            "is_active": active,
            "changed_by": actor.name,
            "changed_at": now(),
        },
    )
    _tell(organization, "ExerciseTurned", actor, key, {"active": active})
    return exercise_named(organization, key)


@transaction.atomic
def place_exercise(organization: Organization, key: str, actor: Actor = SYSTEM) -> ApprovalRequest:
    """Put an exercise into the queue, made up like the latest real question about the same; raises NothingAlike."""
    listed = exercise_named(organization, key)
    real = _like(organization, listed.spec.operation)
    if real is None:
        raise NothingAlike(operation=listed.spec.operation)
    request = ask(organization, _question(listed.spec, real), SYSTEM)
    Canary.objects.create(
        request=request, organization=organization, key=key, lesson=listed.spec.lesson, placed_at=request.created_at
    )
    note_down(request, "ExercisePlaced", actor, {"exercise": key, "like": str(real.pk)})
    return request


def place_drawn(organization: Organization, draw: float) -> ApprovalRequest | None:
    """Put an exercise into the queue, of those not used for longest the one that was drawn; None if none fits."""
    fits = [one.key for one in exercises_of(organization) if one.is_active and _like(organization, one.spec.operation)]
    if not fits:
        return None
    rounds = dict.fromkeys(fits, 0)
    for key in Canary.objects.filter(organization=organization, key__in=fits).values_list("key", flat=True):
        rounds[key] += 1
    fewest = min(rounds.values())
    due = [key for key in fits if rounds[key] == fewest]
    return place_exercise(organization, due[int(draw * len(due))])


def conclude(request: ApprovalRequest, membership: Membership, verdict: Verdict) -> None:
    """Note how an exercise was answered, and end it; does nothing about a real question, or where it is handed on."""
    if not request.is_synthetic or verdict not in (Verdict.APPROVE, *_CAUGHT):
        return
    result = Canary.Result.MISSED if verdict == Verdict.APPROVE else Canary.Result.CAUGHT
    about: Mapping[str, Any] = {
        "result": result, "verdict": verdict, "answered_by": membership.user, "answered_at": now()
    }  # fmt: skip
    Canary.objects.filter(request=request, result="").update(**about)
    if request.state in OPEN:
        request.state, request.decided_at = State.CANCELLED, now()
        request.save(update_fields=["state", "decided_at"])
        record(request, "ApprovalCancelled", SYSTEM, {"reason": "it was an exercise"})
    note_down(request, "ExerciseAnswered", Actor.of(membership), {"result": str(result), "verdict": str(verdict)})


def _like(organization: Organization, operation: str) -> ApprovalRequest | None:
    """Return the latest real question about an operation."""
    real = ApprovalRequest.objects.filter(organization=organization, operation=operation, is_synthetic=False)
    return real.order_by("-id").first()


def _question(spec: ExerciseSpec, real: ApprovalRequest) -> Question:
    """Return the exercise as the question that it is to look like: the same people, rules, agent and stakes."""
    return Question(
        subject=f"guard:{secrets.token_hex(32)}",
        title=spec.title,
        intent=spec.intent or spec.title,
        operation=real.operation,
        parameters={**real.parameters, **spec.parameters},
        tool_version=real.tool_version,
        agent=real.agent,
        agent_version=real.agent_version,
        on_behalf_of=real.on_behalf_of,
        policy_decision_id=real.policy_decision_id,
        reasons=real.reasons,
        risk_score=real.risk_score,
        risk_band=spec.risk_band or real.risk_band,
        reversibility=real.reversibility,
        confidence=spec.confidence if spec.confidence is not None else real.confidence,
        evidence=[one.model_dump(mode="json") for one in spec.evidence],
        stages=[Stage.of(kept) for kept in real.chain],
        timeout_action="deny",
        owners=real.owners,
        is_synthetic=True,
    )


def _tell(organization: Organization, kind: str, actor: Actor, key: str, about: JsonObject) -> None:
    append(organization.pk, OVERSIGHT, actor, [Entry(kind, about, object=f"exercise:{key}")])
    ring(organization.pk, OVERSIGHT)
