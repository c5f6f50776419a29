"""Send messages of agents: decided by policy, kept with their records, many in one transaction.

Whoever sends waits until his message is committed. The first who finds nobody writing writes for all who wait, and
hands on to the next who waits.
"""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db import IntegrityError, transaction

from coordination.engine.rules.hooks import MESSAGE
from coordination.messaging import doorbell
from coordination.messaging.letters import Letter, checked
from coordination.messaging.models import Message
from coordination.messaging.services import Kept, keep
from coordination.policies.selectors import stamp_of
from coordination.policies.services import Decision, bulk_record, has_rules_for
from coordination.runs.errors import MessageDenied
from coordination.shared.json import Json

MOST_TOGETHER = 500

# How policies decide about a letter; they are asked only where they have rules for messages.
Judge = Callable[[Letter, UUID], Decision]


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter to be sent, who sends it in which version, and how policies are asked."""

    organization_id: UUID
    letter: Letter
    version: int | None
    judge: Judge


def post(posted: Posted) -> Message:
    """Send a letter and return its message; raises AddressInvalid, MessageUnfit, MessageDenied, TooManyMessages."""
    checked(posted.letter)
    return _office.post(posted)


@dataclass(slots=True)
class _Waiting:
    posted: Posted
    turn: threading.Event = field(default_factory=threading.Event)
    came: Message | Exception | None = None


class _Office:
    """Where the letters of a process wait for each other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._is_writing = False

    def post(self, posted: Posted) -> Message:
        own = _Waiting(posted)
        with self._lock:
            self._waiting.append(own)
            is_first, self._is_writing = not self._is_writing, True
        if not is_first:
            own.turn.wait()
        if own.came is None:
            self._write_all()
        assert own.came is not None  # noqa: S101  (whoever has the turn writes his own letter with the others)
        if isinstance(own.came, Exception):
            raise own.came
        return own.came

    def _write_all(self) -> None:
        """Write what waits, and let the next who came meanwhile do the same."""
        with self._lock:
            batch, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
        try:
            _write(batch)
        except BaseException as error:
            failure = error if isinstance(error, Exception) else RuntimeError("The process ends.")
            for one in batch:
                one.came = one.came or failure
            raise
        finally:
            for one in batch:
                one.turn.set()
            with self._lock:
                self._is_writing = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].turn.set()


_office = _Office()


def _write(batch: Sequence[_Waiting]) -> None:
    try:
        came = _kept_all([one.posted for one in batch])
    except IntegrityError:
        # Another process sent one of them under its key at this moment: now it is there to be seen.
        came = _kept_all([one.posted for one in batch])
    for one, result in zip(batch, came, strict=True):
        one.came = result


@transaction.atomic
def _kept_all(batch: Sequence[Posted]) -> list[Message | Exception]:
    came: list[Message | Exception | None] = [None] * len(batch)
    for organization_id in sorted({one.organization_id for one in batch}):
        own = [at for at, one in enumerate(batch) if one.organization_id == organization_id]
        letters, decisions = _judged(organization_id, [batch[at] for at in own])
        bulk_record(decisions)
        left = [(at, letter) for at, letter in zip(own, letters, strict=True) if isinstance(letter, Letter)]
        versions = {batch[at].letter.sender: version for at in own if (version := batch[at].version) is not None}
        denied = [(at, one) for at, one in zip(own, letters, strict=True) if isinstance(one, MessageDenied)]
        refused = [(batch[at].letter, str(error)) for at, error in denied]
        kept: list[Kept] = keep(organization_id, [letter for _, letter in left], versions, refused)
        for at, error in denied:
            came[at] = error
        for (at, _), result in zip(left, kept, strict=True):
            came[at] = result
    doorbell.ring_for({(one.run_id, one.address) for one in came if isinstance(one, Message)})
    return [one for one in came if one is not None]


def _judged(organization_id: UUID, batch: Sequence[Posted]) -> tuple[list[Letter | MessageDenied], list[Decision]]:
    """Return each letter as policies leave it, or why it may not be sent, and what was decided."""
    stamp = stamp_of(organization_id)
    if not has_rules_for(organization_id, MESSAGE, stamp):
        return [one.letter for one in batch], []
    decisions = [one.judge(one.letter, stamp) for one in batch]
    return [_as_decided(one.letter, decided) for one, decided in zip(batch, decisions, strict=True)], decisions


def _as_decided(letter: Letter, decision: Decision) -> Letter | MessageDenied:
    if decision.outcome != "allow":
        said = " ".join(reason.message_to_agent for reason in decision.reasons)
        return MessageDenied(why=said or "Policy does not allow this message.")
    return replace(letter, content=_left_of(letter.content, decision.content)) if decision.places else letter


def _left_of(content: Json, text: str) -> Json:
    """Return what rules left of a message's text; of one that was more than text, as long as it can be read."""
    if isinstance(content, str):
        return text
    try:
        left: Json = json.loads(text)
    except ValueError:
        return text
    return left
