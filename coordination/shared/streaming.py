"""Answers that are sent while they are made, so that a large one needs no memory."""

from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import islice

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse

LINES_AT_A_TIME = 500


class Streamed(StreamingHttpResponse):
    """Lines of text as a file; the ASGI server gets them part by part, where Django would first collect them all."""

    def __init__(self, lines: Iterable[str], content_type: str, filename: str) -> None:
        super().__init__(_parts(iter(lines)), content_type=content_type)
        self.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
        self.headers["Cache-Control"] = "no-store"
        self.headers["X-Accel-Buffering"] = "no"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the parts, each made in the request's thread."""
        parts = iter(self)
        while part := await sync_to_async(_next)(parts):
            yield part


def _parts(lines: Iterator[str]) -> Iterator[str]:
    while part := "".join(islice(lines, LINES_AT_A_TIME)):
        yield part


def _next(parts: Iterator[bytes]) -> bytes:
    """Return the next part, empty at the end: what ends an iterator cannot pass between threads."""
    return next(parts, b"")
