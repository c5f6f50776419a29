"""Checkpoints: the list, one of them, and that a later one goes on from an earlier one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from coordination.audit.models import AuditCheckpoint, AuditKey
from coordination.audit.selectors import Alarm, Standing
from coordination.audit.services import Continuation
from coordination.web import words
from coordination.web.contexts import audit_tabs
from coordination.web.contexts.audit import Seal, checkpoint_link
from coordination.web.contexts.audit_anchors import AlarmView
from coordination.web.contexts.audit_ladder import shortened
from coordination.web.contexts.parts import Choice, Pager
from coordination.web.contexts.status import Status
from coordination.web.paging import PAGE

BAR_WIDTH = 400.0


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """One checkpoint in a list; `added` says how many records came with it."""

    checkpoint: AuditCheckpoint
    link: str
    added: str
    root: str

    @classmethod
    def of(cls, checkpoint: AuditCheckpoint, before: AuditCheckpoint | None) -> "CheckpointRow":
        """Return the row; `before` is the checkpoint of the number before, where it is known."""
        size = checkpoint.size - (before.size if before else 0)
        known = before is not None or checkpoint.number == 1
        added = "" if not known else f"+{words.count(size)}" if size else "none: a sign of life"
        return cls(checkpoint, checkpoint_link(checkpoint.number), added, shortened(bytes(checkpoint.root).hex()))


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key that signs or signed."""

    text: str
    created_at: datetime
    status: Status


@dataclass(frozen=True, slots=True)
class Growth:
    """Two checkpoints compared, with a picture of how much of the later one the earlier one is."""

    status: Status
    said: str
    old: str
    old_link: str
    new: str
    new_link: str
    share: str
    rest: str
    path: list[str]
    old_root: str
    new_root: str
    width: float = BAR_WIDTH

    @classmethod
    def of(cls, proof: Continuation) -> "Growth":
        """Say what came of it."""
        old_size = proof.old.size if proof.old else 0
        added = proof.new.size - old_size
        share = BAR_WIDTH * old_size / proof.new.size if proof.new.size else 0.0
        held = "only added to" if added else "left as it was"
        said = (
            f"The log was {held} in between: the first {words.plural(old_size, 'record')} are the same in both, "
            f"{words.count(added)} came after them."
        )
        status = (
            Status("broken", "bad", "alert", "Does not go on")
            if proof.problem
            else Status("holds", "ok", "done", "Goes on from it")
        )
        return cls(
            status=status,
            said=proof.problem or said,
            old=_named(proof.old),
            old_link=checkpoint_link(proof.old.number if proof.old else None),
            new=_named(proof.new),
            new_link=checkpoint_link(proof.new.number),
            share=f"{share:.1f}",
            rest=f"{BAR_WIDTH - share:.1f}",
            path=[one.hex() for one in proof.path],
            old_root=bytes(proof.old.root).hex() if proof.old else "",
            new_root=bytes(proof.new.root).hex(),
        )


@dataclass(frozen=True, slots=True)
class CheckpointsPage:
    """The list of checkpoints, with the keys that sign them."""

    rows: list[CheckpointRow]
    pager: Pager
    here: str
    seal: Seal
    keys: list[KeyRow]
    tabs: list[Choice]
    typed: Mapping[str, str]
    newest: int
    growth: Growth | None
    problem: str
    alarms: list[AlarmView]
    wrong: list[str]

    @classmethod
    def of(
        cls,
        checkpoints: Sequence[AuditCheckpoint],
        below: int | None,
        standing: Standing,
        keys: Sequence[tuple[AuditKey, str]],
        here: str,
        now: datetime,
        *,
        asked: "Asked",
        alarms: Iterable[Alarm],
    ) -> "CheckpointsPage":
        """Compute the page; of the checkpoints, one more is given than the page shows."""
        known = {one.number: one for one in checkpoints}
        newest = standing.checkpoint.number if standing.checkpoint else 0
        return cls(
            rows=[CheckpointRow.of(one, known.get(one.number - 1)) for one in checkpoints[:PAGE]],
            pager=Pager(
                _newer(below, newest), f"?below={checkpoints[PAGE - 1].number}" if len(checkpoints) > PAGE else ""
            ),
            here=here,
            seal=Seal.of(standing, now),
            keys=[_key(row, text, is_newest=row is keys[0][0]) for row, text in keys],
            tabs=audit_tabs.tabs(audit_tabs.CHECKPOINTS),
            typed=asked.typed,
            newest=newest,
            growth=Growth.of(asked.proof) if asked.proof else None,
            problem=asked.problem,
            alarms=[AlarmView.of(alarm) for alarm in alarms],
            wrong=standing.check.problem.splitlines() if standing.check else [],
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """Which two checkpoints are to be compared, what came of it, or why that is not possible."""

    typed: Mapping[str, str]
    proof: Continuation | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class CheckpointPage:
    """One checkpoint."""

    checkpoint: AuditCheckpoint
    status: Status
    said: str
    growth: Growth
    root: str
    key: str
    records: str
    records_link: str
    before: str
    after: str
    tabs: list[Choice]

    @classmethod
    def of(cls, proof: Continuation, key: str, problem: str, *, is_newest: bool) -> "CheckpointPage":
        """Compute the page; `proof` compares it with the one before it."""
        checkpoint = proof.new
        first = proof.old.size if proof.old else 0
        added = checkpoint.size - first
        wrong = problem or proof.problem
        return cls(
            checkpoint=checkpoint,
            status=Status("broken", "bad", "alert", "Does not hold")
            if wrong
            else Status("holds", "ok", "done", "Verified just now"),
            said=wrong or "Its signature holds, and it goes on from the one before it.",
            growth=Growth.of(proof),
            root=bytes(checkpoint.root).hex(),
            key=key,
            records=f"{words.count(first)} to {words.count(checkpoint.size - 1)}" if added else "none: a sign of life",
            records_link=f"{reverse('audit')}?before={checkpoint.size}" if added else "",
            before=checkpoint_link(checkpoint.number - 1),
            after="" if is_newest else checkpoint_link(checkpoint.number + 1),
            tabs=audit_tabs.tabs(audit_tabs.CHECKPOINTS),
        )


def _newer(below: int | None, newest: int) -> str:
    """Return the address of the page before, "" on the first one: numbers leave no gaps."""
    if not below or below > newest:
        return ""
    return f"?below={below + PAGE}" if below + PAGE <= newest else reverse("audit-checkpoints")


def _key(row: AuditKey, text: str, *, is_newest: bool) -> KeyRow:
    status = Status("signs", "ok", "approvals", "Signs now")
    return KeyRow(text, row.created_at, status if is_newest else Status("signed", "idle", "idle", "Signed before"))


def _named(checkpoint: AuditCheckpoint | None) -> str:
    if checkpoint is None:
        return "the empty log"
    return f"checkpoint {words.count(checkpoint.number)} of {words.plural(checkpoint.size, 'record')}"
