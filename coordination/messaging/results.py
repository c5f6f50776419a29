"""A message as an agent gets it: plain values, so that an agent needs no database to be tested."""

from dataclasses import dataclass

from coordination.shared.json import Json


@dataclass(frozen=True, slots=True)
class AgentMessage:
    """What another agent of the run said; `again` tells that this step was given it before, in an earlier attempt."""

    id: str
    sender: str
    content: Json
    performative: str = "inform"
    to: str = "all"
    conversation: str = ""
    in_reply_to: str = ""
    priority: int = 5
    sent_at: str = ""
    again: bool = False
