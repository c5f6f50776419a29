"""A person answers a question about a run, and the run moves in the same transaction."""

from typing import Any
from uuid import UUID

from django.db import transaction

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Membership
from coordination.agents.selectors import tool_named
from coordination.approvals import services as approvals
from coordination.approvals.models import ApprovalRequest, State, TimeoutAction, Verdict
from coordination.approvals.question import UNTOLD, Manner
from coordination.approvals.selectors import get_request
from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from coordination.engine.flow.definition import input_errors
from coordination.engine.flow.state import StepStatus
from coordination.engine.manifest import pointer
from coordination.engine.rules.wording import fill
from coordination.runs.conflicts import CONFLICT, options_left
from coordination.runs.effects import hand_on_all
from coordination.runs.errors import ArgumentsInvalid
from coordination.runs.loading import Loaded, lock, parse_subject, save
from coordination.runs.models import Step
from coordination.runs.occasions import thought_in
from coordination.runs.services.messaging import leave
from coordination.runs.services.rejudging import rejudged
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
    manner: Manner = UNTOLD,
) -> ApprovalRequest:
    """Record what a person decided and let the run go on, fail, be planned again, or wait for another voter.

    Nothing here waits for the answer to an agent that runs elsewhere: it asks again by itself.
    """
    request = get_request(membership.organization, request_id)
    if request.subject.startswith("guard:"):
        intent = _intent_of(request, parameters) if verdict == Verdict.EDIT and isinstance(parameters, dict) else ""
        edited: dict[str, Any] = {"parameters": parameters, "intent": intent}
        return _decided(request, membership, verdict, reason, revision, manner, **edited)
    run_id, step_key = parse_subject(request.subject)
    # The run is locked before the request, in the order in which the gate locks them.
    loaded = lock(run_id, membership.organization_id)
    chosen = _chosen(loaded, step_key, request, verdict, parameters)
    if chosen:
        reason = f"Chose {chosen[machine.CHOICE]}. {reason}"
    edited = {}
    if verdict == Verdict.EDIT and isinstance(parameters, dict) and request.is_open:
        edited = _edited(loaded, step_key, request, parameters)
    request = _decided(request, membership, verdict, reason, revision, manner, **({"parameters": parameters} | edited))
    request.parameters = {**request.parameters, **chosen}
    _move(loaded, step_key, request, Actor.of(membership), reason.strip())
    return request


@transaction.atomic
def expire_approval(request: ApprovalRequest) -> None:
    """Close a question that nobody answered in time, and let the step that waited for it do what it says then."""
    if not request.subject.startswith("run:"):
        approvals.expire(request)
        return
    run_id, step_key = parse_subject(request.subject)
    loaded = lock(run_id)
    for expired in approvals.expire(request, may_pass=True):
        if loaded.rows[step_key].status == StepStatus.WAITING:
            _move(loaded, step_key, expired, SYSTEM, "Nobody decided in time.")


def _chosen(
    loaded: Loaded, step_key: str, request: ApprovalRequest, verdict: str, parameters: JsonObject | None
) -> JsonObject:
    """Return which case a person takes who decides a conflict, if it is not the strongest; raises ArgumentsInvalid."""
    is_choice = request.operation == CONFLICT and verdict in (Verdict.APPROVE, Verdict.EDIT)
    if not is_choice or not request.is_open or not isinstance(parameters, dict):
        return {}
    option, left = parameters.get(machine.CHOICE), options_left(loaded.plan, loaded, step_key)
    if option not in left:
        wrong = FieldError(f"/parameters/{machine.CHOICE}", f"choose one of {', '.join(left)}")
        raise ArgumentsInvalid(errors=[wrong], tool=CONFLICT, problem=wrong.message)
    return {machine.CHOICE: option} if verdict == Verdict.APPROVE else {}


def _decided(
    request: ApprovalRequest,
    membership: Membership,
    verdict: str,
    reason: str,
    revision: int,
    manner: Manner,
    **edited: Any,
) -> ApprovalRequest:
    if verdict == Verdict.BREAK_GLASS:
        return approvals.break_glass(request, membership, reason, revision, manner)
    return approvals.decide(request, membership, verdict, reason, revision, manner=manner, **edited)


def _edited(loaded: Loaded, step_key: str, request: ApprovalRequest, parameters: JsonObject) -> dict[str, Any]:
    """Return the edit as the tool and the policies let it be; raises ArgumentsInvalid, EditDenied."""
    _intent_of(request, parameters)
    left, regarded = rejudged(loaded, loaded.rows[step_key], request, parameters)
    return {"parameters": left, "intent": _intent_of(request, left), "regarded": regarded}


def _intent_of(request: ApprovalRequest, parameters: JsonObject) -> str:
    """Return what the edited action would do; raises ArgumentsInvalid for what the tool could not take."""
    if request.operation in {"approval", "agent.call", CONFLICT}:
        return ""
    spec = tool_named(request.organization, request.operation).spec
    found = input_errors(spec["input"], parameters)
    if found:
        errors = [FieldError(f"/parameters{pointer(path)}", message) for path, message in found]
        raise ArgumentsInvalid(errors=errors, tool=request.operation, problem=errors[0].message)
    return fill(spec["summary"], {"args": parameters})


def _move(loaded: Loaded, step_key: str, request: ApprovalRequest, actor: Actor, reason: str) -> None:
    row = loaded.rows[step_key]
    row.parameters = request.parameters
    loaded.touched.add(step_key)
    event = _event(loaded, row, request, actor, reason)
    if event is not None:
        hand_on_all(loaded, loaded.take(event))
    save([loaded], actor)


def _event(loaded: Loaded, row: Step, request: ApprovalRequest, actor: Actor, reason: str) -> ev.Event | None:
    if request.state == State.APPROVED:
        by = "no human" if request.is_unattended else actor.name
        answer: dict[str, Any] = {"verdict": "approved", "by": by, "parameters": request.parameters}
        return ev.StepApproved(row.key, answer)
    if request.state == State.REJECTED:
        return ev.StepRejected(row.key, "rejected", f"{actor.name} rejected this.")
    if request.state == State.RETURNED:
        return _back(loaded, row, request, actor, reason)
    if request.state != State.EXPIRED:
        return None
    if request.timeout_action == TimeoutAction.RETURN:
        return _back(loaded, row, request, actor, reason)
    if request.timeout_action == TimeoutAction.FALLBACK:
        return ev.StepSkipped(row.key, reason)
    return ev.StepRejected(row.key, "expired", reason)


def _back(loaded: Loaded, row: Step, request: ApprovalRequest, actor: Actor, reason: str) -> ev.Event:
    """Let whoever proposed it think again, with the reason; where no agent did, the step fails with it."""
    planner = None if request.operation == "escalation" else thought_in(loaded, row)
    if planner is None:
        return ev.StepRejected(row.key, "returned", f"{actor.name} sent this back: {reason}")
    told = f"Your proposal was sent back and is not carried out: {request.title} The reason: {reason}"
    leave(loaded, told, actor, agent=planner.agent, step_key=planner.key)
    return ev.StepRetried(planner.key)
