"""Refuse a request that is larger than anything we take, before it fills a disk."""

from typing import Any

# The largest thing that is taken: a pack of evidence to be checked, and what a form says beside it.
MOST_BYTES = 260 * 1024 * 1024
_SAID = b"This is more than 260 MB, and nothing here takes as much. Split it."


class BodyLimit:
    """An ASGI application before the one that it is given."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer 413 for what says that it is too large; hang up on what only turns out to be."""
        declared = dict(scope.get("headers", ())).get(b"content-length", b"0")
        if declared.isdigit() and int(declared) > MOST_BYTES:
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 413, "headers": headers})
            await send({"type": "http.response.body", "body": _SAID})
            return
        taken = 0

        async def counted() -> Any:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            return {"type": "http.disconnect"} if taken > MOST_BYTES else message

        await self._application(scope, counted, send)
