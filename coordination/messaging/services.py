"""Keep messages, many at once: each with its record, within the limits of its run."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from coordination.audit.services import Addition, Entry, append_all
from coordination.engine.proof.canonical import digest_of
from coordination.messaging.counting import Counts
from coordination.messaging.errors import TooManyMessages
from coordination.messaging.letters import Letter
from coordination.messaging.models import Message
from coordination.shared.clock import now
from coordination.shared.ids import new_id
from coordination.shared.json import JsonObject
from coordination.shared.live import ring
from coordination.shared.writing import insert

# What was kept of a letter, or why it was not.
Kept: TypeAlias = Message | TooManyMessages
_Name = tuple[UUID, str, str]


def stream_of(run_id: UUID) -> str:
    """Return the stream that tells which messages a run's agents sent; not what they say."""
    return f"messages:{run_id}"


def keep(
    organization_id: UUID,
    letters: Sequence[Letter],
    versions: Mapping[str, int],
    denied: Sequence[tuple[Letter, str]] = (),
) -> list[Kept]:
    """Keep letters of one organization in the surrounding transaction, and return what became of each, in their order.

    1. What was sent under the same key before is not kept twice: it is the message that is there.
    2. A run takes so many messages, and each edge of it so many in a minute; what is beyond is refused.
    3. A record tells who wrote to whom, of what kind, and the digest of what was said. `versions` are the senders'.
    4. What policies `denied`, and why, goes on record with it.
    """
    moment = now()
    counts = Counts(organization_id, letters, moment)
    sent = _sent_before(letters)
    kept: list[Kept] = []
    for letter in letters:
        name = (letter.run_id, letter.sender, letter.key)
        found: Kept | None = sent.get(name) if letter.key else None
        if found is None:
            why = counts.refusal(letter)
            found = TooManyMessages(why=why) if why else _message(organization_id, letter, moment)
            if isinstance(found, Message):
                counts.count(letter)
                if letter.key:
                    sent[name] = found
        kept.append(found)
    new = list({id(one): one for one in kept if isinstance(one, Message) and one.created_at == moment}.values())
    _place_in_conversations(new)
    insert(new)
    counts.save()
    _record(organization_id, new, [*denied, *counts.refused], versions)
    for run_id in sorted({one.run_id for one in new}):
        ring(organization_id, f"messages-{run_id}")
    return kept


def _message(organization_id: UUID, letter: Letter, moment: datetime) -> Message:
    message_id = new_id()
    return Message(
        id=message_id,
        organization_id=organization_id,
        run_id=letter.run_id,
        conversation=message_id,
        in_reply_to=letter.in_reply_to,
        sender=letter.sender,
        step_key=letter.step_key,
        address=letter.address,
        performative=letter.performative,
        content=letter.content,
        priority=letter.priority,
        key=letter.key,
        created_at=moment,
        expires_at=letter.expires_at,
    )


def _sent_before(letters: Sequence[Letter]) -> dict[_Name, Message]:
    """Return what was sent under the same keys before."""
    keyed = [letter for letter in letters if letter.key]
    if not keyed:
        return {}
    found = Message.objects.filter(
        run_id__in={one.run_id for one in keyed},
        sender__in={one.sender for one in keyed},
        key__in={o.key for o in keyed},
    )
    return {(one.run_id, one.sender, one.key): one for one in found}


def _place_in_conversations(messages: Sequence[Message]) -> None:
    """Let answers belong to the conversation of what they answer; an answer to nothing begins one of its own."""
    asked = {one.in_reply_to for one in messages if one.in_reply_to}
    if not asked:
        return
    own = {(one.run_id, one.id): one for one in messages}
    there = {(one.run_id, one.id): one for one in Message.objects.filter(pk__in=asked)} | own
    for message in messages:
        before = there.get((message.run_id, message.in_reply_to)) if message.in_reply_to else None
        if before is not None:
            message.conversation = before.conversation
        else:
            message.in_reply_to = None


def _record(
    organization_id: UUID,
    messages: Sequence[Message],
    refused: Sequence[tuple[Letter, str]],
    versions: Mapping[str, int],
) -> None:
    entries: dict[UUID, list[Entry]] = {}
    for one in messages:
        entries.setdefault(one.run_id, []).append(
            Entry(
                "MessageSent", _said(one), object=_place(one.run_id, one.step_key), actor=_actor(one.sender, versions)
            )
        )
    for letter, why in refused:
        data: JsonObject = {"to": letter.address, "why": why}
        place, actor = _place(letter.run_id, letter.step_key), _actor(letter.sender, versions)
        entries.setdefault(letter.run_id, []).append(Entry("MessageRefused", data, object=place, actor=actor))
    append_all([Addition(organization_id, stream_of(run_id), "system", entries[run_id]) for run_id in sorted(entries)])


def _said(message: Message) -> JsonObject:
    """Return what a record says of a message: not its words."""
    return {
        "message": str(message.id),
        "to": message.address,
        "performative": message.performative,
        "conversation": str(message.conversation),
        "in_reply_to": str(message.in_reply_to or ""),
        "sha256": digest_of(message.content),
    }


def _place(run_id: UUID, step_key: str) -> str:
    return f"run:{run_id}/step:{step_key}" if step_key else f"run:{run_id}"


def _actor(sender: str, versions: Mapping[str, int]) -> str:
    return f"agent:{sender}@{versions[sender]}" if sender in versions else f"agent:{sender}"
