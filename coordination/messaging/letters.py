"""What a message says and whom it is for, before it is kept."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from coordination.engine.keepable import unfit_to_keep
from coordination.messaging.errors import AddressInvalid, MessageUnfit
from coordination.shared.json import Json

# Source: FIPA Communicative Act Library Specification, SC00037J, 2002.
PERFORMATIVES: Final = (
    "accept-proposal", "agree", "cancel", "cfp", "confirm", "disconfirm", "failure", "inform", "inform-if",
    "inform-ref", "not-understood", "propagate", "propose", "proxy", "query-if", "query-ref", "refuse",
    "reject-proposal", "request", "request-when", "request-whenever", "subscribe",
)  # fmt: skip
EVERYONE: Final = "all"
LARGEST_BYTES: Final = 64 * 1024
LONGEST_KEY: Final = 100
HIGHEST_PRIORITY: Final = 9
_ADDRESS = re.compile(r"all|(?:agent|role|capability|topic):[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True)
class Letter:
    """A message of an agent; an address names an agent, a role, a capability, a topic or all."""

    run_id: UUID
    sender: str
    address: str
    content: Json
    performative: str = "inform"
    step_key: str = ""
    in_reply_to: UUID | None = None
    priority: int = 5
    key: str = ""
    expires_at: datetime | None = None

    @property
    def edge(self) -> tuple[UUID, str, str]:
        """Return between whom it goes."""
        return self.run_id, self.sender, self.address


@dataclass(frozen=True, slots=True)
class Box:
    """Whose messages are looked for: an agent at work on a step, and under which addresses it is reached."""

    organization_id: UUID
    run_id: UUID
    agent: str
    step_key: str
    addresses: Sequence[str]


def checked(letter: Letter) -> Letter:
    """Return the letter if it can be kept; raises AddressInvalid, MessageUnfit."""
    if not _ADDRESS.fullmatch(letter.address):
        raise AddressInvalid(address=letter.address[:80])
    if letter.performative not in PERFORMATIVES:
        raise MessageUnfit(problem=f"{letter.performative[:40]} is no performative: one of {', '.join(PERFORMATIVES)}")
    if not 0 <= letter.priority <= HIGHEST_PRIORITY:
        raise MessageUnfit(problem=f"its priority is not between 0 and {HIGHEST_PRIORITY}")
    if len(letter.key) > LONGEST_KEY:
        raise MessageUnfit(problem=f"its key has more than {LONGEST_KEY} characters")
    if why := unfit_to_keep(letter.content, LARGEST_BYTES):
        raise MessageUnfit(problem=why)
    return letter


def addresses_of(agent: str, role: str, capabilities: Iterable[str], topics: Iterable[str] = ()) -> list[str]:
    """Return under which addresses an agent is reached; `topics` are those that it listens to."""
    found = [EVERYONE, f"agent:{agent}", *(f"capability:{one}" for one in capabilities)]
    return [*found, *([f"role:{role}"] if role else []), *(f"topic:{one}" for one in topics)]
