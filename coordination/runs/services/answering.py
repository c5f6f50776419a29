"""A person answers a question about a run, and the run moves in the same transaction."""

from typing import Any
from uuid import UUID

from django.db import transaction

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Membership
from coordination.agents.selectors import tool_named
from coordination.approvals import services as approvals
from coordination.approvals.models import ApprovalRequest, State
from coordination.approvals.selectors import get_request
from coordination.engine.flow import events as ev
from coordination.engine.flow.definition import input_errors
from coordination.engine.flow.state import StepStatus
from coordination.engine.manifest import pointer
from coordination.engine.rules.wording import fill
from coordination.runs.effects import hand_on_all
from coordination.runs.errors import ArgumentsInvalid
from coordination.runs.loading import Loaded, lock, parse_subject, save
from coordination.shared.errors import FieldError
from coordination.shared.json import JsonObject


@transaction.atomic
def answer_approval(
    membership: Membership,
    request_id: UUID,
    verdict: str,
    *,
    reason: str = "",
    revision: int,
    parameters: JsonObject | None = None,
) -> ApprovalRequest:
    """Record what a person decided and let the run go on, fail, or wait for another voter.

    Nothing here waits for the answer to an agent that runs elsewhere: it asks again by itself.
    """
    request = get_request(membership.organization, request_id)
    if request.subject.startswith("guard:"):
        return approvals.decide(request, membership, verdict, reason, revision, parameters=parameters)
    run_id, step_key = parse_subject(request.subject)
    # The run is locked before the request, in the order in which the gate locks them.
    loaded = lock(run_id, membership.organization_id)
    intent = _intent_of(request, parameters) if verdict == "edit" and parameters is not None else ""
    request = approvals.decide(request, membership, verdict, reason, revision, parameters=parameters, intent=intent)
    _move(loaded, step_key, request, Actor.of(membership))
    return request


@transaction.atomic
def expire_approval(request: ApprovalRequest) -> None:
    """Close a question that nobody answered in time, and fail the step that waited for it, if one did."""
    if not request.subject.startswith("run:"):
        approvals.expire(request)
        return
    run_id, step_key = parse_subject(request.subject)
    loaded = lock(run_id)
    for expired in approvals.expire(request):
        if loaded.rows[step_key].status == StepStatus.WAITING:
            _move(loaded, step_key, expired, SYSTEM)


def _intent_of(request: ApprovalRequest, parameters: JsonObject) -> str:
    """Return what the edited action would do; raises ArgumentsInvalid for what the tool could not take."""
    if request.operation in {"approval", "agent.call"}:
        return ""
    spec = tool_named(request.organization, request.operation).spec
    found = input_errors(spec["input"], parameters)
    if found:
        errors = [FieldError(f"/parameters{pointer(path)}", message) for path, message in found]
        raise ArgumentsInvalid(errors=errors, tool=request.operation, problem=errors[0].message)
    return fill(spec["summary"], {"args": parameters})


def _move(loaded: Loaded, step_key: str, request: ApprovalRequest, actor: Actor) -> None:
    row = loaded.rows[step_key]
    row.parameters = request.parameters
    loaded.touched.add(step_key)
    event = _event(step_key, request, actor)
    if event is not None:
        hand_on_all(loaded, loaded.take(event))
    save([loaded], actor)


def _event(step_key: str, request: ApprovalRequest, actor: Actor) -> ev.Event | None:
    if request.state == State.APPROVED:
        answer: dict[str, Any] = {"verdict": "approved", "by": actor.name, "parameters": request.parameters}
        return ev.StepApproved(step_key, answer)
    if request.state == State.REJECTED:
        return ev.StepRejected(step_key, "rejected", f"{actor.name} rejected this.")
    if request.state == State.EXPIRED:
        return ev.StepRejected(step_key, "expired", "Nobody decided in time.")
    return None
