"""What a person looks for in the record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

NOT_A_TIME = "This is not a date and time."


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """What was typed, and what is wrong with it."""

    kind: str
    actor: str
    object: str
    stream: str
    since: str
    until: str
    wrong: Mapping[str, str]

    @classmethod
    def of(cls, typed: Mapping[str, str]) -> "AuditFilters":
        """Read the address of a list."""
        said = {name: typed.get(name, "").strip() for name in ("kind", "actor", "object", "stream", "since", "until")}
        wrong = {name: NOT_A_TIME for name in ("since", "until") if said[name] and _moment(said[name]) is None}
        return cls(**said, wrong=wrong)

    @property
    def wanted(self) -> dict[str, Any]:
        """Return what the selector filters by; a time that cannot be read filters nothing."""
        words = {"actor": self.actor, "object": self.object, "stream": self.stream}
        # People write "approval decided" as the page does; the record says ApprovalDecided.
        kind = "".join(word[0].upper() + word[1:] for word in self.kind.split())
        moments = {"since": _moment(self.since), "until": _moment(self.until)}
        return {name: value for name, value in {"kind": kind, **words, **moments}.items() if value}


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
