"""A run and its steps as they were, made from what the machine says of them then."""

import copy
from collections import Counter
from collections.abc import Iterator

from coordination.audit.models import AuditEvent
from coordination.engine.flow.state import RunState, StepState, StepStatus
from coordination.runs.models import Run, Step
from coordination.runs.selectors.finding import in_order
from coordination.runs.selectors.trace import Seen, Trace
from coordination.runs.stored import write_back


class Past:
    """A run as it was when record `number` of `length` had been written.

    From record `gap` on it may have been otherwise: a value too large for the record is gone. Where it must have been
    otherwise the replay ends, and `number` is less than what was asked for.
    `run` and the steps are copies that are never saved. A map may have 10,000 items: each is made when asked for.
    """

    def __init__(
        self,
        run: Run,
        record: AuditEvent | None,
        number: int,
        length: int,
        gap: int | None,
        state: RunState,
        trace: Trace,
    ) -> None:
        self.run, self.record = run, record
        self.number, self.length, self.gap = number, length, gap
        self._state, self._trace = state, trace
        plan = state.plan
        self.steps = in_order(run, (self._row(key) for key in plan.steps if key in state.steps))

    def step(self, key: str) -> Step | None:
        """Return a step, item, round or racer as it was."""
        if key in self._state.steps:
            return self._row(key)
        return next((step for step in self.steps if step.key == key), None)

    def inside(self, key: str, status: str = "") -> list[str]:
        """Return the keys of the items, rounds or racers of a step, and of its compensation, in their order."""
        children = [step for step in self._children() if step.parent == key and status in ("", step.status)]
        return [step.id for step in sorted(children, key=lambda step: (step.index, step.id))]

    def counts(self, key: str) -> Counter[str]:
        """Return how many children of a step were in which state."""
        return Counter(str(step.status) for step in self._children() if step.parent == key)

    def worked_inside(self) -> list[str]:
        """Return the items, rounds and racers that somebody had worked on, the latest first."""
        begun = [(seen.started_at, key) for key, seen in self._trace.seen.items() if seen.started_at]
        known = self._state.steps
        return [key for _, key in sorted(begun, reverse=True) if key in known and known[key].parent]

    @property
    def asks_people(self) -> bool:
        """Tell whether the run waited for people, not for a time or a signal."""
        waiting = (step for step in self._state.steps.values() if step.status is StepStatus.WAITING)
        return any(step.escalated or self._state.plan.definition(step.id).wait is None for step in waiting)

    def _children(self) -> Iterator[StepState]:
        return (step for step in self._state.steps.values() if step.parent)

    def _row(self, key: str) -> Step:
        """Return a step as its row would have been."""
        run, plan, step = self.run, self._state.plan, self._state.steps[key]
        definition, seen = plan.definition(key), self._trace.seen.get(key) or Seen()
        row = Step(run=run, organization_id=run.organization_id, key=key, parent=step.parent, kind=definition.kind)
        row.position, row.title = plan.position_of(key), definition.title
        write_back(row, step, self._trace.at)
        row.agent, row.agent_version = step.agent or seen.agent, seen.version
        row.attempts, row.cost_microusd = seen.attempts, seen.cost_microusd
        row.started_at, row.finished_at = seen.started_at, seen.last_at if step.ended else None
        return row


def run_then(run: Run, state: RunState, trace: Trace) -> Run:
    """Return a copy of a run as it was."""
    then = copy.copy(run)
    then.status, then.output, then.error = state.status, state.output, state.error
    then.stop_reason = (state.error or {}).get("message", "")
    then.steps_total, then.steps_done = state.tally.total, state.tally.ended
    then.cost_microusd, then.finished_at = trace.cost_microusd, trace.at if state.ended else None
    return then
