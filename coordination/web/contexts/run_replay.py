"""The slider over a run's records: where it stands, and what happened there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from coordination.runs.sealed import without_sealed
from coordination.runs.selectors import MOST_RECORDS, Past
from coordination.web import words
from coordination.web.contexts.run_place import Place
from coordination.web.contexts.run_told import told, who


@dataclass(frozen=True, slots=True)
class Replay:
    """The slider, at the last record or at an earlier one."""

    number: int
    most: int
    place: Place
    is_past: bool
    position: str
    at: datetime | None = None
    kind: str = ""
    said: str = ""
    actor: str = ""
    data: Any = None
    gap: str = ""
    limit: str = ""

    @classmethod
    def now(cls, place: Place, length: int) -> "Replay":
        """Return the slider of a run as it is."""
        most = min(length, MOST_RECORDS)
        limit = f"Of {length:,} records the first {MOST_RECORDS:,} can be replayed." if length > most else ""
        return cls(most, most, place, is_past=False, position=words.plural(length, "record"), limit=limit)

    @classmethod
    def of(cls, place: Place, past: Past) -> "Replay":
        """Return the slider of a run as it was."""
        record = past.record
        most = min(past.length, MOST_RECORDS)
        gap = f"From record {past.gap} on it may have been otherwise: a value too large to record, or erased, is gone."
        return cls(
            number=past.number,
            most=most,
            place=place,
            is_past=True,
            position=f"record {past.number:,} of {past.length:,}",
            at=record.occurred_at if record else None,
            kind=words.event(record.kind) if record else "Before the beginning",
            said=told(past.run, record) if record else "Nothing had happened yet.",
            actor=who(record.actor) if record else "",
            data=_worth_showing(without_sealed(record.data)) if record else None,
            gap=gap if past.gap is not None else "",
        )

    @property
    def described(self) -> str:
        """Say where the slider stands, for readers."""
        return f"{self.position}: {self.said}" if self.is_past else f"now, after {self.position}"

    @property
    def first_link(self) -> str:
        """Return the address of the beginning."""
        return self.place.at_record(1)

    @property
    def back_link(self) -> str:
        """Return the address of the record before, or nothing."""
        number = self.number - 1 if self.is_past else self.most - 1
        return self.place.at_record(number) if number >= 1 else ""

    @property
    def on_link(self) -> str:
        """Return the address of the record after, or nothing."""
        return self.place.at_record(self.number + 1) if self.is_past and self.number < self.most else ""

    @property
    def now_link(self) -> str:
        """Return the address of the present."""
        return self.place.at_record(None)


def _worth_showing(data: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is said elsewhere on the page, or helps nobody but the machine."""
    return {name: value for name, value in data.items() if name not in ("step", "jitter") and value not in (None, "")}
