"""Away: who decides in whose place, and until when."""

from collections.abc import Iterable, Mapping
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from coordination.accounts.models import Organization
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may as has_right
from coordination.accounts.selectors import members
from coordination.approvals import selectors, services
from coordination.approvals.errors import DelegationOver, DelegationUnfit
from coordination.approvals.manifest import EVERYBODY
from coordination.shared.clock import now
from coordination.shared.errors import FieldError
from coordination.web import fragments
from coordination.web.access import MemberRequest, may, require
from coordination.web.contexts.away import AwayPage
from coordination.web.forms.away import away_fields, typed_at_first, wish_in
from coordination.web.forms.manifest import Filled
from coordination.web.paging import numbered


@require(Right.READ)
def away(request: MemberRequest) -> HttpResponse:
    """Show one's own substitutions, or all of them to whoever looks after them; arrange one."""
    zone = _zone(request.membership.organization)
    who = request.membership.user.username
    if request.method != "POST":
        return _page(request, typed_at_first(who, _deciders(request), now().astimezone(ZoneInfo(zone)).date()))
    typed = request.POST.dict()
    wish, errors = wish_in(typed, who, zone)
    if wish is None:
        return _page(request, typed, errors)
    try:
        rule = services.make_delegation(request.membership, wish)
    except DelegationUnfit as error:
        return _page(request, typed, error.errors)
    messages.success(request, f"{rule.taker.username} decides in the place of {rule.giver.username}.")
    return redirect("away")


@require_POST
@require(Right.READ)
def end_away(request: MemberRequest, rule_id: UUID) -> HttpResponse:
    """End a substitution at once."""
    rule = selectors.get_delegation(request.membership.organization, rule_id)
    try:
        services.end_delegation(request.membership, rule)
    except DelegationOver as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{rule.taker.username} no longer decides in the place of {rule.giver.username}.")
    return redirect("away")


def _page(request: MemberRequest, typed: Mapping[str, str], errors: Iterable[FieldError] = ()) -> HttpResponse:
    membership, said = request.membership, list(errors)
    organization, for_others = membership.organization, may(request, Right.OVERSIGHT_EDIT)
    listed = selectors.delegations(organization) if for_others else selectors.delegations_of(membership)
    rows, pager = numbered(listed, request)
    page = AwayPage.of(
        Filled.of(away_fields(_deciders(request), for_others=for_others), typed, said),
        rows,
        pager,
        membership,
        zone=_zone(organization),
        now=now(),
    )
    return fragments.render(request, "queue/away.html", page, status=422 if said else 200)


def _deciders(request: MemberRequest) -> list[str]:
    """Return whose place somebody can take, and who can take it."""
    everybody = members(request.membership.organization).filter(user__is_active=True)
    return [one.user.username for one in everybody if has_right(one, Right.APPROVAL_DECIDE)]


def _zone(organization: Organization) -> str:
    """Return whose midnight a day of absence begins at: that of everybody's work hours."""
    hours = selectors.rules_of(organization.pk).calendars.get(EVERYBODY)
    return hours.zone if hours else "UTC"
