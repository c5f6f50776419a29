"""Second looks: what was decided once is judged again, blind; where the two differ, a third decides."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Membership, Organization
from coordination.approvals.errors import LookTaken, ReasonRequired, VerdictUnknown
from coordination.approvals.models import SecondLook, Verdict
from coordination.approvals.selectors.looks import may_look
from coordination.approvals.services.record import OVERSIGHT
from coordination.audit.services import Entry, append
from coordination.shared.clock import now
from coordination.shared.errors import NotFound
from coordination.shared.json import JsonObject
from coordination.shared.live import ring

_VERDICTS = (Verdict.APPROVE, Verdict.REJECT)
_LAPSED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Drawn:
    """Something that was drawn to be looked at once more; `source` names it, so that it is drawn once."""

    source: str
    why: str
    subject: str
    operation: str
    risk_band: str
    first: str
    agent: str = ""
    request_id: UUID | None = None
    first_by_id: int | None = None
    kept_out: Iterable[int] = field(default=())


@transaction.atomic
def put_up(organization: Organization, drawn: Iterable[Drawn], within: timedelta) -> int:
    """Put up for a second look what was drawn; return how many are new."""
    moment = now()
    rows = [
        SecondLook(
            organization=organization,
            source=one.source,
            why=one.why,
            request_id=one.request_id,
            subject=one.subject,
            operation=one.operation,
            agent=one.agent,
            risk_band=one.risk_band,
            first=one.first,
            first_by_id=one.first_by_id,
            kept_out=sorted({*one.kept_out}),
            created_at=moment,
            due_at=moment + within,
        )
        for one in drawn
    ]
    known = set(
        SecondLook.objects.filter(
            organization=organization, source__in=[row.source for row in rows]
        ).values_list("source", flat=True)
    )  # fmt: skip
    fresh = [row for row in rows if row.source not in known]
    if not fresh:
        return 0
    SecondLook.objects.bulk_create(fresh)
    append(organization.pk, OVERSIGHT, SYSTEM, [_entry(row, "SecondLookDrawn", {"why": str(row.why)}) for row in fresh])
    ring(organization.pk, OVERSIGHT)
    return len(fresh)


@transaction.atomic
def look_again(membership: Membership, look_id: UUID, verdict: str, reason: str) -> SecondLook:
    """Say what one would have decided; raises NotFound, NotToLook, LookTaken, ReasonRequired.

    The second verdict is blind. Where it differs from the first, a third sees both and settles it.
    """
    if verdict not in _VERDICTS:
        raise VerdictUnknown(verdict=verdict, known=", ".join(_VERDICTS))
    look = _locked(membership.organization, look_id)
    if refusal := may_look(look, membership):
        raise refusal
    if not reason.strip() and (verdict == Verdict.REJECT or look.state == SecondLook.State.SPLIT):
        raise ReasonRequired
    if look.state == SecondLook.State.SPLIT:
        look.third, look.third_by, look.third_reason, look.third_at = verdict, membership.user, reason.strip(), now()
        look.state, kind = SecondLook.State.SETTLED, "SecondLookSettled"
    else:
        look.second, look.second_by, look.second_at = verdict, membership.user, now()
        look.second_reason = reason.strip()
        is_same = look.second == look.first
        look.state = SecondLook.State.AGREED if is_same else SecondLook.State.SPLIT
        kind = "SecondLookTaken"
    look.save()
    about: JsonObject = {"verdict": str(verdict), "reason": reason.strip(), "first": look.first, "state": look.state}
    append(look.organization_id, OVERSIGHT, Actor.of(membership), [_entry(look, kind, about)])
    ring(look.organization_id, OVERSIGHT)
    return look


@transaction.atomic
def lapse_due(moment: datetime) -> int:
    """Let go of what nobody looked at in time; return how many."""
    due = list(
        SecondLook.objects.select_for_update(skip_locked=True)
        .filter(state__in=(SecondLook.State.OPEN, SecondLook.State.SPLIT), due_at__lte=moment)
        .order_by("organization_id", "due_at")[:_LAPSED_AT_ONCE]
    )
    SecondLook.objects.filter(pk__in=[look.pk for look in due]).update(state=SecondLook.State.LAPSED)
    for organization_id in sorted({look.organization_id for look in due}):
        entries = [_entry(look, "SecondLookLapsed", {}) for look in due if look.organization_id == organization_id]
        append(organization_id, OVERSIGHT, SYSTEM, entries)
        ring(organization_id, OVERSIGHT)
    return len(due)


def _locked(organization: Organization, look_id: UUID) -> SecondLook:
    look = SecondLook.objects.select_for_update().filter(organization=organization, pk=look_id).first()
    if look is None:
        raise NotFound(kind="second look", name=look_id)
    if look.state not in (SecondLook.State.OPEN, SecondLook.State.SPLIT):
        raise LookTaken
    return look


def _entry(look: SecondLook, kind: str, about: JsonObject) -> Entry:
    said: JsonObject = {"look": str(look.pk), "subject": look.subject, "operation": look.operation, **about}
    return Entry(kind, said, object=f"approval:{look.request_id}" if look.request_id else f"look:{look.pk}")
