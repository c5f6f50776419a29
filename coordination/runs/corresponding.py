"""What an agent at work writes to others of its run, and what it is given of theirs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Unpack
from uuid import UUID

from coordination.adapters.letters import Letters, Sending
from coordination.adapters.ports import AgentFailed
from coordination.agents.models import Agent
from coordination.messaging.doorbell import Bell
from coordination.messaging.errors import MessageUnknown
from coordination.messaging.letters import Box, Letter, addresses_of
from coordination.messaging.models import Message
from coordination.messaging.results import AgentMessage
from coordination.messaging.selectors import message_in
from coordination.messaging.taking import floor_of, take
from coordination.policies.services import Decision
from coordination.runs.access import AccessGuard
from coordination.runs.posting import Posted, post
from coordination.runs.work import AgentWork
from coordination.shared.clock import now
from coordination.shared.errors import CoordinationError
from coordination.shared.json import Json


class Correspondence(Letters):
    """The letters of one agent for one attempt: each of the others' is given to it once."""

    def __init__(self, work: AgentWork, guard: AccessGuard) -> None:
        self._work, self._guard = work, guard
        self._seen: set[UUID] = set()
        self._newest: datetime | None = None
        self._topics: set[str] = set()

    def bell(self, topics: Sequence[str] = ()) -> Bell:
        """Return what rings when somebody writes to this agent, or on one of the topics."""
        return Bell(self._work.run_id, self._reached(topics))

    def send(self, to: str, content: Json, performative: str = "inform", **about: Unpack[Sending]) -> str:
        """Send a message and return its identifier; raises AgentFailed with the code of what is wrong."""
        try:
            return str(self.write(to, content, performative, **about).pk)
        except CoordinationError as error:
            raise AgentFailed(error.code, str(error)) from error

    def write(self, to: str, content: Json, performative: str = "inform", **about: Unpack[Sending]) -> Message:
        """Send a message and return it; raises AddressInvalid, MessageUnfit, MessageDenied, TooManyMessages."""
        work, key, ttl_s, answered = self._work, about.get("key", ""), about.get("ttl_s"), about.get("in_reply_to")
        letter = Letter(
            run_id=work.run_id,
            sender=work.task.agent,
            address=to,
            content=content,
            performative=performative,
            step_key=work.step_key,
            in_reply_to=_identifier(answered) if answered else None,
            priority=about.get("priority", 5),
            key=key and f"{work.step_key}#{key}",
            expires_at=now() + timedelta(seconds=ttl_s) if ttl_s is not None else None,
        )
        version = self._agent.version if self._agent is not None else None
        return post(Posted(work.organization_id, letter, version, self._judge))

    def reply(self, message_id: str, content: Json, performative: str = "inform") -> str:
        """Answer a message of this run, to whoever sent it; raises AgentFailed."""
        try:
            asked = message_in(self._work.organization_id, self._work.run_id, _identifier(message_id))
        except MessageUnknown as error:
            raise AgentFailed(error.code, str(error)) from error
        return self.send(f"agent:{asked.sender}", content, performative, in_reply_to=message_id)

    def look(self, topics: Sequence[str] = (), limit: int = 50, in_reply_to: str = "") -> list[AgentMessage]:
        """Return what others wrote that this attempt was not given yet, the most urgent first."""
        if in_reply_to:
            return self._noted(take(self._box(()), seen=self._seen, answering=_identifier(in_reply_to), limit=limit))
        # Who begins to listen to a topic wants what was said there before, too.
        new = [f"topic:{one}" for one in topics if one not in self._topics]
        self._topics.update(topics)
        found = self._noted(take(replace(self._box(()), addresses=new), seen=self._seen, limit=limit)) if new else []
        more = self._noted(take(self._box(topics), after=self._newest, seen=self._seen, limit=limit - len(found)))
        if len(found) + len(more) < limit and more:
            self._newest = datetime.fromisoformat(max(one.sent_at for one in more))
            floor = floor_of(self._newest)
            self._seen = {one for one in self._seen if one >= floor}
        return sorted([*found, *more], key=lambda one: (-one.priority, one.id))

    def _box(self, topics: Sequence[str]) -> Box:
        work = self._work
        return Box(work.organization_id, work.run_id, work.task.agent, work.step_key, self._reached(topics))

    def _noted(self, found: list[AgentMessage]) -> list[AgentMessage]:
        self._seen.update(UUID(one.id) for one in found)
        return found

    def _reached(self, topics: Sequence[str]) -> list[str]:
        """Return under which addresses the agent is reached."""
        agent = self._agent
        if agent is None:
            return addresses_of(self._work.task.agent, "", (), topics)
        return addresses_of(agent.name, agent.role_name, agent.capabilities, topics)

    @cached_property
    def _agent(self) -> Agent | None:
        found = Agent.objects.filter(organization_id=self._work.organization_id, name=self._work.task.agent)
        return found.only("name", "version", "role_name", "capabilities").first()

    def _judge(self, letter: Letter, stamp: UUID) -> Decision:
        about = {
            "message.sender": letter.sender,
            "message.recipient": letter.address,
            "message.kind": letter.performative,
        }
        return self._guard.message(about, letter.content, stamp)


def _identifier(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise MessageUnknown(name=text[:40]) from None
