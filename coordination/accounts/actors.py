"""Who did it, as the audit log names them."""

from dataclasses import dataclass
from typing import Self

from coordination.accounts.models import Membership


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, an agent or the system itself; `str()` is what the audit log keeps."""

    kind: str
    name: str
    user_id: int | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

    @classmethod
    def of(cls, membership: Membership) -> Self:
        """Return the actor that a member is."""
        return cls("user", membership.user.username, membership.user_id)

    @classmethod
    def agent(cls, name: str, version: int) -> Self:
        """Return the actor that a version of an agent is."""
        return cls("agent", f"{name}@{version}")


SYSTEM = Actor("system", "coordination")
