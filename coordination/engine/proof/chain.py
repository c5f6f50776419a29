"""A chain of records: each names the hash of the one before it, and a head names how many there are.

Hash of a record: SHA-256(0x00 ‖ body), the leaf hash of RFC 9162.
What a chain alone cannot show: someone rewrote a stream *and* its head *and* every stream that names it.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from json.encoder import encode_basestring
from typing import Any

BODY_VERSION = 1
LEAF = b"\x00"
FINDINGS_KEPT = 100
NOTHING_BEFORE = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """What a record says beside its body, repeated inside the body, so that no column can drift unnoticed."""

    id: str
    organization: str
    stream: str
    stream_no: int
    prev_hash: str
    kind: str
    actor: str
    object: str
    occurred_at: str


@dataclass(frozen=True, slots=True)
class Record:
    """A kept record: its columns, the exact text that was hashed, and the hash."""

    columns: Columns
    body: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """How long a stream is, and the hash of its last record."""

    organization: str
    stream: str
    length: int
    head_hash: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong; `stream_no`, `id` and `kind` name the record as far as it can be named."""

    problem: str
    organization: str
    stream: str
    stream_no: int
    id: str = ""
    kind: str = ""

    def __str__(self) -> str:
        name = f" (id {self.id}, {self.kind})" if self.id else ""
        return f"stream {self.stream}, record {self.stream_no}{name}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Report:
    """What a check of many streams found; only the first findings are kept."""

    streams: int
    checked: int
    findings: tuple[Finding, ...]

    @property
    def first_bad(self) -> Finding | None:
        """Return the first finding."""
        return self.findings[0] if self.findings else None


def leaf_hash(body: str) -> str:
    """Return the hash of a record's body, in hexadecimal."""
    return hashlib.sha256(LEAF + body.encode("utf-8", "surrogatepass")).hexdigest()


def moment(value: datetime) -> str:
    """Return the one spelling of a time that bodies use: UTC with six digits of a second."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def record(columns: Columns, *, on_behalf_of: str, data: str) -> Record:
    """Return the record of these columns and data, which is given as canonical text."""
    text = encode_basestring
    # The canonical text of the whole, put together from its parts in the order of their names.
    body = (
        f'{{"actor":{text(columns.actor)},"data":{data},"id":{text(columns.id)},"kind":{text(columns.kind)},'
        f'"object":{text(columns.object)},"occurred_at":{text(columns.occurred_at)},'
        f'"on_behalf_of":{text(on_behalf_of)},"organization":{text(columns.organization)},'
        f'"prev_hash":{text(columns.prev_hash)},"stream":{text(columns.stream)},"stream_no":{columns.stream_no},'
        f'"v":{BODY_VERSION}}}'
    )
    return Record(columns, body, leaf_hash(body))


def content_of(body: str) -> dict[str, Any] | None:
    """Return what a body says, or None if it is not a JSON object."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def check_stream(head: Head | None, records: Iterable[Record]) -> Iterator[Finding]:
    """Yield what is wrong with one stream whose records come in order of their numbers; keeps one record."""
    last: Record | None = None
    for current in records:
        yield from _check_record(current)
        yield from _check_link(last, current)
        last = current
    yield from _check_end(head, last)


def _check_record(current: Record) -> Iterator[Finding]:
    if leaf_hash(current.body) != current.hash:
        yield _finding(current, "was changed: its body does not have the recorded hash")
        return
    content = content_of(current.body)
    if content is None:
        yield _finding(current, "was changed: its body is not a JSON object")
        return
    columns = current.columns
    for name in Columns.__slots__:
        if content.get(name) != getattr(columns, name):
            yield _finding(current, f"was changed: its column {name} differs from its body")


def _check_link(last: Record | None, current: Record) -> Iterator[Finding]:
    number = current.columns.stream_no
    expected = last.columns.stream_no + 1 if last else 1
    if number < expected:
        yield _finding(current, f"is out of order: record {expected} was expected here")
    elif number > expected:
        yield _missing(current.columns.organization, current.columns.stream, expected, number - 1)
    elif last is None and current.columns.prev_hash != NOTHING_BEFORE:
        yield _finding(current, "names a record before it, but it is the first")
    elif last is not None and current.columns.prev_hash != last.hash:
        yield _finding(last, f"is not the record that record {number} was written after")


def _check_end(head: Head | None, last: Record | None) -> Iterator[Finding]:
    if head is None:
        if last is not None:
            yield _finding(last, "belongs to a stream whose head was removed")
        return
    length = last.columns.stream_no if last else 0
    if length < head.length:
        yield _missing(head.organization, head.stream, length + 1, head.length)
    elif last is not None and length > head.length:
        yield _finding(last, f"was added: the stream's head counts {head.length} records")
    elif last is not None and last.hash != head.head_hash:
        yield _finding(last, "is not the record that the stream's head names")


def _missing(organization: str, stream: str, first: int, last: int) -> Finding:
    problem = "was removed" if first == last else f"was removed, with all up to record {last}"
    return Finding(problem, organization, stream, first)


def _finding(current: Record, problem: str) -> Finding:
    columns = current.columns
    return Finding(problem, columns.organization, columns.stream, columns.stream_no, columns.id, columns.kind)


class Tally:
    """Check streams one after another in constant memory."""

    def __init__(self) -> None:
        self._streams = 0
        self._checked = 0
        self._findings: list[Finding] = []

    def check(self, head: Head | None, records: Iterable[Record]) -> None:
        """Check one stream."""
        self._streams += 1
        for finding in check_stream(head, self._passing(records)):
            self.add(finding)

    def add(self, finding: Finding) -> None:
        """Keep a finding, unless there are too many already."""
        if len(self._findings) < FINDINGS_KEPT:
            self._findings.append(finding)

    def report(self) -> Report:
        """Return what was found so far."""
        return Report(self._streams, self._checked, tuple(self._findings))

    def _passing(self, records: Iterable[Record]) -> Iterator[Record]:
        for current in records:
            self._checked += 1
            yield current
