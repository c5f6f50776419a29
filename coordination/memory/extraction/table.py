"""CSV: a section a row, or labelled examples where a column says so."""

import csv
import io
from collections.abc import Iterator

from coordination.memory.extraction.model import Section, Unreadable

LONGEST_CELL = 100_000
_TITLES = ("title", "name", "question", "subject", "id", "key")


def table(text: str, name: str) -> Iterator[Section]:
    """Yield the rows of a table with a heading line; with columns text and label they are examples."""
    csv.field_size_limit(LONGEST_CELL)
    rows = csv.reader(io.StringIO(text), _dialect(text))
    try:
        head = [cell.strip() for cell in next(rows, [])]
        lower = [cell.lower() for cell in head]
        if not any(head):
            raise Unreadable("its first line names no columns")
        is_example = "text" in lower and "label" in lower
        titled = next((lower.index(one) for one in _TITLES if one in lower), 0)
        for number, row in enumerate(rows, 2):
            if not any(cell.strip() for cell in row):
                continue
            place = f"row {number}"
            if is_example:
                cells = dict(zip(lower, row, strict=False))
                yield Section("", cells.get("text", ""), place, cells.get("label", "").strip())
            else:
                said = [f"{column}: {cell.strip()}" for column, cell in zip(head, row, strict=False) if cell.strip()]
                title = row[titled].strip() if titled < len(row) else ""
                yield Section(title or f"{name}, {place}", "\n".join(said), place)
    except csv.Error as error:
        raise Unreadable(f"line {rows.line_num} is not CSV: {error}") from None


def _dialect(text: str) -> type[csv.Dialect]:
    try:
        return csv.Sniffer().sniff(text[:10_000], delimiters=",;\t|")
    except csv.Error:
        return csv.excel
