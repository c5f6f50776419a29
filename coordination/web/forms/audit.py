"""What a person looks for in the record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from coordination.audit.selectors import Wanted
from coordination.audit.services import Format

NOT_A_TIME = "This is not a date and time."
NO_WORDS = "Please type words of at least two letters or digits."
LONGEST = 300
_NAMES = ("q", "kind", "actor", "agent", "object", "decision", "stream", "since", "until")


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """What was typed, what it asks for, and what is wrong with it."""

    typed: Mapping[str, str]
    wanted: Wanted
    wrong: Mapping[str, str]

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "AuditFilters":
        """Read the address of a list; what cannot be read filters nothing."""
        typed = {name: given.get(name, "").strip()[:LONGEST] for name in _NAMES}
        wanted = Wanted(
            # People write "approval decided" as the page does; the record says ApprovalDecided.
            kind="".join(word[0].upper() + word[1:] for word in typed["kind"].split()),
            actor=typed["actor"],
            agent=typed["agent"].removeprefix("agent:"),
            object=typed["object"],
            decision=typed["decision"],
            stream=typed["stream"],
            text=typed["q"],
            since=_moment(typed["since"]),
            until=_moment(typed["until"]),
        )
        wrong = {name: NOT_A_TIME for name in ("since", "until") if typed[name] and _moment(typed[name]) is None}
        if typed["q"] and not wanted.words:
            wrong["q"] = NO_WORDS
        return cls(typed, wanted, wrong)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is asked for."""
        return self.wanted == Wanted()

    @property
    def has_more(self) -> bool:
        """Tell whether something beyond the first row of filters was typed."""
        return any(self.typed[name] for name in ("object", "decision", "since", "until"))


def format_of(text: str) -> Format:
    """Return the format that was chosen, JSON for anything else."""
    return Format(text) if text in list(Format) else Format.NDJSON


def number_of(text: str) -> int | None:
    """Return the number of a checkpoint that was typed, None for what is none."""
    return int(text) if text.isdecimal() and len(text) <= 12 else None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
