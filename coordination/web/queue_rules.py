"""How the queue keeps time: its clocks, when people work, who is on duty, and how well it does."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.models import MemberRole, Organization
from coordination.accounts.rights import Right
from coordination.accounts.selectors import members
from coordination.accounts.selectors import require as require_right
from coordination.approvals import selectors, services
from coordination.approvals.manifest import DEFAULT, EVERYBODY, Rules, WorkHours
from coordination.shared.clock import now
from coordination.shared.errors import FieldError, NotFound
from coordination.shared.manifests import ManifestInvalid
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.queue_figures import PERIODS, FiguresPage
from coordination.web.contexts.queue_rules import ALL, ClocksPage, DutyPage, HoursFormPage, HoursPage
from coordination.web.forms import queue_rules as forms
from coordination.web.forms.manifest import Filled

_SHOWN_FLOODS: Final = 5


@require(Right.READ)
def queue_clocks(request: MemberRequest) -> HttpResponse:
    """Show the clocks and what is too much; whoever may, changes them."""
    rules = selectors.rules_of(request.membership.organization_id)
    if request.method != "POST":
        return _clocks(request, rules, forms.typed_of_clocks(rules))
    require_right(request.membership, Right.OVERSIGHT_EDIT)
    typed = request.POST.dict()
    said, actor = forms.clocks_in(typed, rules), Actor.of(request.membership)
    try:
        services.change_rules(request.membership.organization, said, actor, typed.get("reason", "")[:500])
    except ManifestInvalid as error:
        beside = {f"/clocks/{band}": f"/clocks/{band}/decide" for band in forms.BANDS} | {"/calls": "/calls/remind"}
        return _clocks(request, rules, typed, forms.placed(error.errors, beside))
    messages.success(request, "Questions that are asked from now on keep this time.")
    return redirect("queue-clocks")


@require_safe
@require(Right.READ)
def queue_hours(request: MemberRequest) -> HttpResponse:
    """Show when people work, queue by queue."""
    organization = request.membership.organization
    rules = selectors.rules_of(organization.pk)
    page = HoursPage.of(_queues(organization, rules), rules, request.membership, now())
    return fragments.render(request, "queue/hours.html", page)


@require(Right.OVERSIGHT_EDIT)
def edit_hours(request: MemberRequest, queue: str) -> HttpResponse:
    """Offer the work hours of a queue, and save them, or let it keep those of everybody."""
    organization = request.membership.organization
    rules = selectors.rules_of(organization.pk)
    name = EVERYBODY if queue == ALL else queue
    if name not in _queues(organization, rules):
        raise NotFound(kind="queue", name=queue)
    if request.method != "POST":
        shown = rules.calendars.get(name) or rules.calendars.get(EVERYBODY) or WorkHours()
        return _hours(request, name, rules, forms.typed_of_hours(shown))
    typed, actor = request.POST.dict(), Actor.of(request.membership)
    try:
        services.set_hours(organization, name, None if "drop" in typed else forms.hours_in(typed), actor)
    except ManifestInvalid as error:
        return _hours(request, name, rules, typed, forms.placed(error.errors, {"": "/monday"}))
    messages.success(request, "Questions that are asked from now on keep these hours.")
    return redirect("queue-hours")


@require(Right.READ)
def queue_duty(request: MemberRequest) -> HttpResponse:
    """Show whose turn it is to be called; whoever may, changes the turns."""
    rules = selectors.rules_of(request.membership.organization_id)
    if request.method != "POST":
        return _duty(request, rules, forms.typed_of_duty(rules.duty))
    require_right(request.membership, Right.OVERSIGHT_EDIT)
    typed = request.POST.dict()
    try:
        services.set_part(request.membership.organization, "duty", forms.duty_in(typed), Actor.of(request.membership))
    except ManifestInvalid as error:
        return _duty(request, rules, typed, [_within_duty(one) for one in error.errors])
    messages.success(request, "These turns hold from now on.")
    return redirect("queue-duty")


@require_safe
@require(Right.READ)
def queue_figures(request: MemberRequest) -> HttpResponse:
    """Show how well the queue does."""
    organization, moment = request.membership.organization, now()
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, PERIODS) else PERIODS[0]
    figures = selectors.queue_figures(organization, moment - timedelta(days=days), moment)
    floods = list(selectors.floods(organization)[:_SHOWN_FLOODS])
    page = FiguresPage.of(figures, floods, days, request.get_full_path(), moment)
    return fragments.render(request, "queue/figures.html", page, parts=("figures",))


def _clocks(
    request: MemberRequest, rules: Rules, typed: Mapping[str, str], errors: Iterable[FieldError] = ()
) -> HttpResponse:
    said = list(errors)
    kept = selectors.rules_version(request.membership.organization)
    filled = Filled.of(forms.clock_fields(), typed, said)
    page = ClocksPage.of(filled, kept, request.membership, is_default=rules == DEFAULT)
    return fragments.render(request, "queue/clocks.html", page, status=422 if said else 200)


def _hours(
    request: MemberRequest, queue: str, rules: Rules, typed: Mapping[str, str], errors: Iterable[FieldError] = ()
) -> HttpResponse:
    said = list(errors)
    page = HoursFormPage.of(Filled.of(forms.hours_fields(), typed, said), queue, rules)
    return fragments.render(request, "queue/hours_form.html", page, status=422 if said else 200)


def _duty(
    request: MemberRequest, rules: Rules, typed: Mapping[str, str], errors: Iterable[FieldError] = ()
) -> HttpResponse:
    said = list(errors)
    page = DutyPage.of(Filled.of(forms.duty_fields(), typed, said), rules.duty.rota(), request.membership, now())
    return fragments.render(request, "queue/duty.html", page, status=422 if said else 200)


def _queues(organization: Organization, rules: Rules) -> list[str]:
    """Return everybody, the roles that decide, the groups that people are in, and whoever has hours of their own."""
    roles = [f"role:{role}" for role in (MemberRole.REVIEWER, MemberRole.ADMIN)]
    groups = sorted({group for member in members(organization) for group in member.groups})
    known = [EVERYBODY, *roles, *(f"group:{group}" for group in groups)]
    return [*known, *sorted(set(rules.calendars) - set(known))]


def _within_duty(error: FieldError) -> FieldError:
    return FieldError(error.pointer.removeprefix("/duty"), error.message, error.suggestion)
