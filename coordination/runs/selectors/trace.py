"""A run's records on their way into the machine, and what they say beside what the machine makes of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from coordination.audit.restoring import has_gaps, left_out, restored
from coordination.audit.selectors.keeping import is_covered, subject_in, values_in
from coordination.engine.flow.replay import Record
from coordination.engine.proof.body import content_of
from coordination.engine.proof.personal import opened
from coordination.runs.loading import stream_of
from coordination.runs.models import Run, Step
from coordination.workflows.selectors import plan_of

# Where in a record the output of its step is, and what else it said when the whole record is only a digest.
_OUTPUT_IN = {"StepSucceeded": "output", "StepOverridden": "output", "StepApproved": "answer", "ChildEnded": "output"}
_BESIDE: dict[str, dict[str, Any]] = {"ChildEnded": {"status": "succeeded", "error": None}}
_OF_ATTEMPT = ("number", "agent", "version", "started_at", "finished_at", "status", "error", "cost_microusd")
_ENDS = frozenset({"StepSucceeded", "AttemptFailed", "LeaseExpired"})
# What is said of a step that has ended long before.
_AFTERWARDS = frozenset({"StepUndone", "StepNotUndone", "ActionSettled", "CallSettled", "InnerCostCounted"})


@dataclass(slots=True)
class Seen:
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
        elif kind in _ENDS and "number" in data:
            self._add({name: data.get(name) for name in _OF_ATTEMPT})
        elif kind in _ENDS and "worker" in data:
            self._add(self._lost(data.get("attempt"), at))
        elif kind == "CallSettled":
            self._settle({name: data.get(name) for name in _OF_ATTEMPT})

    def _add(self, attempt: dict[str, Any]) -> None:
        if self.attempts and attempt["number"] <= self.attempts[-1]["number"]:
            # Its step was repeated, and this is a new child in the place of the one that was dropped.
            self.attempts, self.cost_microusd = [], 0
        self.attempts.append(attempt)
        self.cost_microusd += attempt["cost_microusd"] or 0

    def _settle(self, late: dict[str, Any]) -> None:
        """Count what came when nobody waited for it any longer, for an attempt that is known or for one more."""
        known = next((one for one in self.attempts if one["number"] == late["number"]), None)
        if known is None:
            self.attempts = sorted([*self.attempts, late], key=lambda one: one["number"])
        else:
            known["cost_microusd"] = (known["cost_microusd"] or 0) + late["cost_microusd"]
        self.cost_microusd += late["cost_microusd"]

    def _lost(self, number: int | None, at: datetime) -> dict[str, Any]:
        """Return an attempt whose worker died."""
        return {
            "number": number or 0,
            "agent": self.agent,
            "version": self.version,
            "started_at": self.started_at.isoformat() if self.started_at else None,
            "finished_at": at.isoformat(),
            "status": "lost",
            "error": {"code": "worker-lost", "message": "The worker died."},
            "cost_microusd": 0,
        }


class Trace:
    """The records on their way into the machine, with what else they say."""

    def __init__(self, run: Run) -> None:
        self._run = run
        # The first record with a value that nobody has any more: what rests on it may have come out otherwise.
        self.gap: int | None = None
        self._rows: dict[str, Step | None] = {}
        # What commitments in the records stand for, read when the first is met.
        self._personal: dict[str, Any] | None = None
        self.seen: dict[str, Seen] = {}
        self.number, self.at, self.cost_microusd = 0, run.created_at, 0

    def follow(self, rows: Iterable[tuple[int, str, str, datetime, str]]) -> Iterator[Record]:
        """Yield each record as the machine takes it, and remember where it is."""
        for number, kind, subject, at, body in rows:
            self.number, self.at = number, at
            data: dict[str, Any] = (content_of(body) or {}).get("data", {})
            if is_covered(body):
                data = self._uncovered(data)
            key = subject.partition("/step:")[2]
            if key:
                self.seen.setdefault(key, Seen()).note(kind, at, data)
            self.cost_microusd += data.get("cost_microusd") or 0
            yield kind, key, self._whole(kind, key, data)

    def _uncovered(self, data: dict[str, Any]) -> dict[str, Any]:
        """Put a person's values back where they are not erased; otherwise note the gap."""
        if self._personal is None:
            self._personal = values_in(self._run.organization_id, stream_of(self._run.pk))
            subject = subject_in(self._run.organization_id, stream_of(self._run.pk))
            if subject and subject.erased_at and self.gap is None:
                self.gap = self.number
        values: dict[str, Any] = opened(data, self._personal)
        return values

    def _whole(self, kind: str, key: str, data: dict[str, Any]) -> dict[str, Any]:
        """Put back what a record left out because it is large, where a step still has it; otherwise note the gap."""
        if kind == "SignalSent" and has_gaps(data.get("payload")):
            data = self._signal(data)
        elif kind in _OUTPUT_IN and left_out(data):
            data = self._all(kind, key)
        elif kind in _OUTPUT_IN and has_gaps(data.get(_OUTPUT_IN[kind])):
            row, name = self._row(key), _OUTPUT_IN[kind]
            data = {**data, name: restored(data[name], row.output if row else None)}
        else:
            return data
        if self.gap is None and has_gaps(data):
            self.gap = self.number
        return data

    def _all(self, kind: str, key: str) -> dict[str, Any]:
        """Return what a record said of which there is only the digest: the output that the step has now."""
        row = self._row(key)
        if self.gap is None and (row is None or row.generation):
            # It was repeated since, and may have come to something else.
            self.gap = self.number
        kept = {_OUTPUT_IN[kind]: row.output if row else None, "attempt": row.attempt if row else 0}
        return kept | _BESIDE.get(kind, {})

    def _signal(self, data: dict[str, Any]) -> dict[str, Any]:
        """Put back a payload from the output of the step that took it."""
        waiting = plan_of(self._run.workflow_version_id).waiting_for.get(data["name"], [])
        kept = (row.output for row in map(self._row, waiting) if row)
        whole = (restored(data["payload"], output) for output in kept)
        return {**data, "payload": next((one for one in whole if not has_gaps(one)), data["payload"])}

    def _row(self, key: str) -> Step | None:
        if key not in self._rows:
            self._rows[key] = (
                Step.objects.filter(run=self._run, key=key).only("output", "attempt", "generation").first()
            )
        return self._rows[key]
