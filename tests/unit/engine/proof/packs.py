"""Make packs in memory, from a log of two streams that was sealed in three steps."""

import io
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from coordination.engine.proof.findings import Report
from coordination.engine.proof.manifest import LogFiles
from coordination.engine.proof.merkle import Frontier
from coordination.engine.proof.note import Checkpoint, Verifier, sign
from coordination.engine.proof.pack import PackReport, verify_pack
from coordination.engine.proof.packing import PackWriter
from tests.unit.engine.proof.chains import ORGANIZATION, head_of, make_chain

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
ORIGIN = "coordination/audit/acme"
MADE_AT = "2026-01-01T00:00:00.000000Z"
Line = dict[str, Any]


@dataclass
class Log:
    """The lines of a whole log, to be packed as they are or after somebody was at them."""

    records: list[Line]
    checkpoints: list[Line]
    heads: list[Line]
    key: Ed25519PrivateKey = KEY
    extra: dict[str, bytes] = field(default_factory=dict)

    def packed(self, signed_by: Ed25519PrivateKey = KEY) -> bytes:
        """Return the pack."""
        file = io.BytesIO()
        pack = PackWriter(file, kind="audit", made_at=MADE_AT)
        names = {name: f"logs/acme/{name}.jsonl" for name in ("records", "checkpoints", "heads")}
        for name, path in names.items():
            pack.write_lines(path, getattr(self, name))
        for name, content in self.extra.items():
            pack.write(name, content)
        keys = [Verifier(ORIGIN, self.key.public_key().public_bytes_raw()).text()]
        pack.add_log(LogFiles("acme", ORGANIZATION, keys, names["checkpoints"], [names["records"]], names["heads"]))
        pack.close("coordination", signed_by)
        return file.getvalue()

    def report(self) -> Report:
        """Return what comes of checking the pack."""
        return checked(self.packed()).report


def checked(pack: bytes, pinned: Iterable[bytes] = (), kept: Sequence[str] = ()) -> PackReport:
    """Return what comes of checking a pack."""
    return verify_pack(io.BytesIO(pack), pinned, kept)


def make_log(per_stream: int = 6, sealed_at: Sequence[int] = (3, 7, 11), **data: Any) -> Log:
    """Return a log of two streams whose last record is not sealed, written by many at once: in no order of streams."""
    streams = [make_chain(per_stream, f"run:{number}", **data) for number in (1, 2)]
    mixed = [record for pair in zip(*streams, strict=True) for record in pair]
    mixed[3], mixed[5] = mixed[5], mixed[3]
    return Log(
        records=[
            {"seq": seq if seq < sealed_at[-1] else None, "body": record.body, "hash": record.hash}
            for seq, record in enumerate(mixed)
        ],
        checkpoints=[
            {"number": number, "note": note_of([bytes.fromhex(record.hash) for record in mixed[:size]])}
            for number, size in enumerate(sealed_at, start=1)
        ],
        heads=[
            {"stream": head.stream, "length": head.length, "head_hash": head.head_hash}
            for head in map(head_of, streams)
        ],
    )


def note_of(leaves: Sequence[bytes], key: Ed25519PrivateKey = KEY, origin: str = ORIGIN) -> str:
    """Return a signed checkpoint of the tree of these leaves."""
    return sign(Checkpoint(origin, len(leaves), Frontier().extended(leaves).root()), origin, key)


def leaves_of(records: Iterable[Mapping[str, Any]]) -> list[bytes]:
    """Return the leaves of those of the lines that are sealed."""
    return [bytes.fromhex(line["hash"]) for line in records if line["seq"] is not None]


def noise(seed: int, length: int) -> bytes:
    """Return bytes that are the same every time."""
    return random.Random(seed).randbytes(length)
