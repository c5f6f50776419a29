"""A run as it was: its records, replayed up to one of them through the machine that wrote them."""

import copy
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from coordination.audit.models import AuditEvent
from coordination.audit.restoring import has_gaps, left_out, restored
from coordination.audit.selectors import heads, history
from coordination.engine.flow.machine import ImpossibleEvent
from coordination.engine.flow.replay import Record, replay
from coordination.engine.flow.state import RunState, StepState, StepStatus
from coordination.engine.proof.chain import content_of
from coordination.runs.errors import TooLongToReplay
from coordination.runs.loading import about_of
from coordination.runs.models import Run, Step
from coordination.runs.selectors.finding import in_order
from coordination.runs.stored import write_back
from coordination.workflows.selectors import plan_of

# Replaying these takes about a second; a map of 10,000 items leaves some 20,000.
MOST_RECORDS = 50_000
_AT_A_TIME = 2_000
# Where in a record the output of its step is, and where it is when the whole record is only a digest.
_OUTPUT_IN = {"StepSucceeded": "output", "StepOverridden": "output", "StepApproved": "answer", "ChildEnded": "output"}
_BESIDE: dict[str, dict[str, Any]] = {"ChildEnded": {"status": "succeeded", "error": None}}
_OF_ATTEMPT = ("number", "agent", "version", "started_at", "finished_at", "status", "error", "cost_microusd")
# What is said of a step that has ended long before.
_AFTERWARDS = frozenset({"StepUndone", "StepNotUndone"})
# What a value that the record left out, and nobody has any more, makes of what follows from it.
_ASTRAY = (ImpossibleEvent, KeyError, TypeError)


class Past:
    """A run as it was when record `number` of `length` had been written; `wanted` is later if that was too far.

    `run` and the steps are copies that are never saved. Of a map there may be 10,000 items: each is made when asked for.
    """

    def __init__(
        self,
        run: Run,
        record: AuditEvent | None,
        number: int,
        length: int,
        wanted: int,
        state: RunState,
        trace: "_Trace",
    ) -> None:
        self.run, self.record = run, record
        self.number, self.length, self.wanted = number, length, wanted
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
        definition, seen = plan.definition(key), self._trace.seen.get(key) or _Seen()
        row = Step(run=run, organization_id=run.organization_id, key=key, parent=step.parent, kind=definition.kind)
        row.position, row.title = plan.position_of(key), definition.title
        write_back(row, step, self._trace.at)
        row.agent, row.agent_version = step.agent or seen.agent, seen.version
        row.attempts, row.cost_microusd = seen.attempts, seen.cost_microusd
        row.started_at, row.finished_at = seen.started_at, seen.last_at if step.ended else None
        return row


def run_at(run: Run, at: int | datetime) -> Past:
    """Return the run as it was after one of its records, or at a moment; raises TooLongToReplay."""
    wanted, length = _wanted(run, at), length_of(run)
    number = min(wanted, length)
    if number > MOST_RECORDS:
        raise TooLongToReplay(most=MOST_RECORDS)
    trace = _Trace(run)
    try:
        state = _replayed(run, trace, number)
    except _ASTRAY:
        # The record that did not fit is the last that was read: what is known for sure ends before it.
        number = trace.number - 1
        trace = _Trace(run)
        state = _replayed(run, trace, number)
    record = history(run.organization, stream_of(run)).filter(stream_no=number).first()
    return Past(_run_then(run, state, trace), record, number, length, min(wanted, length), state, trace)


def _run_then(run: Run, state: RunState, trace: "_Trace") -> Run:
    then = copy.copy(run)
    then.status, then.output, then.error = state.status, state.output, state.error
    then.stop_reason = (state.error or {}).get("message", "")
    then.steps_total, then.steps_done = state.tally.total, state.tally.ended
    then.cost_microusd, then.finished_at = trace.cost_microusd, trace.at if state.ended else None
    return then


def stream_of(run: Run) -> str:
    """Return the name of a run's stream of records."""
    return f"run:{run.pk}"


def length_of(run: Run) -> int:
    """Return how many records a run has."""
    head = heads(run.organization).filter(name=stream_of(run)).first()
    return head.length if head else 0


def _wanted(run: Run, at: int | datetime) -> int:
    if isinstance(at, int):
        return max(0, at)
    before = history(run.organization, stream_of(run)).filter(occurred_at__lte=at)
    return before.order_by("-stream_no").values_list("stream_no", flat=True).first() or 0


def _replayed(run: Run, trace: "_Trace", number: int) -> RunState:
    records = history(run.organization, stream_of(run)).filter(stream_no__lte=number)
    rows = records.values_list("stream_no", "kind", "object", "occurred_at", "body")
    return replay(plan_of(run.workflow_version_id), run.input, about_of(run), trace.follow(rows.iterator(_AT_A_TIME)))


@dataclass(slots=True)
class _Seen:
    """What the records say of a step beside what the machine makes of them."""

    agent: str = ""
    version: int | None = None
    started_at: datetime | None = None
    last_at: datetime | None = None
    cost_microusd: int = 0
    attempts: list[dict[str, Any]] = field(default_factory=list)

    def note(self, kind: str, at: datetime, data: dict[str, Any]) -> None:
        """Take note of one record."""
        if kind not in _AFTERWARDS:
            self.last_at = at
        if kind == "StepClaimed":
            self.agent, self.version, self.started_at = data.get("agent", ""), data.get("version"), at
        elif "number" in data and kind in ("StepSucceeded", "AttemptFailed"):
            self.cost_microusd += data.get("cost_microusd") or 0
            self.attempts.append({name: data.get(name) for name in _OF_ATTEMPT})


class _Trace:
    """The records on their way into the machine, with what else they say."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._rows: dict[str, Step | None] = {}
        self.seen: dict[str, _Seen] = {}
        self.number, self.at, self.cost_microusd = 0, run.created_at, 0

    def follow(self, rows: Iterable[tuple[int, str, str, datetime, str]]) -> Iterator[Record]:
        """Yield each record as the machine takes it, and remember where it is."""
        for number, kind, subject, at, body in rows:
            self.number, self.at = number, at
            data: dict[str, Any] = (content_of(body) or {}).get("data", {})
            key = subject.partition("/step:")[2]
            if key:
                self.seen.setdefault(key, _Seen()).note(kind, at, data)
            self.cost_microusd += data.get("cost_microusd") or 0
            yield kind, key, self._whole(kind, key, data)

    def _whole(self, kind: str, key: str, data: dict[str, Any]) -> dict[str, Any]:
        """Put back what a record left out because it is large, where the step still has it."""
        name = _OUTPUT_IN.get(kind)
        if name is None or not (left_out(data) or has_gaps(data.get(name))):
            return data
        row = self._row(key)
        kept = row.output if row else None
        if left_out(data):
            return {name: kept, "attempt": row.attempt if row else 0, **_BESIDE.get(kind, {})}
        return {**data, name: restored(data[name], kept)}

    def _row(self, key: str) -> Step | None:
        if key not in self._rows:
            self._rows[key] = Step.objects.filter(run=self._run, key=key).only("output", "attempt").first()
        return self._rows[key]
