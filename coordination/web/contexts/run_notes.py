"""What is worth saying about a step in a few words: who does it, how far it is, what was unusual."""

from coordination.engine.flow.definition import Step as Definition
from coordination.engine.flow.state import STEP_ENDED, StepStatus
from coordination.runs.models import Step
from coordination.runs.selectors import Around
from coordination.shared.clock import now
from coordination.web import words
from coordination.web.contexts import status as statuses

WHO = {
    "vote": "agents vote",
    "negotiate": "agents negotiate",
    "approval": "a person decides",
    "action": "action",
    "set": "computed",
    "wait": "a pause",
}


def notes(step: Step, definition: Definition, around: Around) -> list[str]:
    """Return the notes on a step, the most telling first."""
    if step.status == StepStatus.WAITING:
        return [_waiting(step, definition, around)]
    said = [inside(step, definition, around) or who_does(step, definition)]
    if was_rerouted(step):
        said.append("re-routed")
    elif step.attempt > 1 and step.kind in ("agent", "action", "workflow"):
        said.append(words.plural(step.attempt - 1, "retry", "retries"))
    if step.key in around.again:
        said.append(words.when(around.again[step.key], now()))
    took = took_s(step)
    return said if took is None else [*said, words.duration(took)]


def inside(step: Step, definition: Definition, around: Around) -> str:
    """Say how far the items, rounds or racers of a step are; nothing if it has none."""
    size = step.progress.get("size") or 0
    if not size or step.status == StepStatus.PENDING:
        return ""
    is_over = step.status in STEP_ENDED
    done, failed = step.progress.get("done", 0), step.progress.get("failed", 0)
    if definition.loop is not None:
        opened = step.progress.get("opened", 0)
        return words.plural(opened, "round") if is_over else f"round {opened} of at most {size}"
    if definition.map is None:
        return _answers(step, definition, around, is_over=is_over)
    count = words.plural(size, "item") if done == size else f"{words.count(done)} of {words.plural(size, 'item')}"
    return f"{count}, {words.count(failed)} failed" if failed else count


def who_does(step: Step, definition: Definition) -> str:
    """Say who or what a step is given to."""
    if definition.workflow is not None:
        return f"run of {definition.workflow.name}"
    body = definition.body
    if body is not None:
        return "for each item" if definition.map else "round after round"
    return step.agent or step.capability or WHO.get(step.kind, step.kind)


def share(step: Step) -> float | None:
    """Return how much of a step's items is done, from 0 to 1; None where that says nothing."""
    size: int = step.progress.get("size") or 0
    done: int = step.progress.get("done") or 0
    return min(1.0, done / size) if size and step.status == StepStatus.RUNNING else None


def took_s(step: Step) -> float | None:
    """Return how long a step took that is over."""
    if step.status not in STEP_ENDED or not (step.started_at and step.finished_at):
        return None
    return (step.finished_at - step.started_at).total_seconds()


def was_rerouted(step: Step) -> bool:
    """Tell whether another agent took over."""
    return step.target > 0


def _waiting(step: Step, definition: Definition, around: Around) -> str:
    if statuses.asks_people(step):
        return "a person decides about it" if step.error else "waits for a person"
    if definition.wait is not None and definition.wait.signal is not None:
        return f"for the signal {definition.wait.signal}"
    until = around.wakes.get(step.key)
    return f"goes on {words.when(until, now())}" if until else "for its time"


def _answers(step: Step, definition: Definition, around: Around, *, is_over: bool) -> str:
    size, failed = step.progress["size"], step.progress.get("failed", 0)
    if definition.negotiate is not None:
        calls = words.plural(step.progress.get("opened", 0), "call")
        return calls if definition.negotiate.takes_turns else words.plural(size, "party", "parties")
    if definition.vote is not None and is_over:
        return words.plural(size - failed, "vote")
    races = definition.agent is not None and definition.agent.strategy == "race"
    if not is_over:
        return f"{words.plural(size, 'agent')} {'race' if races else 'answer'}"
    if races:
        winner = around.winners.get(step.key, "")
        return f"{winner} was first" if winner else words.plural(size, "agent")
    return words.plural(size - failed, "answer") + (f", {failed} failed" if failed else "")
