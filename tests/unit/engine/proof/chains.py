"""Make chains of records, as the audit log keeps them."""

from dataclasses import replace
from typing import Any

from coordination.engine.proof import chain
from coordination.engine.proof.body import content_of
from coordination.engine.proof.canonical import canonical
from coordination.engine.proof.chain import Columns, Record
from coordination.engine.proof.lines import link_of
from coordination.engine.proof.links import Head, Link

ORGANIZATION = "acme"


def make_chain(length: int, stream: str = "run:1", kind: str = "StepSucceeded", **data: Any) -> list[Record]:
    """Return an intact chain."""
    records: list[Record] = []
    for number in range(1, length + 1):
        columns = Columns(
            id=f"{stream}#{number}",
            organization=ORGANIZATION,
            stream=stream,
            stream_no=number,
            prev_hash=records[-1].hash if records else "",
            kind=kind,
            actor="agent:writer@1",
            object=f"step:{number}",
            occurred_at="2026-01-01T00:00:00.000000Z",
        )
        records.append(chain.record(columns, on_behalf_of="user:manager", data=canonical({"n": number} | data)))
    return records


def head_of(records: list[Record]) -> Head:
    """Return the head that belongs to a chain."""
    return Head(ORGANIZATION, records[0].columns.stream, len(records), records[-1].hash)


def rewritten(record: Record, **said: Any) -> Record:
    """Return the record with other columns and the body and hash that fit them: a forger's work."""
    content = content_of(record.body) or {}
    return chain.record(replace(record.columns, **said), on_behalf_of="", data=canonical(content["data"]))


def links_of(records: list[Record]) -> list[Link]:
    """Return what ties each record to its stream."""
    return [link_of(content_of(record.body) or {}, record.hash) for record in records]
