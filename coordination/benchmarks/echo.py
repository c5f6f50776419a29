"""The least that Channels can do: a page whose text is what was last sent to a group."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

from coordination import embedded, environment

embedded.attach(environment.home())
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coordination.settings")

GROUP = "bench.echo"
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Echo(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels ships no types
    """Say what the group is told."""

    async def connect(self) -> None:
        """Accept everyone."""
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()

    async def say(self, event: dict[str, Any]) -> None:
        """Pass it on."""
        await self.send(event["text"])


async def page(scope: dict[str, Any], receive: object, send: Send) -> None:
    """Answer every address with an empty page."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b"<!doctype html><title>echo</title><body></body>"})


application = ProtocolTypeRouter({"http": page, "websocket": URLRouter([path("", Echo.as_asgi())])})
