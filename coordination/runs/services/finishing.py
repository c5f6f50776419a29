"""A step ends: accept the result under the same attempt, write down what it came to."""

import logging
import random
from dataclasses import asdict
from typing import Any

from coordination.adapters.ports import Result, Usage
from coordination.engine.flow import events as ev
from coordination.engine.flow.budget import Amounts
from coordination.engine.flow.graph import is_undo
from coordination.engine.flow.state import StepStatus
from coordination.engine.rules.hooks import STEP_RESULT
from coordination.policies.services import has_rules_for
from coordination.runs.late import count_late, tokens_of
from coordination.runs.loading import Loaded
from coordination.runs.models import Step, ToolCall, ToolCallStatus
from coordination.runs.occasions import least_sure, worker_of
from coordination.runs.sealed import is_sealed
from coordination.runs.services.judging import judged
from coordination.runs.work import Abandoned, ActionWork, AgentWork, Done, Failed, Outcome, Work

logger = logging.getLogger(__name__)


def accept(loaded: Loaded, work: Work, outcome: Outcome) -> list[ev.Effect]:
    """Take the outcome into the run and return what follows; nothing does if it came too late."""
    row = loaded.rows[work.step_key]
    if row.attempt != work.attempt or row.status != StepStatus.RUNNING:
        too_late(loaded, work, outcome)
        return []
    taken = judged(loaded, row, work, outcome)
    if isinstance(work, ActionWork):
        # What was done was done, also if what came of it may not count.
        is_withheld = isinstance(outcome, Done) and isinstance(taken, Failed)
        _settle_call(loaded, work, Done(Result({})) if is_withheld else taken)
    kept = _kept(loaded, row, work, taken, outcome)
    if is_sealed(loaded.plan, row.key):
        kept["sealed"] = True
    return loaded.take(_event(work, taken), worker_of(row), **kept)


def give_back(loaded: Loaded, work: Work, abandoned: Abandoned) -> list[ev.Effect]:
    """Let a step that an agent was stopped at be done anew, by whoever may; nothing follows if it has moved on."""
    row = loaded.rows[work.step_key]
    if row.attempt != work.attempt or row.status != StepStatus.RUNNING:
        return []
    error = {"code": "halted", "message": abandoned.message}
    row.attempts = [*row.attempts, {**_attempt(loaded, row, work), "status": "stopped", "error": error}]
    return loaded.take(ev.LeaseExpired(row.key), attempt=row.attempt, agent=row.agent, reason=abandoned.message)


def too_late(loaded: Loaded, work: Work, outcome: Outcome) -> None:
    """Refuse an outcome; what became of an action is written down, and what an agent took is counted: it did happen."""
    logger.info("Refused a late result of %s in run %s.", work.step_key, work.run_id)
    if isinstance(work, AgentWork):
        count_late(loaded, work, outcome)
    elif _settle_call(loaded, work, _unjudged(loaded, outcome)):
        loaded.note("ActionSettled", work.step_key, {"key": work.idempotency_key, "error": _error_of(outcome)})


def _unjudged(loaded: Loaded, outcome: Outcome) -> Outcome:
    """Return an outcome that no rule has looked at, without its content where rules would have."""
    if isinstance(outcome, Done) and has_rules_for(loaded.run.organization_id, STEP_RESULT, loaded.stamp):
        return Done(Result({}))
    return outcome


def jitter() -> float:
    """Return a number in [0, 1): chance lives outside the machine, and spreads the retries of many runs."""
    return random.random()  # noqa: S311  (no secret)


def _event(work: Work, outcome: Outcome) -> ev.Event:
    if isinstance(outcome, Done):
        return ev.StepSucceeded(work.step_key, outcome.result.output, outcome.result.confidence)
    if _is_open(work, outcome):
        message = f"{outcome.message} It may or may not have happened."
        return ev.StepFailed(work.step_key, "outcome-unknown", message)
    return ev.StepFailed(work.step_key, outcome.code, outcome.message, retryable=outcome.retryable, jitter=jitter())


def _kept(loaded: Loaded, row: Step, work: Work, outcome: Outcome, came: Outcome) -> dict[str, Any]:
    """Write the attempt into the row, and return what the record says of it; what `came` has its cost in any case."""
    cost = work.fixed_cost_microusd if isinstance(work, AgentWork) else 0
    cost += came.result.usage.cost_microusd if isinstance(came, Done) else 0
    attempt = _attempt(loaded, row, work)
    if isinstance(outcome, Done):
        result = outcome.result
        row.confidence, row.rationale = result.confidence, result.rationale
        row.usage = {name: getattr(result.usage, name) for name in Usage.__slots__}
        row.proposals = [asdict(proposal) for proposal in result.actions]
        row.sources = [asdict(source) for source in result.sources]
        row.least_sure = _lower(result.confidence, least_sure(loaded, row.parent or row.key))
        if row.parent and not is_undo(row.key):
            # A step is no surer than the least sure of its items, rounds or racers.
            parent = loaded.rows[row.parent]
            parent.least_sure = _lower(parent.least_sure, row.least_sure)
            loaded.touched.add(parent.key)
        attempt |= {"status": "succeeded", "confidence": result.confidence}
    else:
        attempt |= {"status": "failed", "error": _error_of(outcome)}
    attempt["cost_microusd"] = cost
    row.attempts = [*row.attempts, attempt]
    row.cost_microusd += cost
    loaded.run.cost_microusd += cost
    loaded.purses.settle(row, Amounts(cost, tokens_of(came), calls=1))
    loaded.touched.add(row.key)
    return attempt


def _attempt(loaded: Loaded, row: Step, work: Work) -> dict[str, Any]:
    return {
        "number": row.attempt,
        "agent": row.agent if isinstance(work, AgentWork) else "",
        "version": row.agent_version,
        "started_at": row.started_at.isoformat() if row.started_at else None,
        "finished_at": loaded.at.isoformat(),
    }


def _lower(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return one if other is None else other
    return min(one, other)


def _settle_call(loaded: Loaded, work: ActionWork, outcome: Outcome) -> int:
    """Write down what became of an action, also when its step has moved on: it did happen."""
    unsettled = (ToolCallStatus.RELEASED, ToolCallStatus.UNKNOWN)
    call = ToolCall.objects.filter(idempotency_key=work.idempotency_key, status__in=unsettled)
    if isinstance(outcome, Done):
        status, fields = ToolCallStatus.SUCCEEDED, dict[str, Any](result=outcome.result.output, error=None)
    else:
        status = ToolCallStatus.UNKNOWN if _is_open(work, outcome) else ToolCallStatus.FAILED
        fields = {"error": _error_of(outcome)}
    return call.update(status=status, finished_at=loaded.at, **fields)


def _is_open(work: Work, outcome: Failed) -> bool:
    """Tell whether a tool that nobody waits for any longer may still change something."""
    return isinstance(work, ActionWork) and not work.only_reads and outcome.code == "timeout"


def _error_of(outcome: Outcome) -> dict[str, str] | None:
    return {"code": outcome.code, "message": outcome.message} if isinstance(outcome, Failed) else None
