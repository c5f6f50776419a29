"""Streams of records: each record names the hash of the one before it, and a head names how many there are.

What links alone can't show: someone wrote a stream *and* its head anew. The tree shows that.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from coordination.engine.proof.dropped import Dropped, Gone
from coordination.engine.proof.findings import Finding, Findings

NOTHING_BEFORE = ""


@dataclass(frozen=True, slots=True)
class Head:
    """How long a stream is, and the hash of its last record."""

    organization: str
    stream: str
    length: int
    head_hash: str


class Link(NamedTuple):
    """What ties a record to its stream."""

    stream: str
    number: int
    before: str
    hash: str
    id: str
    kind: str


class Links:
    """Check the streams of one organization, whose records may come in any order; keeps one link for each stream."""

    def __init__(self, organization: str, findings: Findings) -> None:
        self._organization = organization
        self._findings = findings
        self._ends: dict[str, Link] = {}
        self._ahead: dict[str, dict[int, Link]] = {}
        self._heads = 0

    @property
    def streams(self) -> int:
        """Return how many streams there are."""
        return self._heads + len(self._ends)

    def add(self, link: Link) -> None:
        """Take the next record, or one that comes before those it follows."""
        end = self._ends.get(link.stream)
        number = end.number + 1 if end else 1
        if link.number == number:
            self._follow(end, link)
            if link.stream in self._ahead:
                self._catch_up(link.stream)
        elif link.number < number or link.number in self._ahead.get(link.stream, ()):
            self._find(link, f"is out of order: record {number} was expected here")
        else:
            self._ahead.setdefault(link.stream, {})[link.number] = link

    def finish(self, heads: Iterable[Head], gone: Dropped) -> int:
        """Compare with the heads, once all records are in; return how many were dropped because their time was over.

        Of a record that was removed the one after it still names the hash: so its leaf is known.
        """
        dropped, removed = gone.judged()
        for stream in sorted(self._ahead):
            self._bridge(stream, dropped, removed)
        for head in heads:
            self._heads += 1
            self._check_end(head, self._ends.pop(head.stream, None), dropped, removed)
        for last in self._ends.values():
            self._find(last, "belongs to a stream whose head was removed")
        for seq, event_id in removed.values():
            self._findings.append(Finding("was removed", self._organization, id=event_id, seq=seq))
        return len(dropped)

    def _follow(self, end: Link | None, link: Link) -> None:
        self._ends[link.stream] = link
        if end is None and link.before != NOTHING_BEFORE:
            self._find(link, "names a record before it, but it is the first")
        elif end is not None and link.before != end.hash:
            self._find(end, f"is not the record that record {link.number} was written after")

    def _catch_up(self, stream: str) -> None:
        """Add those that came too early, as far as they follow now."""
        ahead = self._ahead[stream]
        while (end := self._ends[stream]).number + 1 in ahead:
            self._follow(end, ahead.pop(end.number + 1))
        if not ahead:
            del self._ahead[stream]

    def _bridge(self, stream: str, dropped: Container[str], removed: dict[str, Gone]) -> None:
        """Go on after each gap of a stream."""
        for _, link in sorted(self._ahead[stream].items()):
            end = self._ends.get(stream)
            first = end.number + 1 if end else 1
            if link.number == first:
                self._follow(end, link)
                continue
            if link.before not in dropped:
                self._miss(stream, first, link.number - 1, removed.pop(link.before, None))
            self._ends[stream] = link

    def _check_end(self, head: Head, last: Link | None, dropped: Container[str], removed: dict[str, Gone]) -> None:
        length = last.number if last else 0
        if length < head.length:
            if head.head_hash not in dropped:
                self._miss(head.stream, length + 1, head.length, removed.pop(head.head_hash, None))
        elif last is not None and length > head.length:
            self._find(last, f"was added: the stream's head counts {head.length} records")
        elif last is not None and last.hash != head.head_hash:
            self._find(last, "is not the record that the stream's head names")

    def _miss(self, stream: str, first: int, last: int, gone: Gone | None) -> None:
        if first < last:
            problem = f"was removed, with all up to record {last}"
            self._findings.append(Finding(problem, self._organization, stream, first))
        else:
            seq, event_id = gone or (None, "")
            self._findings.append(Finding("was removed", self._organization, stream, first, event_id, seq=seq))

    def _find(self, link: Link, problem: str) -> None:
        self._findings.append(Finding(problem, self._organization, link.stream, link.number, link.id, link.kind))
