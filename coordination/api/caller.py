"""Who asks, and what they may do: the member's rights, narrowed by the token's scopes."""

from dataclasses import dataclass

from rest_framework.request import Request

from coordination.accounts.actors import Actor
from coordination.accounts.errors import RightMissing
from coordination.accounts.models import Membership, Organization
from coordination.accounts.rights import Right
from coordination.accounts.selectors import require, rights_of
from coordination.shared.errors import Forbidden


class ScopeMissing(Forbidden):
    """This token does not allow this; it needs the scope {needed}."""

    code = "scope-missing"


@dataclass(frozen=True, slots=True)
class Caller:
    """A member, through a session or a token; no scopes means all the member's rights."""

    membership: Membership
    scopes: frozenset[str] = frozenset()
    # How sure it is that it is them: by what they signed in with.
    auth: str = ""

    @property
    def organization(self) -> Organization:
        """Return the organization whose things the caller sees."""
        return self.membership.organization

    @property
    def actor(self) -> Actor:
        """Return how the audit log names the caller."""
        return Actor.of(self.membership)

    @property
    def rights(self) -> frozenset[Right]:
        """Return everything the caller may do."""
        held = rights_of(self.membership)
        return frozenset(right for right in held if right in self.scopes) if self.scopes else held

    def require(self, right: Right) -> None:
        """Raise RightMissing or ScopeMissing unless the caller may do this."""
        require(self.membership, right)
        if right not in self.rights:
            raise ScopeMissing(needed=right.value)


def caller_of(request: Request) -> Caller:
    """Return who asks; raises RightMissing when nobody was authenticated."""
    if not isinstance(request.auth, Caller):
        raise RightMissing(needed="of a member")
    return request.auth
