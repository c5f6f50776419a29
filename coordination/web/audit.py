"""The record: find in it, read one entry, check its stream."""

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from coordination.accounts.rights import Right
from coordination.audit.selectors import event_of, events, history
from coordination.audit.services import verify
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.audit import AuditPage, EventPage
from coordination.web.forms.audit import AuditFilters
from coordination.web.paging import newest_first


@require_safe
@require(Right.AUDIT_READ)
def audit_list(request: MemberRequest) -> HttpResponse:
    """List records, newest first."""
    filters = AuditFilters.of(request.GET.dict())
    rows, pager = newest_first(events(request.membership.organization, **filters.wanted), request)
    page = AuditPage.of(rows, pager, filters, request.get_full_path())
    return fragments.render(request, "audit/list.html", page, parts=("records",))


@require_safe
@require(Right.AUDIT_READ)
def audit_event(request: MemberRequest, event_id: UUID) -> HttpResponse:
    """Show one record, and on demand whether its stream is still what was written."""
    event = event_of(request.membership.organization, event_id)
    around = (event.stream_no - 1, event.stream_no + 1)
    neighbours = list(history(request.membership.organization, event.stream).filter(stream_no__in=around))
    report = verify(request.membership.organization, event.stream) if "check" in request.GET else None
    return fragments.render(request, "audit/detail.html", EventPage.of(event, neighbours, report))
