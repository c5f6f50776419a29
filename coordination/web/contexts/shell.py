"""What stands around every page: navigation, who is signed in, how many questions wait for them."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.approvals.selectors import mine_first
from coordination.notifications.live import topic_for
from coordination.notifications.selectors import n_unread


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation."""

    name: str
    title: str
    icon: str
    path: str
    right: Right = Right.READ


GROUPS: tuple[tuple[str, tuple[Place, ...]], ...] = (
    (
        "",
        (
            Place("overview", "Overview", "overview", "/"),
            Place("runs", "Runs", "runs", "/runs/"),
            Place("approvals", "Approvals", "approvals", "/approvals/"),
        ),
    ),
    (
        "Design",
        (
            Place("agents", "Agents", "agents", "/agents/"),
            Place("workflows", "Workflows", "workflows", "/workflows/"),
            Place("triggers", "Triggers", "triggers", "/triggers/"),
            Place("knowledge", "Knowledge", "data", "/knowledge/"),
            Place("policies", "Policies", "policies", "/policies/"),
            Place("budgets", "Budgets", "budgets", "/budgets/"),
        ),
    ),
    (
        "Assurance",
        (
            Place("stops", "Stops", "stopped", "/stops/"),
            Place("risk", "Risk & bias", "risk", "/risk/"),
            Place("audit", "Audit", "audit", "/audit/", Right.AUDIT_READ),
            Place("reports", "Reports", "reports", "/reports/", Right.REPORT_MAKE),
        ),
    ),
    ("Organization", (Place("people", "People", "person", "/people/"),)),
)


_MOST_SHOWN = 99
# Rooms without an entry of their own.
WITH_ANOTHER = {
    "roles": "agents",
    "tools": "agents",
    "memory": "knowledge",
    "policy-library": "policies",
    "decisions": "policies",
    "bias": "risk",
    "bias-attributes": "risk",
}


@dataclass(frozen=True, slots=True)
class Group:
    """Entries of the navigation under one heading."""

    title: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Bell:
    """How much a member has not read, and what rings when that changes."""

    n: int
    shown: str
    rings: str

    @classmethod
    def of(cls, membership: Membership) -> "Bell":
        """Return it; asks the database once."""
        n = n_unread(membership)
        return cls(n, str(n) if n <= _MOST_SHOWN else f"{_MOST_SHOWN}+", topic_for(membership.pk))


@dataclass(frozen=True, slots=True)
class Shell:
    """The frame of a page for one member."""

    groups: tuple[Group, ...]
    here: str
    organization: str
    person: str
    initials: str
    roles: str
    # Whether questions are put to them at all: nobody else's pages ask how many wait.
    decides: bool
    n_waiting: int
    bell: Bell
    halted_at: datetime | None

    @classmethod
    def of(cls, membership: Membership, path: str) -> "Shell":
        """Return the frame; asks the database once for each badge."""
        user = membership.user
        name = user.get_full_name() or user.username
        decides = may(membership, Right.APPROVAL_DECIDE)
        return cls(
            groups=tuple(
                Group(title, tuple(place for place in places if may(membership, place.right)))
                for title, places in GROUPS
            ),
            here=_room(path),
            organization=membership.organization.name,
            person=name,
            initials=_initials(name),
            roles=", ".join(membership.roles),
            halted_at=membership.organization.halted_at,
            decides=decides,
            n_waiting=mine_first(membership).count() if decides else 0,
            bell=Bell.of(membership),
        )


def _room(path: str) -> str:
    """Return the place in the navigation that an address belongs to."""
    first = path.split("/")[1]
    return f"/{WITH_ANOTHER.get(first, first)}/" if first else "/"


def _initials(name: str) -> str:
    first, *others = name.split()
    return (first[0] + others[-1][0] if others else first[:2]).upper()


def shell(request: HttpRequest) -> dict[str, object]:
    """Give every template the frame, computed when asked for: a part of a page needs none."""
    membership = getattr(request, "membership", None)
    if not isinstance(membership, Membership):
        return {"shell": None}
    return {"shell": SimpleLazyObject(lambda: Shell.of(membership, request.path))}
