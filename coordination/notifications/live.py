"""What one person's browser listens for."""

from collections.abc import Iterable
from uuid import UUID

from coordination.shared.live import ring


def topic_for(member: UUID) -> str:
    """Return what is rung when a member's inbox changes."""
    return f"inbox-{member.hex}"


def ring_for(organization: UUID, people: Iterable[UUID]) -> None:
    """Let the browsers of these members read their inboxes again."""
    if topics := sorted({topic_for(member) for member in people}):
        ring(organization, *topics)
