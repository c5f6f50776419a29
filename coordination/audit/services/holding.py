"""Keep what a court, an inquiry or a dispute may ask for: no retention and no erasure passes a hold."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit.errors import HoldInvalid, HoldLifted
from coordination.audit.models import AuditHold, AuditStream, AuditSubject, HoldScope
from coordination.audit.services.append import Entry, append
from coordination.audit.stream import STREAM
from coordination.shared.clock import now
from coordination.shared.json import JsonObject


@transaction.atomic
def place_hold(
    organization: Organization, scope: str, value: str, reason: str, actor: Actor, until: datetime | None = None
) -> AuditHold:
    """Keep what the scope names, until a time or until it is lifted; raises HoldInvalid."""
    value, reason = value.strip(), reason.strip()
    if not reason:
        raise HoldInvalid(problem="say why: whoever reads of it later must know.")
    if until is not None and until <= now():
        raise HoldInvalid(problem="it would be over already.")
    _check_scope(organization, scope, value)
    hold = AuditHold.objects.create(
        organization=organization,
        scope=scope,
        value=value,
        reason=reason,
        placed_by=str(actor),
        placed_at=now(),
        until=until,
    )
    _record(hold, "HoldPlaced", actor, {"until": until.isoformat() if until else None})
    return hold


@transaction.atomic
def lift_hold(hold: AuditHold, actor: Actor) -> None:
    """Let retention and erasure pass again; raises HoldLifted."""
    locked = AuditHold.objects.select_for_update().get(pk=hold.pk)
    if locked.lifted_at is not None:
        raise HoldLifted
    locked.lifted_at, locked.lifted_by = now(), str(actor)
    locked.save(update_fields=["lifted_at", "lifted_by"])
    _record(locked, "HoldLifted", actor, {})


def _check_scope(organization: Organization, scope: str, value: str) -> None:
    """Refuse a hold on what is not there: it would keep nothing, and nobody would notice."""
    if scope == HoldScope.ORGANIZATION:
        if value:
            raise HoldInvalid(problem="one of everything names nothing further.")
    elif scope == HoldScope.STREAM:
        if not AuditStream.objects.filter(organization=organization, name=value).exists():
            raise HoldInvalid(problem=f"there is no stream {value}; a run's is run:<its id>.")
    elif scope == HoldScope.SUBJECT:
        known = AuditSubject.objects.select_for_update(no_key=True).filter(organization=organization, erased_at=None)
        if not _is_id(value) or not known.filter(pk=value).exists():
            raise HoldInvalid(problem="nothing is kept about this person.")
    else:
        raise HoldInvalid(problem=f"its scope must be one of {', '.join(HoldScope.values)}.")


def _is_id(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def _record(hold: AuditHold, kind: str, actor: Actor, details: JsonObject) -> None:
    said = {"scope": hold.scope, "value": hold.value, "reason": hold.reason, **details}
    append(hold.organization_id, STREAM, actor, [Entry(kind, said, object=f"hold:{hold.pk}")])
