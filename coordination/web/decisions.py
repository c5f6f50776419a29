"""Decisions of policies: what was decided, by whatever people look for, and one of them explained rule by rule."""

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from coordination.accounts.rights import Right
from coordination.policies import selectors
from coordination.risk.selectors import tables_of
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.decided import DecisionPage
from coordination.web.contexts.decisions import DecisionsPage
from coordination.web.forms.decisions import DecisionFilters
from coordination.web.paging import newest_first


@require_safe
@require(Right.READ)
def decision_list(request: MemberRequest) -> HttpResponse:
    """List decisions, the newest first."""
    organization = request.membership.organization
    filters = DecisionFilters.of(request.GET.dict())
    rows, pager = newest_first(selectors.decisions(organization, **filters.asked), request)
    policies = selectors.policies(organization).values_list("name", flat=True)
    page = DecisionsPage.of(rows, pager, filters, list(policies), request.get_full_path())
    return fragments.render(request, "decisions/list.html", page, parts=("decisions",))


@require_safe
@require(Right.READ)
def decision(request: MemberRequest, decision_id: UUID) -> HttpResponse:
    """Explain one decision."""
    organization = request.membership.organization
    found = selectors.decision(organization, decision_id)
    page = DecisionPage.of(found, tables_of(organization).bands)
    return fragments.render(request, "decisions/detail.html", page)
