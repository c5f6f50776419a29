"""Make chains of records, as the audit log keeps them."""

from dataclasses import replace

from coordination.engine.proof import chain
from coordination.engine.proof.canonical import canonical
from coordination.engine.proof.chain import Columns, Head, Record


def make_chain(length: int, stream: str = "run:1", after: dict[str, str] | None = None) -> list[Record]:
    """Return an intact chain."""
    records: list[Record] = []
    for number in range(1, length + 1):
        columns = Columns(
            id=f"{stream}#{number}",
            organization="acme",
            stream=stream,
            stream_no=number,
            prev_hash=records[-1].hash if records else "",
            kind="StepSucceeded",
            actor="agent:writer@1",
            object=f"step:{number}",
            occurred_at="2026-01-01T00:00:00.000000Z",
        )
        opened_after = (after or {}) if number == 1 else None
        records.append(
            chain.record(columns, on_behalf_of="user:manager", data=canonical({"n": number}), opened_after=opened_after)
        )
    return records


def head_of(records: list[Record]) -> Head:
    """Return the head that belongs to a chain."""
    first, last = records[0], records[-1]
    return Head("acme", first.columns.stream, len(records), last.hash, first.hash)


def rehashed(record: Record, body: str) -> Record:
    """Return the record with another body and the hash that fits it: a forger's work."""
    return replace(record, body=body, hash=chain.leaf_hash(body))
