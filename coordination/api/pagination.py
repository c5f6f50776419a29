"""Pages by cursor: stable while rows come and go, and as quick on page 1,000 as on page 1."""

from rest_framework.pagination import CursorPagination


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
