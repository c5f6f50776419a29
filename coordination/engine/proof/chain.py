"""How a record is written: one text, and the hash of it, which the next record of its stream names.

Hash of a record: SHA-256(0x00 ‖ body), the leaf hash of RFC 9162.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from json.encoder import encode_basestring

BODY_VERSION = 1
LEAF = b"\x00"


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
