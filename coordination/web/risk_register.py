"""The register of risks: the list, one risk, its form, looking at it again, and what a year may cost."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may, members
from coordination.agents.selectors import agents
from coordination.insights.services import year_of
from coordination.risk import selectors, services
from coordination.risk.models import RegisteredRisk, RiskState
from coordination.shared.clock import now
from coordination.shared.errors import FieldError, Invalid
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.risk_portfolio import PortfolioPage
from coordination.web.contexts.risk_register import SHOWN, RegisterPage, RiskDetailPage, RiskFormPage
from coordination.web.forms.manifest import Filled
from coordination.web.forms.risk import placed, review_fields, risk_fields, risk_in, typed_of_risk
from coordination.web.paging import numbered
from coordination.workflows.selectors import workflows

MOST_IN_MATRIX = 1_000
MOST_EVENTS = 20
# How long until the next review, unless somebody says otherwise.
USUAL_DAYS = 90
BLANK = {"about_kind": "agent", "treatment": "mitigate"}


@require_safe
@require(Right.READ)
def register(request: MemberRequest) -> HttpResponse:
    """List the risks of the register, the gravest first."""
    organization, today = request.membership.organization, now().date()
    asked = request.GET.get("show", "")
    show = asked if asked in SHOWN else "open"
    every_open = selectors.registered(organization, state=RiskState.OPEN)
    listed = {
        "open": every_open,
        "overdue": selectors.overdue(organization, today),
        "closed": selectors.registered(organization, state=RiskState.CLOSED),
    }[show]
    rows, pager = numbered(listed, request)
    page = RegisterPage.of(
        rows,
        pager,
        every_open[:MOST_IN_MATRIX],
        request.membership,
        show=show,
        today=today,
        here=request.get_full_path(),
    )
    return fragments.render(request, "risk/register.html", page, parts=("register",))


@require_safe
@require(Right.READ)
def registered_risk(request: MemberRequest, risk_id: UUID) -> HttpResponse:
    """Show one risk and what was done about it."""
    risk = selectors.registered_risk(request.membership.organization, risk_id)
    typed = {
        "residual_likelihood": str(risk.spec["residual_likelihood"]),
        "residual_impact": str(risk.spec["residual_impact"]),
        "next_on": (now().date() + timedelta(days=USUAL_DAYS)).isoformat(),
    }
    return _detail(request, risk, typed)


@require(Right.RISK_EDIT)
def new_risk(request: MemberRequest) -> HttpResponse:
    """Offer an empty form, and put what it says into the register."""
    if request.method != "POST":
        due = (now().date() + timedelta(days=USUAL_DAYS)).isoformat()
        return _form(request, None, {**BLANK, "review_on": due, "owner": request.membership.user.username})
    typed = request.POST.dict()
    try:
        risk = services.register_risk(request.membership.organization, risk_in(typed), Actor.of(request.membership))
    except Invalid as error:
        return _form(request, None, typed, error.errors)
    messages.success(request, f"“{risk.title}” is in the register.")
    return redirect("registered-risk", risk.pk)


@require(Right.RISK_EDIT)
def edit_risk(request: MemberRequest, risk_id: UUID) -> HttpResponse:
    """Offer the form of a risk, and save it."""
    organization = request.membership.organization
    risk = selectors.registered_risk(organization, risk_id)
    if request.method != "POST":
        return _form(request, risk, typed_of_risk(risk.said))
    typed = request.POST.dict()
    try:
        services.change_risk(organization, risk.pk, risk_in(typed), Actor.of(request.membership))
    except Invalid as error:
        return _form(request, risk, typed, error.errors)
    messages.success(request, "Saved.")
    return redirect("registered-risk", risk.pk)


@require_POST
@require(Right.RISK_EDIT)
def review_risk(request: MemberRequest, risk_id: UUID) -> HttpResponse:
    """Take down that somebody looked at a risk."""
    organization = request.membership.organization
    risk = selectors.registered_risk(organization, risk_id)
    typed = request.POST.dict()
    try:
        next_on = date.fromisoformat(typed.get("next_on", "").strip())
        left = (int(typed.get("residual_likelihood", "")), int(typed.get("residual_impact", "")))
    except ValueError:
        return _detail(request, risk, typed, [FieldError("/review_on", "give a day, such as 2027-03-31")])
    note, actor = typed.get("note", "").strip()[:2000], Actor.of(request.membership)
    try:
        services.review_risk(organization, risk.pk, next_on, note, actor, residual=left)
    except Invalid as error:
        return _detail(request, risk, typed, error.errors)
    messages.success(request, f"Looked at; next on {next_on.isoformat()}.")
    return redirect("registered-risk", risk.pk)


@require_POST
@require(Right.RISK_EDIT)
def turn_risk(request: MemberRequest, risk_id: UUID, act: str) -> HttpResponse:
    """Close a risk, or open it again."""
    organization = request.membership.organization
    risk = selectors.registered_risk(organization, risk_id)
    turn = services.reopen_risk if act == "reopen" else services.close_risk
    turn(organization, risk.pk, request.POST.get("reason", "").strip()[:500], Actor.of(request.membership))
    messages.success(request, "It is watched again." if act == "reopen" else "Closed; it stays on record.")
    return redirect("registered-risk", risk.pk)


@require_safe
@require(Right.READ)
def yearly_cost(request: MemberRequest) -> HttpResponse:
    """Draw what a year may cost."""
    return fragments.render(request, "risk/portfolio.html", PortfolioPage.of(*year_of(request.membership.organization)))


def _detail(
    request: MemberRequest, risk: RegisteredRisk, typed: Mapping[str, str], errors: Sequence[FieldError] = ()
) -> HttpResponse:
    membership = request.membership
    filled = Filled.of(review_fields(), typed, placed(errors))
    told = selectors.history_of(risk)[:MOST_EVENTS] if may(membership, Right.AUDIT_READ) else ()
    page = RiskDetailPage.of(risk, list(told), membership, filled.fields, filled.problems, now().date())
    return fragments.render(request, "risk/detail.html", page, status=422 if errors else 200)


def _form(
    request: MemberRequest,
    risk: RegisteredRisk | None,
    typed: Mapping[str, str],
    errors: Sequence[FieldError] = (),
) -> HttpResponse:
    organization = request.membership.organization
    fields = risk_fields(
        list(agents(organization).values_list("name", flat=True)),
        list(workflows(organization).values_list("name", flat=True)),
        [person.user.username for person in members(organization)],
    )
    filled = Filled.of(fields, typed, placed(errors))
    title, back = (risk.title, f"/risk/register/{risk.pk}/") if risk else ("New risk", "/risk/register/")
    page = RiskFormPage(filled.fields, filled.problems, title, back)
    return fragments.render(request, "risk/form.html", page, status=422 if errors else 200)
