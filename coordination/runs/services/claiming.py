"""A step begins: decide, lease, write down; the work itself comes after the transaction."""

from collections import deque
from dataclasses import dataclass

from coordination.engine.cel import EvaluationError, ExpressionError
from coordination.engine.flow import events as ev
from coordination.engine.flow.expressions import render
from coordination.engine.flow.state import RUN_ENDED, RunStatus, StepStatus
from coordination.engine.proof.canonical import NotCanonical
from coordination.runs.admission import Later
from coordination.runs.effects import carry_out, hand_on, pool_of
from coordination.runs.loading import Loaded
from coordination.runs.models import Step, WorkItem, WorkKind
from coordination.runs.queue import LEASE
from coordination.runs.services.begin_action import begin_action
from coordination.runs.services.begin_call import begin_call
from coordination.runs.services.seating import begin_council
from coordination.runs.work import AgentWork, Work


@dataclass(frozen=True, slots=True)
class Hand:
    """Who takes steps on: one worker of one pool, which may keep a run it is busy with or not."""

    worker: str
    pool: str
    keep: bool = True


def may_begin(loaded: Loaded) -> bool:
    """Tell whether steps of the run may begin at all now."""
    status = loaded.state.status
    halted = loaded.run.organization.halted_at is not None
    return status is not RunStatus.PAUSED and status not in RUN_ENDED and not halted


def take_on(loaded: Loaded, offers: list[ev.Offer], hand: Hand, item: WorkItem) -> Work | None:
    """Begin the first offered step that the hand can do under its item of work, and hand on the others."""
    waiting = deque(offers)
    work: Work | None = None
    while waiting:
        offer = waiting.popleft()
        row = loaded.rows[offer.step]
        if row.status != StepStatus.READY:
            continue
        if work is not None or not hand.keep or offer.after_s or not may_begin(loaded):
            hand_on(loaded, offer)
            continue
        if pool_of(loaded, offer.step) != hand.pool:
            hand_on(loaded, offer)
            continue
        begun = begin(loaded, row, hand, item)
        if isinstance(begun, list):
            waiting.extend(carry_out(loaded, begun))
        elif isinstance(begun, Later):
            _queue_for(loaded, row, hand, begun)
        else:
            work = begun
    if work is None:
        loaded.queue.removed.append(item.id)
    return work


def _queue_for(loaded: Loaded, row: Step, hand: Hand, later: Later) -> None:
    """Let a step wait for an agent that has no room."""
    item = loaded.put(WorkKind.PERFORM, row.key, later.at, pool=hand.pool)
    item.agent_id, item.blocked = later.agent_id, later.agent_id is not None


def give_up_for_now(loaded: Loaded, item: WorkItem) -> None:
    """Let the item lie until its organization is no longer halted."""
    item.worker, item.until = "", None
    loaded.queue.moved.append(item)


def begin(loaded: Loaded, row: Step, hand: Hand, item: WorkItem) -> Work | list[ev.Effect] | Later:
    """Return the work, the effects of not beginning it, or when it may begin."""
    try:
        row.facts = render(loaded.plan.definition(row.key).facts, loaded.state.scope(row.key))
        begun = _begun(loaded, row, item)
    except (EvaluationError, ExpressionError) as error:
        return loaded.take(ev.StepFailed(row.key, "expression-failed", str(error)))
    except NotCanonical as error:
        message = f"These arguments cannot be written down exactly: {error}"
        return loaded.take(ev.StepFailed(row.key, "arguments-invalid", message))
    if not isinstance(begun, list | Later):
        _lease(loaded, row, hand, item, begun)
    return begun


def _begun(loaded: Loaded, row: Step, item: WorkItem) -> Work | list[ev.Effect] | Later:
    if loaded.plan.definition(row.key).council is not None:
        return begin_council(loaded, row)
    return begin_call(loaded, row, item.id) if row.kind == "agent" else begin_action(loaded, row, item.id)


def _lease(loaded: Loaded, row: Step, hand: Hand, item: WorkItem, work: Work) -> None:
    loaded.take(ev.StepClaimed(row.key), worker=hand.worker, **work.said)
    loaded.purses.reserve(row, work.planned)
    row.started_at, row.finished_at = loaded.at, None
    if loaded.run.started_at is None:
        loaded.run.started_at = loaded.at
    item.step_key, item.attempt, item.kind = row.key, row.attempt, WorkKind.PERFORM
    item.worker, item.until, item.due_at = hand.worker, loaded.at + LEASE, loaded.at
    item.agent_id, item.blocked = work.limited_agent if isinstance(work, AgentWork) else None, False
    loaded.queue.moved.append(item)
