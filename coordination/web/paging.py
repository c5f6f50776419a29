"""Pages of a list that grows at its head: a cursor stays where it is while new rows arrive."""

from collections.abc import Iterable
from typing import Protocol, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from coordination.web.contexts.parts import Pager

PAGE = 25
MOST_DIGITS = 6
M = TypeVar("M", bound=Model)
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Sliced(Protocol[T_co]):
    """Rows of a query or of a list, of which some can be taken."""

    def __getitem__(self, some: slice, /) -> Iterable[T_co]: ...


def newest_first(found: QuerySet[M], request: HttpRequest, size: int = PAGE) -> tuple[list[M], Pager]:
    """Return the rows that the address asks for, and links to those around them.

    Identifiers are ordered by time, so an identifier is the cursor: `before` and `after` name the last row seen.
    """
    before, after = _cursor(request, "before"), _cursor(request, "after")
    if after:
        rows = list(found.filter(pk__gt=after).order_by("pk")[: size + 1])
        has_newer, has_older = len(rows) > size, True
        rows = rows[:size][::-1]
    else:
        rows = list((found.filter(pk__lt=before) if before else found).order_by("-pk")[: size + 1])
        has_newer, has_older = before is not None, len(rows) > size
        rows = rows[:size]
    if not rows:
        return rows, Pager()
    newer = _address(request, after=rows[0].pk) if has_newer else ""
    return rows, Pager(newer, _address(request, before=rows[-1].pk) if has_older else "")


def numbered(found: Sliced[T], request: HttpRequest, size: int = PAGE) -> tuple[list[T], Pager]:
    """Return the page of a list in an order of its own that the address asks for; counts nothing."""
    asked = request.GET.get("page", "")
    page = max(1, int(asked)) if asked.isdecimal() and len(asked) <= MOST_DIGITS else 1
    rows = list(found[(page - 1) * size : page * size + 1])
    back = _address(request, page=page - 1) if page > 1 else ""
    return rows[:size], Pager(back, _address(request, page=page + 1) if len(rows) > size else "", "Back", "More")


def _cursor(request: HttpRequest, name: str) -> UUID | None:
    try:
        return UUID(request.GET[name])
    except (KeyError, ValueError):
        return None


def _address(request: HttpRequest, **cursor: object) -> str:
    query = request.GET.copy()
    for name in ("before", "after", "page"):
        query.pop(name, None)
    for name, value in cursor.items():
        query[name] = str(value)
    return f"?{query.urlencode()}"
