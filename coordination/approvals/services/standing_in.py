"""Somebody lets another person decide in their place for a while, and ends it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Membership, Organization
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may, members, require
from coordination.approvals.errors import DelegationOver, DelegationUnfit, DelegationUnknown
from coordination.approvals.models import Band, DelegationRule
from coordination.approvals.services.ruling import STREAM
from coordination.audit.services import Entry, append
from coordination.shared.clock import now
from coordination.shared.errors import FieldError
from coordination.shared.json import Json, JsonObject
from coordination.shared.live import ring

LONGEST = timedelta(days=366)
_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Who decides in whose place, from when to when, why, and what of it; an empty scope is everything."""

    giver: str
    taker: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    bands: Sequence[str] = ()
    operations: Sequence[str] = ()
    agents: Sequence[str] = ()


@transaction.atomic
def make_delegation(membership: Membership, wish: Wish) -> DelegationRule:
    """Let somebody decide in a member's place; for others than oneself, admins alone. Raises DelegationUnfit."""
    organization = membership.organization
    if wish.giver != membership.user.username:
        require(membership, Right.OVERSIGHT_EDIT)
    giver, taker = _person(organization, wish.giver, "/from"), _person(organization, wish.taker, "/to")
    _check(wish, giver, taker)
    rule = DelegationRule.objects.create(
        organization=organization,
        giver=giver.user,
        taker=taker.user,
        bands=list(wish.bands),
        operations=list(wish.operations),
        agents=list(wish.agents),
        starts_at=wish.starts_at,
        ends_at=wish.ends_at,
        reason=wish.reason.strip(),
        created_by=membership.user.username,
        created_at=now(),
    )
    _record(rule, "DelegationMade", Actor.of(membership), _said(rule))
    return rule


@transaction.atomic
def end_delegation(membership: Membership, rule: DelegationRule) -> DelegationRule:
    """End a rule at once, as whoever gave or took it, or an admin; what was decided stays. Raises DelegationOver."""
    rows = DelegationRule.objects.select_related("giver", "taker", "organization").select_for_update(of=("self",))
    locked = rows.filter(pk=rule.pk, organization=membership.organization_id).first()
    if locked is None:
        raise DelegationUnknown(name=rule.pk)
    if membership.user_id not in (locked.giver_id, locked.taker_id):
        require(membership, Right.OVERSIGHT_EDIT)
    if locked.ended_at is not None or locked.ends_at <= now():
        raise DelegationOver
    locked.ended_at = now()
    locked.save(update_fields=["ended_at"])
    _record(locked, "DelegationEnded", Actor.of(membership), _said(locked))
    return locked


def _check(wish: Wish, giver: Membership, taker: Membership) -> None:
    """Refuse what would give nothing, or what could be forgotten; raises DelegationUnfit with every mistake."""
    wrong = []
    for who, at in ((giver, "/from"), (taker, "/to")):
        if not may(who, Right.APPROVAL_DECIDE):
            wrong.append(FieldError(at, f"{who.user.username}'s role does not decide approvals"))
    if giver.user_id == taker.user_id:
        wrong.append(FieldError("/to", "name someone else"))
    if not wish.reason.strip() or len(wish.reason) > _REASON:
        wrong.append(FieldError("/reason", f"say why, in {_REASON} characters at most"))
    if wish.ends_at <= max(wish.starts_at, now()):
        wrong.append(FieldError("/end", "it ends before it begins, or is over already"))
    elif wish.ends_at - wish.starts_at > LONGEST:
        wrong.append(FieldError("/end", f"it lasts {LONGEST.days} days at most"))
    unknown = [band for band in wish.bands if band not in Band.values]
    if unknown:
        wrong.append(FieldError("/bands", f"{unknown[0]} is not a risk; use {', '.join(Band.values)}"))
    if wrong:
        raise DelegationUnfit(errors=wrong, problem=f"{wrong[0].message[:1].upper()}{wrong[0].message[1:]}.")


def _person(organization: Organization, username: str, pointer: str) -> Membership:
    found = members(organization).filter(user__username=username, user__is_active=True).first()
    if found is None:
        problem = f"{username or 'nobody'} is not a member"
        raise DelegationUnfit(errors=[FieldError(pointer, problem)], problem=f"{problem[:1].upper()}{problem[1:]}.")
    return found


def _said(rule: DelegationRule) -> JsonObject:
    scope: dict[str, Json] = {name: list(getattr(rule, name)) for name in ("bands", "operations", "agents")}
    return {
        "delegation": str(rule.pk),
        "from": rule.giver.username,
        "to": [rule.taker.username],
        "scope": scope,
        "start": rule.starts_at.isoformat(),
        "end": rule.ends_at.isoformat(),
        "reason": rule.reason,
    }


def _record(rule: DelegationRule, kind: str, actor: Actor, about: JsonObject) -> None:
    append(rule.organization_id, STREAM, actor, [Entry(kind, about, object=f"delegation:{rule.pk}")])
    ring(rule.organization_id, "approvals", "queue")
