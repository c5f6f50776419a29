"""Who is who, and may this person do it?"""

import hashlib

from django.db.models import Q, QuerySet

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


def tokens_of(membership: Membership) -> QuerySet[ApiToken]:
    """Return the member's own tokens, newest first."""
    return ApiToken.objects.filter(organization_id=membership.organization_id, user_id=membership.user_id).order_by(
        "-created_at"
    )
