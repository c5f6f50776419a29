"""What was remembered, as its pages show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.memory.models import MemoryEntry, MemoryVersion, Namespace
from coordination.memory.selectors import Reader
from coordination.memory.services import Rollback
from coordination.memory.services.rolling_back import Turn
from coordination.runs.models import Run
from coordination.web.contexts.knowledge import HELD, TAINTED, ReaderRow, reader_rows, tabs
from coordination.web.contexts.parts import Choice, Pager, Problem
from coordination.web.contexts.status import Status
from coordination.web.forms.manifest import Filled
from coordination.web.forms.schema import Field

KEPT = Status("kept", "ok", "done", "Kept")


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry in a list."""

    entry: MemoryEntry
    link: str
    status: Status
    whose: str
    confidence: str

    @classmethod
    def of(cls, entry: MemoryEntry) -> "EntryRow":
        """Return the row."""
        status = HELD if entry.quarantined_at else TAINTED if entry.taint else KEPT
        sure = "" if entry.confidence is None else f"{entry.confidence:.0%}"
        return cls(entry, reverse("memory-entry", args=[entry.pk]), status, whose(entry), sure)


@dataclass(frozen=True, slots=True)
class MemoryPage:
    """What is remembered beyond a run."""

    rows: list[EntryRow]
    pager: Pager
    tabs: list[Choice]
    chips: list[Choice]
    agent: str
    here: str

    @classmethod
    def of(cls, entries: Sequence[MemoryEntry], pager: Pager, agent: str, held: bool, here: str) -> "MemoryPage":
        """Compute the list."""
        address = reverse("memory")
        chips = [
            Choice("All", address, not agent and not held),
            Choice("In quarantine", f"{address}?only=held", held),
        ]
        chips += [Choice(f"Of {agent}", f"{address}?agent={agent}", True)] if agent else []
        return cls([EntryRow.of(entry) for entry in entries], pager, tabs("memory"), chips, agent, here)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """What an entry said before, and the word for going back to it."""

    said: MemoryVersion
    back: str


@dataclass(frozen=True, slots=True)
class MemoryEntryPage:
    """One entry."""

    entry: MemoryEntry
    row: EntryRow
    written_link: str
    written_title: str
    versions: list[VersionRow]
    readers: list[ReaderRow]
    rollback: str
    may_edit: bool

    @classmethod
    def of(
        cls,
        entry: MemoryEntry,
        versions: list[MemoryVersion],
        readers: Sequence[Reader],
        runs: Mapping[object, Run],
        membership: Membership,
    ) -> "MemoryEntryPage":
        """Compute the page for one member."""
        run = runs.get(entry.written_in)
        edits = may(membership, Right.MEMORY_EDIT)
        return cls(
            entry=entry,
            row=EntryRow.of(entry),
            written_link=reverse("run", args=[run.pk]) if run else "",
            written_title=run.title if run else "",
            versions=[VersionRow(one, f"restore-{one.version}") for one in versions],
            readers=reader_rows(readers, runs),
            rollback=f"{reverse('memory-rollback')}?used={entry.pk}" if readers and edits else "",
            may_edit=edits,
        )


@dataclass(frozen=True, slots=True)
class TurnRow:
    """What becomes of one entry."""

    entry: MemoryEntry
    link: str
    whose: str
    becomes: str


@dataclass(frozen=True, slots=True)
class RollbackPage:
    """What would be taken back."""

    tabs: list[Choice]
    fields: Mapping[str, Field]
    problems: list[Problem]
    rows: list[TurnRow]
    used: str
    n_runs: int
    is_asked: bool

    @classmethod
    def of(cls, turns: Sequence[Turn], filled: Filled, used: str, wanted: Rollback) -> "RollbackPage":
        """Compute the page."""
        rows = [
            TurnRow(turn.entry, reverse("memory-entry", args=[turn.entry.pk]), whose(turn.entry), _becomes(turn))
            for turn in turns
        ]
        asked = bool(wanted.run_ids or wanted.writer or used)
        return cls(tabs("rollback"), filled.fields, filled.problems, rows, used, len(wanted.run_ids), asked)


def whose(entry: MemoryEntry) -> str:
    """Say whose a memory is."""
    if entry.namespace == Namespace.AGENT:
        return entry.agent
    return "this run" if entry.namespace == Namespace.RUN else "the organization"


def _becomes(turn: Turn) -> str:
    return f"Back to version {turn.back_to.version}" if turn.back_to else "Into quarantine"
