"""What changes about organizations, people and tokens."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from coordination.accounts.errors import EmailTaken, ScopeUnknown
from coordination.accounts.models import ApiToken, Membership, Organization, User
from coordination.accounts.rights import Right
from coordination.accounts.selectors import token_digest
from coordination.shared.clock import now

TOKEN_PREFIX = "co_"
_SHOWN = 10


def create_organization(slug: str, name: str) -> Organization:
    """Create an organization, or return the one that has this slug."""
    return Organization.objects.get_or_create(slug=slug, defaults={"name": name})[0]


def add_member(
    organization: Organization,
    username: str,
    roles: Sequence[str],
    *,
    groups: Sequence[str] = (),
    password: str = "",
    email: str = "",
) -> Membership:
    """Make a person a member with these roles and groups, creating them when they are new; raises EmailTaken.

    Password and address are for who is new: nobody changes those of a person that others know already.
    """
    with transaction.atomic():
        user, created = User.objects.get_or_create(username=username)
        if created:
            user.set_password(password or None)
            user.email = free_address(email)
            user.save()
        membership, _ = Membership.objects.update_or_create(
            organization=organization, user=user, defaults={"roles": list(roles), "groups": list(groups)}
        )
    return membership


def free_address(email: str) -> str:
    """Return an address that nobody else has, as people are found by it; raises EmailTaken."""
    if email and User.objects.filter(email__iexact=email).exists():
        raise EmailTaken(email=email)
    return email


def create_token(
    membership: Membership, name: str, scopes: Sequence[str] = (), *, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Create a token and return it with its secret, which is shown once; no scopes means all the member's rights."""
    known = [right.value for right in Right]
    for scope in scopes:
        if scope not in known:
            raise ScopeUnknown(scope=scope, known=", ".join(known))
    raw = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        organization_id=membership.organization_id,
        user_id=membership.user_id,
        name=name,
        prefix=raw[:_SHOWN],
        digest=token_digest(raw),
        scopes=list(scopes),
        expires_at=expires_at,
    )
    return token, raw


def revoke_token(token: ApiToken) -> None:
    """Make a token useless from now on."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now())
