"""What happens between two transactions: the agent works, or the tool is called. No transaction is open."""

from collections.abc import Callable
from typing import Any

from coordination.adapters.calling import acting, asking, failure_of
from coordination.adapters.deadline import Call, out_of_time, within
from coordination.adapters.ports import AgentFailed, Reach, Result, ToolContext
from coordination.runs.reach import GuardedReach
from coordination.runs.work import AgentWork, Done, Failed, Outcome, Work


def code_of(work: Work) -> Callable[[Reach], Result]:
    """Return the code that does the work; it may raise anything."""
    if isinstance(work, AgentWork):
        return asking(work.adapter, work.task)
    act = acting(work.adapter, work.args, ToolContext(work.idempotency_key, work.timeout_s))
    return lambda reach: Result(output=act(reach))


def reach_of(work: Work) -> Reach | None:
    """Return what the work may reach; a tool reaches nothing."""
    return GuardedReach(work) if isinstance(work, AgentWork) else None


def outcome_of(work: Work, call: Call[Result]) -> Outcome:
    """Return what came of a call that has ended; raises nothing."""
    return _outcome(work, call.result)


def outcome_in_vain(work: Work) -> Failed:
    """Return the outcome of work that was not done in time."""
    error = out_of_time(work.timeout_s)
    return Failed(error.code, str(error), error.retryable)


def perform(work: Work) -> Outcome:
    """Do the work in its time and return what came of it; raises nothing."""
    return _outcome(work, lambda: within(work.timeout_s, reach_of(work), code_of(work)))


def _outcome(work: Work, result: Callable[[], Any]) -> Outcome:
    try:
        return Done(result())
    except BaseException as raised:  # noqa: BLE001  (an agent's SystemExit must not end the worker)
        error: AgentFailed = failure_of(raised, work.task.agent if isinstance(work, AgentWork) else "")
        return Failed(error.code, str(error), error.retryable)
