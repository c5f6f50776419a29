"""A run's steps as the machine sees them, read from rows when they are needed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q

from coordination.engine.flow.graph import Plan, is_undo
from coordination.engine.flow.state import STEP_ENDED, RunState, RunStatus, Steps, StepState, StepStatus
from coordination.runs.models import Run, Step
from coordination.shared.pipeline import Query
from coordination.shared.writing import blank

# So many rows of a run are remembered from one transaction to the next.
_CARRIED = 100
_AT_WORK = (StepStatus.READY, StepStatus.RUNNING, StepStatus.WAITING)
_PROGRESS = ("size", "opened", "done", "failed", "again", "held_by")
# Of what nobody leases, such as a map or a pause, this is the beginning.
_BEGUN = (StepStatus.RUNNING, StepStatus.WAITING)

_NAMED = Query(Step.objects.all, "run_id = %s AND key = ANY(%s)")


class Rows(dict[str, Step]):
    """The rows of one run's steps by key; one that was never touched is a new, pending one."""

    def __init__(self, run: Run, plan: Plan, rows: Iterable[Step], *, whole: bool) -> None:
        super().__init__((row.key, row) for row in rows)
        self._run, self._plan, self._whole = run, plan, whole
        self._gone: set[str] = set()
        # Rows let go of while something was put aside for them.
        self.given_up: list[Step] = []

    def __missing__(self, key: str) -> Step:
        self.fetch([key])
        if key not in self:
            raise KeyError(key)
        return self[key]

    def fetch(self, keys: Iterable[str]) -> None:
        """Have these steps here, as far as there are such: one statement for those that are not."""
        absent = [key for key in keys if key not in self and key not in self._gone]
        if not absent:
            return
        if not self._whole:
            self.update((row.key, row) for row in _NAMED.send(self._run.pk, absent).rows())
        for key in absent:
            # A step of the plan is there before anything touched it; a child is not.
            if key not in self and key in self._plan.steps:
                self[key] = self._new(key)

    def fetch_all(self, within: str = "") -> None:
        """Have every step here but pending children, or only the children of one step."""
        if self._whole:
            return
        found = Step.objects.filter(run_id=self._run.pk).exclude(Q(status=StepStatus.PENDING) & ~Q(parent=""))
        found = found.filter(parent=within) if within else found
        self.update((row.key, row) for row in found if row.key not in self and row.key not in self._gone)
        if not within:
            self.fetch(self._plan.steps)

    def create(self, key: str) -> Step:
        """Have a new row here in the place of any that was dropped."""
        self._gone.discard(key)
        row = self[key] = self._new(key)
        return row

    def forget(self, keys: Iterable[str]) -> None:
        """Let go of children that are about to be deleted: none of them is read again."""
        for key in keys:
            self._gone.add(key)
            row = self.pop(key, None)
            if row is not None and row.reserved:
                self.given_up.append(row)

    def trim(self) -> set[str]:
        """Let go of children that are not at work and return their keys: a long map must not be carried whole."""
        if len(self) <= _CARRIED:
            return set()
        self._whole = False
        idle = {key for key, row in self.items() if row.parent and row.status not in _AT_WORK}
        for key in idle:
            del self[key]
        return idle

    def _new(self, key: str) -> Step:
        definition = self._plan.definition(key)
        parent = self._plan.parent_of(key)
        row = blank(Step)
        row.run, row.organization_id = self._run, self._run.organization_id
        row.key, row.parent, row.position = key, parent, self._plan.position_of(parent or key)
        row.kind, row.title = definition.kind, definition.title
        return row


class StoredSteps(Steps):
    """The machine's steps over rows."""

    def __init__(self, plan: Plan, rows: Rows) -> None:
        super().__init__(plan)
        self._rows = rows

    def __missing__(self, key: str) -> StepState:
        state = self[key] = _state_of(self._rows[key], self.plan)
        return state

    def forget(self, keys: Iterable[str]) -> None:
        """Let go of children that are about to be deleted."""
        gone = list(keys)
        super().forget(gone)
        self._rows.forget(gone)

    def complete(self, within: str = "") -> None:
        """Have every step here that is not pending: those of the whole run, or the children of one step."""
        self._rows.fetch_all(within)
        for key in list(self._rows):
            if key not in self:
                self[key] = _state_of(self._rows[key], self.plan)


def state_of(run: Run, plan: Plan, rows: Rows, about: dict[str, Any]) -> RunState:
    """Return the machine's view of a run."""
    state = RunState(input=run.input, steps=StoredSteps(plan, rows), about=about)
    state.status, state.output, state.error = RunStatus(run.status), run.output, run.error
    state.context = run.context
    if run.tally:
        state.recall(run.tally)
    return state


def write_back(row: Step, step: StepState, at: datetime) -> None:
    """Bring a row in line with the machine's step."""
    if row.status != step.status:
        if row.status in STEP_ENDED and step.status not in STEP_ENDED:
            # It begins anew: what people agreed to before does not cover what it will do now.
            row.approval_id = row.decision_id = row.least_sure = None
        if step.status is StepStatus.READY:
            row.ready_at = at
        if step.status in _BEGUN:
            row.started_at, row.finished_at = at, None
        if step.status in STEP_ENDED and step.status is not StepStatus.COMPENSATED:
            row.finished_at = at
    row.status, row.attempt, row.tries, row.target = step.status, step.attempt, step.tries, step.target
    row.approved, row.output, row.error, row.confidence = step.approved, step.output, step.error, step.confidence
    row.index, row.item = step.index, step.item
    row.agent = step.agent or row.agent
    # Also when the step has ended or begins anew: what was counted before must not be what is read the next time.
    if step.size or step.held_by or row.progress:
        row.progress = {name: getattr(step, name) for name in _PROGRESS}


def _state_of(row: Step, plan: Plan) -> StepState:
    return StepState(
        row.key,
        status=StepStatus(row.status),
        attempt=row.attempt,
        tries=row.tries,
        target=row.target,
        approved=row.approved,
        output=row.output,
        error=row.error,
        confidence=row.confidence,
        parent=row.parent,
        agent=row.agent if _is_racer(row, plan) else "",
        index=row.index,
        item=row.item,
        **row.progress,
    )


def _is_racer(row: Step, plan: Plan) -> bool:
    """Tell whether a step was made for one agent; an item or a compensation takes whoever is able."""
    parent = plan.steps[row.parent] if row.parent and not is_undo(row.key) else None
    return parent is not None and (parent.agent is not None or parent.council is not None)
