"""Requests that are larger than anything we take."""

import asyncio
from typing import Any

from coordination.web import limits
from coordination.web.limits import BodyLimit


def answered(headers: list[tuple[bytes, bytes]], messages: list[dict[str, Any]]) -> tuple[list[Any], list[Any]]:
    """Return what was sent, and what the application behind received."""
    sent: list[Any] = []
    received: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "http.request":
            received.append(message)
            if not message.get("more_body"):
                return
        received.append(message)

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(BodyLimit(application)({"type": "http", "headers": headers}, receive, send))
    return sent, received


def test_what_says_that_it_is_too_large_is_refused_unread() -> None:
    sent, received = answered([(b"content-length", str(2**30).encode())], [])
    assert (sent[0]["status"], b"more than 260 MB" in sent[1]["body"], received) == (413, True, [])


def test_what_turns_out_to_be_too_large_is_hung_up_on(monkeypatch: Any) -> None:
    monkeypatch.setattr(limits, "MOST_BYTES", 10)
    chunk = {"type": "http.request", "body": b"x" * 8, "more_body": True}
    _, received = answered([], [dict(chunk), dict(chunk)])
    assert [message["type"] for message in received] == ["http.request", "http.disconnect"]


def test_what_is_small_enough_passes() -> None:
    _, received = answered([(b"content-length", b"3")], [{"type": "http.request", "body": b"abc"}])
    assert received == [{"type": "http.request", "body": b"abc"}]
