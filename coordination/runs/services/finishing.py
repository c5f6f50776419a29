"""The second transaction of a step: accept the result under the same fencing number, and take the next one on."""

import logging
import random
from dataclasses import asdict
from typing import Any

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.engine.flow import events as ev
from coordination.engine.flow.state import StepStatus
from coordination.runs.effects import carry_out
from coordination.runs.loading import Loaded, lock
from coordination.runs.models import Step, ToolCall, ToolCallStatus
from coordination.runs.services.claiming import take_on
from coordination.runs.work import ActionWork, AgentWork, Done, Failed, Outcome, Work

logger = logging.getLogger(__name__)


@transaction.atomic
def finish(work: Work, outcome: Outcome, worker: str, pool: str, *, keep: bool) -> Work | None:
    """Write down what came of the work; with `keep`, return the next step of the run if this worker can do it."""
    loaded = lock(work.run_id)
    row = loaded.rows[work.step_key]
    if row.fence != work.fence or row.status != StepStatus.RUNNING:
        logger.info("Refused a late result of %s in run %s.", work.step_key, work.run_id)
        if isinstance(work, ActionWork) and _settle_call(loaded, work, outcome):
            loaded.note("ActionSettled", work.step_key, {"key": work.idempotency_key, "error": _error_of(outcome)})
            loaded.save()
        return None
    if isinstance(work, ActionWork):
        _settle_call(loaded, work, outcome)
    _keep_attempt(loaded, row, work, outcome)
    effects = loaded.take(_event(work, outcome))
    following = take_on(loaded, carry_out(loaded, effects), worker, pool, keep=keep)
    loaded.save()
    return following


def _event(work: Work, outcome: Outcome) -> ev.Event:
    if isinstance(outcome, Done):
        return ev.StepSucceeded(work.step_key, outcome.result.output)
    if _is_open(work, outcome):
        message = f"{outcome.message} It may or may not have happened."
        return ev.StepFailed(work.step_key, "outcome-unknown", message)
    # Chance lives here, outside the machine: it spreads the retries of many runs.
    jitter = random.random()  # noqa: S311  (no secret)
    return ev.StepFailed(work.step_key, outcome.code, outcome.message, retryable=outcome.retryable, jitter=jitter)


def _keep_attempt(loaded: Loaded, row: Step, work: Work, outcome: Outcome) -> None:
    cost = work.fixed_cost_microusd if isinstance(work, AgentWork) else 0
    attempt = {
        "number": row.attempt,
        "agent": row.agent if isinstance(work, AgentWork) else "",
        "version": row.agent_version,
        "started_at": row.started_at.isoformat() if row.started_at else None,
        "finished_at": loaded.at.isoformat(),
    }
    if isinstance(outcome, Done):
        result = outcome.result
        cost += result.usage.cost_microusd
        row.confidence, row.rationale, row.usage = result.confidence, result.rationale, asdict(result.usage)
        row.proposals = [asdict(proposal) for proposal in result.actions]
        row.sources = [asdict(source) for source in result.sources]
        attempt |= {"status": "succeeded", "confidence": result.confidence}
        said = {**attempt, "output": result.output, "cost_microusd": cost}
        loaded.note("StepSucceeded", row.key, said, _worker_of(row, work))
    else:
        attempt |= {"status": "failed", "error": _error_of(outcome)}
    row.attempts = [*row.attempts, {**attempt, "cost_microusd": cost}]
    row.cost_microusd += cost
    loaded.run.cost_microusd += cost
    loaded.touched.add(row.key)


def _worker_of(row: Step, work: Work) -> str:
    """Return the actor whose work it was: the agent, or the system for a tool."""
    is_agent = isinstance(work, AgentWork) and row.agent_version is not None
    return str(Actor.agent(row.agent, row.agent_version or 0)) if is_agent else ""


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
