"""Pages by cursor: stable while rows come and go, and as quick on page 1,000 as on page 1."""

from collections.abc import Callable, Sequence
from typing import Any

from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from coordination.audit.selectors import Found
from coordination.runs.models import Step


class NewestFirst(CursorPagination):
    """Newest first: identifiers are ordered by time."""

    ordering: str | tuple[str, ...] = "-id"
    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"


class ByName(NewestFirst):
    """In the order of names."""

    ordering = "name"


class NewestVersionFirst(NewestFirst):
    """The newest version first."""

    ordering = "-number"


class OldestFirst(NewestFirst):
    """In the order in which it happened."""

    ordering = "id"


class MostUrgentFirst(NewestFirst):
    """What is due first comes first."""

    ordering = ("due_at", "id")


class InOrder(NewestFirst):
    """The records of one stream in the order in which they were written."""

    ordering = "stream_no"


class ByUsername(NewestFirst):
    """People by name."""

    ordering = "username"


class ByIndex(NewestFirst):
    """The items, rounds or racers of a step in their order."""

    ordering = ("index", "key")


class InPlan(NewestFirst):
    """The steps of a workflow in its order, those included that have no row yet; the cursor is a position."""

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        """Return the steps from the cursor's position on."""
        steps: Sequence[Step] = queryset
        self._here = request.build_absolute_uri()
        asked = request.query_params.get(self.cursor_query_param, "")
        start = int(asked) if asked.isdecimal() and len(asked) < 6 else 0
        size = self.get_page_size(request) or 1
        before = [step.position for step in steps if step.position < start]
        rest = [step for step in steps if step.position >= start]
        self._previous = before[-size:][0] if before else None
        self._next = rest[size].position if len(rest) > size else None
        return rest[:size]

    def get_next_link(self) -> str | None:
        """Return the address of the steps after these."""
        return self._to(self._next)

    def get_previous_link(self) -> str | None:
        """Return the address of the steps before these."""
        return self._to(self._previous)

    def _to(self, position: int | None) -> str | None:
        if position is None:
            return None
        return str(replace_query_param(self._here, self.cursor_query_param, position))


class ByPlace(NewestFirst):
    """Records of the log, the newest first; a cursor is a place in the log, with the way to go from it."""

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        """Return the records before or after the cursor's place; `queryset` is the search, given where to begin."""
        search: Callable[..., Found] = queryset
        self._here = request.build_absolute_uri()
        way, _, place = request.query_params.get(self.cursor_query_param, "").partition(".")
        at = {way: place} if way in ("before", "after") else {}
        self._found = search(size=self.get_page_size(request), **at)
        return self._found.rows

    def get_next_link(self) -> str | None:
        """Return the address of older records."""
        return self._to("before", self._found.older)

    def get_previous_link(self) -> str | None:
        """Return the address of newer records."""
        return self._to("after", self._found.newer)

    def _to(self, way: str, place: str) -> str | None:
        return str(replace_query_param(self._here, self.cursor_query_param, f"{way}.{place}")) if place else None
