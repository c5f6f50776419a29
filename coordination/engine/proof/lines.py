"""A line of a pack: a record with its place, its body and its hash."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from operator import itemgetter
from typing import Any

from coordination.engine.proof.body import content_of
from coordination.engine.proof.findings import Finding
from coordination.engine.proof.links import Link
from coordination.engine.proof.merkle import leaf_hash

_said_by = itemgetter("stream", "stream_no", "prev_hash", "id", "kind", "organization")
_TYPES = (str, int, str, str, str, str)


class LineInvalid(ValueError):
    """A line of the pack is not what the format says."""


@dataclass(frozen=True, slots=True)
class Line:
    """A record as a pack holds it; without `seq` it is not sealed, without `body` it was dropped."""

    seq: int | None
    body: str | None
    leaf: bytes
    claimed: bytes

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> "Line":
        """Return what the line says; raises LineInvalid."""
        seq, body, claimed = line.get("seq"), line.get("body"), hash_of(line.get("hash"))
        if seq is None and body is None:
            raise LineInvalid("a record has neither a place nor a body")
        if body is None:
            return cls(number_of(seq), None, claimed, claimed)
        if not isinstance(body, str):
            raise LineInvalid("the body of a record is not text")
        return cls(
            None if seq is None else number_of(seq), body, leaf_hash(body.encode("utf-8", "surrogatepass")), claimed
        )

    def content(self) -> dict[str, Any] | None:
        """Return what the body says, or None if it is not that of a record."""
        content = content_of(self.body) if self.body is not None else None
        return content if link_of(content, "") else None

    def changed(self, problem: str, organization: str) -> Finding:
        """Return the finding that the record is not what was written, with all that names it."""
        link = link_of(self.content(), "")
        if link is None:
            return Finding(f"was changed: {problem}", organization, seq=self.seq)
        return Finding(f"was changed: {problem}", organization, link.stream, link.number, link.id, link.kind, self.seq)


def link_of(content: Mapping[str, Any] | None, hashed: str) -> Link | None:
    """Return what ties a record to its stream, or None where its body does not say all that a record says."""
    if content is None:
        return None
    try:
        said = _said_by(content)
    except KeyError:
        return None
    stream, number, before, event_id, kind, _ = said
    return Link(stream, number, before, hashed, event_id, kind) if tuple(map(type, said)) == _TYPES else None


def number_of(value: Any) -> int:
    """Return a place or a size; raises LineInvalid."""
    if type(value) is not int or value < 0:
        raise LineInvalid("a place in the tree is not a number")
    return value


def hash_of(value: Any) -> bytes:
    """Return a hash that is written in hexadecimal; raises LineInvalid."""
    try:
        raw = bytes.fromhex(value)
    except (TypeError, ValueError):
        raw = b""
    if len(raw) != sha256().digest_size:
        raise LineInvalid("a hash is not 64 hexadecimal digits")
    return raw


def hashes_of(values: Any) -> list[bytes]:
    """Return the hashes of a proof; raises LineInvalid."""
    if not isinstance(values, list):
        raise LineInvalid("a proof is not a list of hashes")
    return [hash_of(value) for value in values]
