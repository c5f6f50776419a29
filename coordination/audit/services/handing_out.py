"""Hand records out as they are found, a line each; that they were handed out, and to whom, is on record itself."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit import selectors
from coordination.audit.selectors import Placed, Wanted
from coordination.audit.services.append import Entry, append
from coordination.audit.stream import STREAM
from coordination.shared.json import Json

COLUMNS = (
    "seq", "checkpoint", "id", "occurred_at", "stream", "stream_no", "kind", "actor", "on_behalf_of", "object", "data",
    "hash",
)  # fmt: skip
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Format(StrEnum):
    """How records are written: as JSON, one on each line, or as a table."""

    NDJSON = "ndjson"
    CSV = "csv"


MEDIA_TYPES = {Format.NDJSON: "application/x-ndjson", Format.CSV: "text/csv; charset=utf-8"}


def hand_out(organization: Organization, wanted: Wanted, form: Format, actor: Actor) -> Iterator[str]:
    """Write down what is asked for, and return the lines of all records that match, the newest first."""
    said: dict[str, Json] = {"format": form.value, "filters": _said(wanted)}
    with transaction.atomic():
        append(organization.pk, STREAM, actor, [Entry("RecordsHandedOut", said, object=STREAM)])
    return _WRITERS[form](selectors.all_found(organization, wanted))


def _said(wanted: Wanted) -> dict[str, Json]:
    asked = {name: value for name, value in asdict(wanted).items() if value}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asked.items()}


def _ndjson(records: Iterator[Placed]) -> Iterator[str]:
    """Yield each record with its exact body inside: its canonical text is what the hash was taken of."""
    for one in records:
        place = f'{{"seq":{json.dumps(one.seq)},"checkpoint":{json.dumps(one.checkpoint)}'
        yield f'{place},"hash":"{one.event.hash}","record":{one.event.body}}}\n'


def _csv(records: Iterator[Placed]) -> Iterator[str]:
    yield _row(COLUMNS)
    for one in records:
        event, content = one.event, one.event.content
        data = json.dumps(content.get("data", {}), ensure_ascii=False, separators=(",", ":"))
        yield _row(
            (
                one.seq,
                one.checkpoint,
                event.id,
                content.get("occurred_at", ""),
                event.stream,
                event.stream_no,
                event.kind,
                event.actor,
                content.get("on_behalf_of", ""),
                event.object,
                data,
                event.hash,
            )
        )


def _row(values: tuple[object, ...]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(["" if value is None else _harmless(str(value)) for value in values])
    return written.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


_WRITERS: Mapping[Format, Callable[[Iterator[Placed]], Iterator[str]]] = {Format.NDJSON: _ndjson, Format.CSV: _csv}
