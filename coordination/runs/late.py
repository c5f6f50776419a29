"""An answer that nobody waits for any longer is not used, but what it took is counted: once, whoever tells of it."""

from typing import Any

from coordination.accounts.actors import Actor
from coordination.audit.selectors import events
from coordination.engine.flow.budget import NOTHING, Amounts
from coordination.engine.flow.state import StepStatus
from coordination.runs.inner_costs import tell_above
from coordination.runs.loading import Loaded, stream_of, subject_of
from coordination.runs.models import Step
from coordination.runs.work import AgentWork, Done, Outcome

_KIND = "CallSettled"
_NOT_USED = {"code": "not-used", "message": "The answer came when nobody waited for it any longer."}


def count_late(loaded: Loaded, work: AgentWork, outcome: Outcome) -> None:
    """Add what a call took to the run, its step and the budgets that it was made under."""
    row = _row_of(loaded, work)
    attempt = next((one for one in row.attempts if one["number"] == work.attempt), None) if row else None
    if (attempt and attempt["status"] == "succeeded") or _is_counted(loaded, work):
        return
    # What failed in its time was counted with the fixed price; what was called off, or lost, was not.
    cost = 0 if attempt and attempt["status"] == "failed" else work.fixed_cost_microusd
    cost += outcome.result.usage.cost_microusd if isinstance(outcome, Done) else 0
    took = Amounts(cost, tokens_of(outcome))
    if took == NOTHING:
        return
    if row is not None:
        row.attempts = _with_late(row.attempts, attempt, _late(loaded, work, cost))
        row.cost_microusd += cost
        loaded.touched.add(row.key)
    loaded.run.cost_microusd += cost
    loaded.purses.add(work.scopes, took)
    _note(loaded, work, took)
    tell_above(loaded)


def is_under_way(loaded: Loaded, work: AgentWork) -> bool:
    """Tell whether the run does not know yet that the work was given up."""
    row = _row_of(loaded, work)
    return row is not None and row.status == StepStatus.RUNNING and row.attempt == work.attempt


def tokens_of(outcome: Outcome) -> int:
    """Return the tokens that an agent says it read and wrote."""
    if not isinstance(outcome, Done):
        return 0
    return outcome.result.usage.input_tokens + outcome.result.usage.output_tokens


def _row_of(loaded: Loaded, work: AgentWork) -> Step | None:
    """Return the row of the step, unless it was dropped, and perhaps made anew, since."""
    loaded.rows.fetch([work.step_key])
    row = loaded.rows.get(work.step_key)
    return row if row is not None and row.pk == work.step_id else None


def _is_counted(loaded: Loaded, work: AgentWork) -> bool:
    """Tell whether it was: a transaction may have been committed although its worker never heard of it."""
    about = subject_of(work.run_id, work.step_key)
    told = events(loaded.run.organization, stream=stream_of(work.run_id), kind=_KIND, object=about)
    return any(event.data.get("call") == _call(work) for event in told)


def _note(loaded: Loaded, work: AgentWork, took: Amounts) -> None:
    said = {**_late(loaded, work, took.cost_microusd), "tokens": took.tokens, "call": _call(work)}
    actor = Actor.agent(work.task.agent, work.said.get("version") or 0)
    loaded.note(_KIND, work.step_key, said, str(actor))


def _call(work: AgentWork) -> str:
    return f"{work.step_id}:{work.attempt}"


def _late(loaded: Loaded, work: AgentWork, cost: int) -> dict[str, Any]:
    return {
        "number": work.attempt,
        "agent": work.task.agent,
        "version": work.said.get("version"),
        "started_at": work.began_at.isoformat(),
        "finished_at": loaded.at.isoformat(),
        "status": "unused",
        "error": _NOT_USED,
        "cost_microusd": cost,
    }


def _with_late(
    attempts: list[dict[str, Any]], known: dict[str, Any] | None, late: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the attempts with the cost of one that was known already, or with one more."""
    if known is None:
        return sorted([*attempts, late], key=lambda one: one["number"])
    dearer = {**known, "cost_microusd": (known.get("cost_microusd") or 0) + late["cost_microusd"]}
    return [dearer if one is known else one for one in attempts]
