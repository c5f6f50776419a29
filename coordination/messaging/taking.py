"""Give an agent what is for it, and note that it was given, in one statement."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from coordination.messaging.letters import Box
from coordination.messaging.results import AgentMessage
from coordination.shared.clock import now
from coordination.shared.ids import new_id_at
from coordination.shared.pipeline import execute

# A message that is being kept may appear behind one that was made after it, by no more than this.
OVERLAP: Final = timedelta(seconds=5)
MOST_AT_ONCE: Final = 200
_FIRST: Final = UUID(int=0)

# A receipt that is lost with the power says at worst that a message was not given before: nobody waits for the disk.
_TAKE = """
    WITH quick AS (SELECT set_config('synchronous_commit', 'off', true)),
    found AS (
        SELECT id, sender, content, performative, address, conversation, in_reply_to, priority, created_at
        FROM messaging_message
        WHERE organization_id = %(organization)s AND run_id = %(run)s AND address = ANY(%(addresses)s)
            AND id > %(after)s AND sender <> %(agent)s AND (expires_at IS NULL OR expires_at > %(now)s)
            AND id <> ALL(%(seen)s) AND (%(answering)s::uuid IS NULL OR in_reply_to = %(answering)s)
        ORDER BY priority DESC, id LIMIT %(limit)s
    ), given AS (
        INSERT INTO messaging_receipt (message_id, run_id, agent, step_key, given_at)
        SELECT found.id, %(run)s, %(agent)s, %(step)s, %(now)s FROM found, quick
        ON CONFLICT DO NOTHING RETURNING message_id
    )
    SELECT found.id, sender, content, performative, address, conversation, in_reply_to, priority, created_at,
        given.message_id IS NULL AS again
    FROM found LEFT JOIN given ON given.message_id = found.id ORDER BY priority DESC, found.id
"""


def floor_of(moment: datetime) -> UUID:
    """Return before which identifier nothing can still appear that is kept as of a moment."""
    return new_id_at(int((moment - OVERLAP).timestamp() * 1e9))


def take(
    box: Box,
    *,
    after: datetime | None = None,
    seen: Collection[UUID] = (),
    answering: UUID | None = None,
    limit: int = MOST_AT_ONCE,
) -> list[AgentMessage]:
    """Return messages of others that are for the agent and still hold, the most urgent first, and note who has them.

    `after` leaves out old ones; what was kept a moment before it is there, without what was `seen`.
    """
    floor = floor_of(after) if after else _FIRST
    asked = {
        "organization": box.organization_id, "run": box.run_id, "addresses": list(box.addresses), "after": floor,
        "agent": box.agent, "step": box.step_key, "now": now(), "seen": list(seen), "answering": answering,
        "limit": limit,
    }  # fmt: skip
    with execute(_TAKE, asked) as found:
        return [_given(row) for row in found.fetchall()]


def _given(row: tuple[Any, ...]) -> AgentMessage:
    message_id, sender, content, performative, address, conversation, answered, priority, sent_at, again = row
    return AgentMessage(
        id=str(message_id),
        sender=sender,
        # Django lets JSON come as text.
        content=None if content is None else orjson.loads(content),
        performative=performative,
        to=address,
        conversation=str(conversation),
        in_reply_to=str(answered or ""),
        priority=priority,
        sent_at=sent_at.isoformat(),
        again=again,
    )
