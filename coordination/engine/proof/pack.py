"""An exported log as JSON lines: a manifest, then each stream's head and its records, then the counts.

It is checked without a database. Like a chain, a pack cannot show that all of it was written anew.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from itertools import chain, groupby
from typing import Any, TypeAlias

from coordination.engine.proof.chain import Columns, Finding, Head, Record, Report, Tally

FORMAT = "coordination.audit/1"
_NUMBERS = ("stream_no", "length")
Stream: TypeAlias = tuple[Head | None, Iterable[Record]]


class PackUnreadable(ValueError):
    """A line of the pack is not what the format says."""


def pack_lines(streams: Iterable[Stream], *, exported_at: str) -> Iterator[str]:
    """Yield the lines of a pack, without line ends."""
    yield _line("manifest", {"format": FORMAT, "exported_at": exported_at})
    stream_count = record_count = 0
    for head, records in streams:
        stream_count += 1
        if head is not None:
            yield _line("stream", asdict(head))
        for record in records:
            record_count += 1
            yield _line("record", asdict(record.columns) | {"body": record.body, "hash": record.hash})
    yield _line("end", {"streams": stream_count, "records": record_count})


def verify_pack(lines: Iterable[str]) -> Report:
    """Check a pack line by line. Raises PackUnreadable."""
    tally = Tally()
    parsed = _parsed(lines)
    manifest = next(parsed, {})
    if manifest.get("type") != "manifest" or manifest.get("format") != FORMAT:
        raise PackUnreadable(f"This is not an audit pack of the format {FORMAT}.")
    end: dict[str, Any] = {}
    for _, group in groupby(_until_end(parsed, end), key=_stream_of):
        head, records = _parts(group)
        tally.check(head, records)
    _check_counts(tally, end)
    return tally.report()


def _line(kind: str, content: dict[str, Any]) -> str:
    return json.dumps({"type": kind} | content, ensure_ascii=False, separators=(",", ":"))


def _parsed(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for number, text in enumerate(lines, start=1):
        try:
            line = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise PackUnreadable(f"Line {number} of the pack is not JSON.") from error
        if not isinstance(line, dict) or line.get("type") not in ("manifest", "stream", "record", "end"):
            raise PackUnreadable(f"Line {number} of the pack is of no known type.")
        yield line


def _until_end(parsed: Iterator[dict[str, Any]], end: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the streams and records, and put the last line into `end`."""
    for line in parsed:
        if line["type"] == "end":
            end.update(line)
        elif end or line["type"] == "manifest":
            raise PackUnreadable("The pack goes on after its end.")
        else:
            yield line


def _stream_of(line: dict[str, Any]) -> tuple[object, object]:
    return line.get("organization"), line.get("stream")


def _parts(lines: Iterator[dict[str, Any]]) -> tuple[Head | None, Iterator[Record]]:
    """Return a stream's head, if it comes first, and its records."""
    first = next(lines)
    if first["type"] == "stream":
        return Head(*_values(first, Head)), map(_record, lines)
    return None, map(_record, chain([first], lines))


def _record(line: dict[str, Any]) -> Record:
    body, hashed = line.get("body"), line.get("hash")
    if not isinstance(body, str) or not isinstance(hashed, str):
        raise PackUnreadable("A record in the pack has no body or no hash.")
    return Record(Columns(*_values(line, Columns)), body, hashed)


def _values(line: dict[str, Any], kind: type[Head | Columns]) -> Iterator[Any]:
    """Yield what a line says for each field; numbers where numbers belong, text elsewhere."""
    for field in fields(kind):
        value = line.get(field.name)
        if type(value) is not (int if field.name in _NUMBERS else str):
            raise PackUnreadable(f"A {line['type']} in the pack says {field.name} {value!r}.")
        yield value


def _check_counts(tally: Tally, end: dict[str, Any]) -> None:
    """Find out whether the pack was cut: its last line counts what came before."""
    counted = tally.report()
    if (end.get("streams"), end.get("records")) != (counted.streams, counted.checked):
        tally.add(Finding("the pack was cut: its last line does not count what it holds", "", "", 0))
