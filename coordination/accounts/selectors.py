"""Who is who, and may this person do it?"""

import hashlib

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet

from coordination.accounts.errors import RightMissing
from coordination.accounts.models import ApiToken, Membership, Organization, User
from coordination.accounts.rights import RIGHTS_OF_ROLE, ROLE_THAT_HAS, Right
from coordination.shared.clock import now
from coordination.shared.errors import NotFound


def organization_named(slug: str) -> Organization:
    """Return an organization by its slug; raises NotFound."""
    try:
        return Organization.objects.get(slug=slug)
    except Organization.DoesNotExist:
        raise NotFound(kind="organization", name=slug) from None


def membership_of(user: User, slug: str | None = None) -> Membership | None:
    """Return the person's membership in the named organization, or their first one."""
    memberships = Membership.objects.select_related("organization", "user").filter(user=user, user__is_active=True)
    if slug is not None:
        memberships = memberships.filter(organization__slug=slug)
    return memberships.order_by("created_at").first()


def members(organization: Organization) -> QuerySet[Membership]:
    """Return the organization's people by name."""
    return organization.memberships.select_related("user").order_by("user__username")


def members_with_sign_in(organization: Organization) -> QuerySet[Membership]:
    """Return the organization's people by name, each with `has_passkey`."""
    keys = Authenticator.objects.filter(user=OuterRef("user"), type=Authenticator.Type.WEBAUTHN)
    return members(organization).annotate(has_passkey=Exists(keys))


def member_named(organization: Organization, username: str) -> Membership:
    """Return a member by username; raises NotFound."""
    found = members_with_sign_in(organization).filter(user__username=username).first()
    if found is None:
        raise NotFound(kind="member", name=username)
    return found


def person_invited_as(email: str) -> User | None:
    """Return the one person whom an admin added under this address, or None where there is none, or more than one."""
    people = User.objects.filter(email__iexact=email, is_active=True, memberships__isnull=False).distinct()
    found = [one for one in people if _is_same_address(one.email, email)]
    return found[0] if len(found) == 1 else None


def _is_same_address(one: str, other: str) -> bool:
    """Compare two addresses; letters beyond ASCII can become equal by changing their case, and are not."""
    return one == other or (one.isascii() and other.isascii() and one.lower() == other.lower())


def rights_of(membership: Membership) -> frozenset[Right]:
    """Return everything the member may do."""
    return frozenset().union(*(RIGHTS_OF_ROLE[role] for role in membership.roles))


def may(membership: Membership, right: Right) -> bool:
    """Tell whether the member may do this."""
    return right in rights_of(membership)


def require(membership: Membership, right: Right) -> None:
    """Raise RightMissing unless the member may do this."""
    if not may(membership, right):
        raise RightMissing(needed=ROLE_THAT_HAS[right])


def token_digest(raw: str) -> str:
    """Return what is stored of a token: it has 256 random bits, so one fast hash is enough."""
    return hashlib.sha256(raw.encode()).hexdigest()


def authenticate_token(raw: str) -> tuple[ApiToken, Membership] | None:
    """Return the live token and its member, or None."""
    token = (
        ApiToken.objects.select_related("organization", "user")
        .filter(Q(expires_at=None) | Q(expires_at__gt=now()), digest=token_digest(raw), revoked_at=None)
        .first()
    )
    if token is None:
        return None
    membership = membership_of(token.user, token.organization.slug)
    return (token, membership) if membership else None


def sessions_of(user: User) -> list[UserSession]:
    """Return where a person is signed in, the newest first; what has ended since is left out."""
    known = UserSession.objects.filter(user=user).order_by("-created_at")
    alive = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now())
    return list(known.filter(Exists(alive)))


def tokens_of(membership: Membership) -> QuerySet[ApiToken]:
    """Return the member's own tokens, newest first."""
    return ApiToken.objects.filter(organization_id=membership.organization_id, user_id=membership.user_id).order_by(
        "-created_at"
    )
