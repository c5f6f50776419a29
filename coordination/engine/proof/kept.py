"""Records as a database keeps them, beside the leaves that they were sealed as."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from operator import itemgetter
from typing import Any, NamedTuple

from coordination.engine.proof.body import content_of
from coordination.engine.proof.dropped import DROPPED, Dropped, Gone
from coordination.engine.proof.findings import Finding, Findings
from coordination.engine.proof.lines import link_of
from coordination.engine.proof.links import Head, Link, Links
from coordination.engine.proof.merkle import LEAF_PREFIX

# The first columns of a row, in their order.
_REPEATED = ("id", "organization", "stream", "stream_no", "kind", "actor", "object", "occurred_at")
_repeated_in = itemgetter(*_REPEATED)


class Row(NamedTuple):
    """A record: its columns, the transaction that wrote it, and the text that was hashed."""

    id: str
    organization: str
    stream: str
    stream_no: int
    kind: str
    actor: str
    object: str
    occurred_at: str
    written_in: int
    body: str


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A record whose leaf did not come yet."""

    leaf: bytes
    link: Link
    written_in: int


class KeptLog:
    """Check one organization's records against their leaves; both come in about the order of time, each in its own.

    Records whose transaction is below `sealed_below` must have a leaf.
    """

    def __init__(self, organization: str, sealed_below: int) -> None:
        self.findings = Findings()
        self.checked = self.dropped = 0
        self._organization = organization
        self._sealed_below = sealed_below
        self._links = Links(organization, self.findings)
        self._gone = Dropped()
        self._leaves: dict[str, tuple[bytes, int]] = {}
        self._waiting: dict[str, _Waiting] = {}

    @property
    def streams(self) -> int:
        """Return how many streams there are."""
        return self._links.streams

    @property
    def unsealed(self) -> int:
        """Return how many records have no leaf."""
        return len(self._waiting)

    def add_leaves(
        self, first_seq: int, events: Sequence[str], leaves: Sequence[bytes], *, of_all: bool = True
    ) -> None:
        """Take the leaves of records that were sealed together; unless all records are checked, some are of others."""
        for seq, (event_id, leaf) in enumerate(zip(events, leaves, strict=True), start=first_seq):
            waiting = self._waiting.pop(event_id, None)
            if waiting is None and of_all:
                self._leaves[event_id] = (leaf, seq)
            elif waiting is not None and waiting.leaf != leaf:
                self._find_changed(waiting.link, seq)

    def add(self, row: Row) -> None:
        """Take a record."""
        self.checked += 1
        leaf = sha256(LEAF_PREFIX + row.body.encode()).digest()
        sealed = self._leaves.pop(row.id, None)
        content = content_of(row.body)
        hashed = leaf.hex()
        if content is not None and _repeats(row, content) and isinstance(before := content.get("prev_hash"), str):
            link = Link(row.stream, row.stream_no, before, hashed, row.id, row.kind)
        elif (said := self._differing(row, content, hashed, sealed)) is not None:
            link = said
        else:
            return
        if sealed is None:
            self._waiting[row.id] = _Waiting(leaf, link, row.written_in)
        elif sealed[0] != leaf:
            self._find_changed(link, sealed[1])
        self._links.add(link)
        if link.kind == DROPPED:
            self._gone.read(content or {})

    def read_dropped(self, content: Mapping[str, Any], leaves: Callable[[int, int], Iterable[bytes]]) -> None:
        """Take what a record of another stream says was dropped; `leaves` gives those of a range without its end."""
        for first, last in self._gone.read(content):
            for seq, leaf in enumerate(leaves(first, last + 1), start=first):
                self._gone.add(leaf.hex(), Gone(seq))

    def finish(self, heads: Iterable[Head]) -> None:
        """Find what is missing and what was slipped in, once all leaves and records are in."""
        for event_id, (leaf, seq) in self._leaves.items():
            self._gone.add(leaf.hex(), Gone(seq, event_id))
        self.dropped = self._links.finish(heads, self._gone)
        for waiting in self._waiting.values():
            if waiting.written_in < self._sealed_below:
                self._find(waiting.link, "is in no tree, though all of its time were sealed: it was added afterwards")

    def _differing(
        self, row: Row, content: dict[str, Any] | None, hashed: str, sealed: tuple[bytes, int] | None
    ) -> Link | None:
        """Find what differs between columns and body; return what the body says, or None where that is nothing."""
        link = link_of(content, hashed)
        if content is None or link is None:
            own = Link(row.stream, row.stream_no, "", hashed, row.id, row.kind)
            self._find(own, "was changed: its body is not that of a record", sealed[1] if sealed else None)
            return None
        for name in _REPEATED:
            if getattr(row, name) != content.get(name):
                self._find(link, f"was changed: its column {name} differs from its body")
        return link

    def _find_changed(self, link: Link, seq: int) -> None:
        self._find(link, "was changed: its body does not have the hash that was sealed", seq)

    def _find(self, link: Link, problem: str, seq: int | None = None) -> None:
        found = Finding(problem, self._organization, link.stream, link.number, link.id, link.kind, seq)
        self.findings.append(found)


def _repeats(row: Row, content: Mapping[str, Any]) -> bool:
    """Tell whether the columns say what the body says."""
    try:
        return bool(row[: len(_REPEATED)] == _repeated_in(content))
    except KeyError:
        return False
