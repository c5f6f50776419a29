"""One browser that listens: topics go out, pings come in, content never travels here."""

from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from coordination.accounts.models import User
from coordination.accounts.selectors import membership_of
from coordination.shared.live import group

NOT_A_MEMBER = 4403
MOST_TOPICS = 500


class RingConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # channels ships no types
    """Forward the rings of the member's organization."""

    group: str | None = None
    # What the page listens to; until it has said so, everything.
    watched: frozenset[str] | None = None

    async def connect(self) -> None:
        """Accept members only."""
        user = self.scope["user"]
        membership = await database_sync_to_async(self._membership)(user) if user.is_authenticated else None
        if membership is None:
            # Only an accepted socket can say why it is closed, so that the browser stops asking.
            await self.accept()
            await self.close(NOT_A_MEMBER)
            return
        self.group = group(membership.organization_id)
        await self.channel_layer.group_add(self.group, self.channel_name)
        # Accepted last: the page reads itself again when the socket opens, and no ring after that may be missed.
        await self.accept()

    def _membership(self, user: User) -> Any:
        return membership_of(user, self.scope["session"].get("organization"))

    async def disconnect(self, _code: int) -> None:
        """Stop listening."""
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content: Any, **_: Any) -> None:
        """Learn what the page listens to; send a ping the way that rings take, so that its answer says how late."""
        said = content if isinstance(content, dict) else {}
        if isinstance(watch := said.get("watch"), list):
            self.watched = frozenset(topic for topic in watch[:MOST_TOPICS] if isinstance(topic, str))
            await self.send_json({"watching": len(self.watched)})
        sent_at = said.get("ping")
        if isinstance(sent_at, float | int):
            await self.channel_layer.send(self.channel_name, {"type": "pong", "sent_at": float(sent_at)})

    async def pong(self, event: dict[str, Any]) -> None:
        """Give a ping back."""
        await self.send_json({"pong": event["sent_at"]})

    async def ring(self, event: dict[str, Any]) -> None:
        """Pass a ring on, as far as the page listens: hundreds of runs ring in a busy house, a page shows few."""
        topics = event["topics"]
        if self.watched is not None:
            topics = [topic for topic in topics if topic in self.watched]
        if topics:
            await self.send_json({"topics": topics})
