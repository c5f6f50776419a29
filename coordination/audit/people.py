"""Changes of people and their tokens that leave a record: accounts lies below the audit log and cannot write there."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from coordination.accounts import services
from coordination.accounts.actors import Actor
from coordination.accounts.errors import AlreadyMember, LastAdmin
from coordination.accounts.models import ApiToken, MemberRole, Membership, Organization
from coordination.audit.services import Entry, append
from coordination.shared.json import Json, JsonObject

STREAM = "accounts"


@transaction.atomic
def issue_token(
    membership: Membership, name: str, actor: Actor, scopes: Sequence[str] = (), *, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Create a token of the member and return it with its secret, which is shown once; raises ScopeUnknown."""
    token, raw = services.create_token(membership, name, scopes, expires_at=expires_at)
    listed: list[Json] = list(token.scopes)
    details: JsonObject = {"name": name, "of": membership.user.username, "scopes": listed, "begins": token.prefix}
    _record(membership.organization, actor, "TokenCreated", f"token:{token.id}", details)
    return token, raw


@transaction.atomic
def withdraw_token(token: ApiToken, actor: Actor) -> None:
    """Make a token useless from now on; doing it again changes nothing."""
    locked = ApiToken.objects.select_for_update().get(pk=token.pk)
    if locked.revoked_at is not None:
        return
    services.revoke_token(locked)
    _record(token.organization, actor, "TokenRevoked", f"token:{token.id}", {"name": token.name})


@transaction.atomic
def admit_member(
    organization: Organization,
    username: str,
    roles: Sequence[str],
    groups: Sequence[str],
    actor: Actor,
    *,
    password: str = "",
    email: str = "",
) -> Membership:
    """Make a person a member; raises AlreadyMember, EmailTaken."""
    if Membership.objects.filter(organization=organization, user__username=username).exists():
        raise AlreadyMember(username=username)
    membership = services.add_member(organization, username, roles, groups=groups, password=password, email=email)
    _record(organization, actor, "MemberAdded", f"user:{username}", {"roles": [*roles], "groups": [*groups]})
    return membership


@transaction.atomic
def change_member(membership: Membership, roles: Sequence[str], groups: Sequence[str], actor: Actor) -> Membership:
    """Give a member these roles and groups; raises LastAdmin."""
    before: JsonObject = {"roles": [*membership.roles], "groups": [*membership.groups]}
    after: JsonObject = {"roles": [*roles], "groups": [*groups]}
    if before == after:
        return membership
    if MemberRole.ADMIN not in roles:
        _keep_an_admin(membership)
    membership.roles, membership.groups = list(roles), list(groups)
    membership.save(update_fields=["roles", "groups"])
    about = f"user:{membership.user.username}"
    _record(membership.organization, actor, "MemberChanged", about, {"before": before, "after": after})
    return membership


@transaction.atomic
def dismiss_member(membership: Membership, actor: Actor) -> None:
    """End a membership, and with it the use of the member's tokens; raises LastAdmin."""
    _keep_an_admin(membership)
    about = f"user:{membership.user.username}"
    membership.delete()
    _record(membership.organization, actor, "MemberRemoved", about, {"roles": [*membership.roles]})


def _keep_an_admin(leaving: Membership) -> None:
    """Refuse to leave an organization without an admin; of two admins who go at once, one stays."""
    admins = Membership.objects.select_for_update().filter(
        organization_id=leaving.organization_id, roles__contains=[MemberRole.ADMIN]
    )
    if {admin.pk for admin in admins.order_by("pk")} == {leaving.pk}:
        raise LastAdmin


def _record(organization: Organization, actor: Actor, kind: str, about: str, data: JsonObject) -> None:
    append(organization.id, STREAM, actor, [Entry(kind, data, object=about)])
