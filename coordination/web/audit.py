"""The record: find in it, read one entry with its proof, take what is found elsewhere."""

from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.audit import selectors
from coordination.audit.errors import NotSealed
from coordination.audit.models import AuditEvent
from coordination.audit.services import MEDIA_TYPES, Proof, hand_out, prove, verify
from coordination.shared.clock import now
from coordination.shared.streaming import Streamed
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.audit import AuditPage
from coordination.web.contexts.audit_record import RecordPage
from coordination.web.forms.audit import AuditFilters, format_of


@require_safe
@require(Right.AUDIT_READ)
def audit_list(request: MemberRequest) -> HttpResponse:
    """List records, newest first."""
    organization = request.membership.organization
    filters = AuditFilters.of(request.GET.dict())
    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    found = selectors.found(organization, filters.wanted, before=before, after=after)
    # What is grave stands above the list, and is not asked for again with every record that comes.
    alarms = [] if fragments.is_fragment(request) else [one for one in selectors.alarms(organization) if one.is_grave]
    page = AuditPage.of(found, selectors.standing(organization), filters, request.get_full_path(), now(), alarms)
    return fragments.render(request, "audit/list.html", page, parts=("records",))


@require_safe
@require(Right.AUDIT_READ)
def audit_event(request: MemberRequest, event_id: UUID) -> HttpResponse:
    """Show one record with its proof, and on demand whether all of its stream is still what was written."""
    organization = request.membership.organization
    event = selectors.event_of(organization, event_id)
    around = (event.stream_no - 1, event.stream_no + 1)
    neighbours = list(selectors.history(organization, event.stream).filter(stream_no__in=around))
    report = verify(organization, event.stream) if "check" in request.GET else None
    [event] = selectors.uncovered([event])
    page = RecordPage.of(event, event.data, neighbours, _proof(event), report)
    return fragments.render(request, "audit/detail.html", page, parts=("proof",))


@require_safe
@require(Right.AUDIT_READ)
def audit_export(request: MemberRequest) -> HttpResponseBase:
    """Send all records that match the filters, as a file."""
    form = format_of(request.GET.get("format", ""))
    wanted = AuditFilters.of(request.GET.dict()).wanted
    lines = hand_out(request.membership.organization, wanted, form, Actor.of(request.membership))
    return Streamed(lines, MEDIA_TYPES[form], f"audit-{request.membership.organization.slug}.{form}")


def _proof(event: AuditEvent) -> Proof | None:
    try:
        return prove(event)
    except NotSealed:
        return None
