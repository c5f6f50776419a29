"""What a report says, apart from how it looks: the same parts become HTML, PDF and JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from coordination.accounts.models import Organization

# So many rows of a table are printed; all of them are in the pack's data files.
ROWS_PRINTED = 40
_NOTHING = ("0", "—")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report is about: everything of an organization in [since, until); `counts` are its records by kind."""

    organization: Organization
    since: datetime
    until: datetime
    made_at: datetime
    counts: Mapping[str, int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure, in words; `note` says how sure it is or what it counts."""

    title: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; every cell is text."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    # What is said where there are no rows.
    none: str = "None in this period."

    @property
    def printed(self) -> Sequence[tuple[str, ...]]:
        """Return the rows that a reader is shown."""
        return self.rows[:ROWS_PRINTED]

    @property
    def n_more(self) -> int:
        """Return how many rows stand in the data files only."""
        return max(0, len(self.rows) - ROWS_PRINTED)


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing, with what it shows in words."""

    title: str
    described: str
    svg: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of its own in the pack."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one part of the product can show about the period.

    `kinds` are the kinds of audit records that prove it; `gaps` is what it cannot show.
    """

    title: str
    says: str
    facts: Sequence[Fact] = ()
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()
    kinds: frozenset[str] = frozenset()
    gaps: Sequence[str] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[Attachment] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing of this happened or is there."""
        said = any(fact.value not in _NOTHING for fact in self.facts)
        return not said and not any(table.rows for table in self.tables)
