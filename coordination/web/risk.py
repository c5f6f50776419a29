"""Risk: how actions were scored and what came of them, calibration, and the tables that scores look up."""

from collections.abc import Mapping
from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.accounts.rights import Right
from coordination.accounts.selectors import require as require_right
from coordination.engine.trust.calibration import calibrate
from coordination.engine.trust.tables import DEFAULT
from coordination.risk import selectors
from coordination.risk.models import AgentRecord
from coordination.risk.models.standing import ALL
from coordination.risk.services import change_tables, reset_tables
from coordination.runs.selectors import runs
from coordination.shared.clock import now
from coordination.shared.manifests import ManifestInvalid
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.risk import RiskPage
from coordination.web.contexts.risk_calibration import PERIODS, CalibrationPage
from coordination.web.contexts.risk_tables import TablesPage
from coordination.web.forms.manifest import Filled
from coordination.web.forms.risk import placed, table_fields, tables_in, typed_of_tables

DAYS = 30
MOST_RUNS = 6
MOST_AGENTS = 100
MOST_VERSIONS = 10
USUAL_DAYS = 90


@require_safe
@require(Right.READ)
def risk_home(request: MemberRequest) -> HttpResponse:
    """Show what came of what was scored, how reliable agents are, and what is at stake now."""
    membership, organization = request.membership, request.membership.organization
    moment, tables = now(), selectors.tables_of(organization)
    open_risks = selectors.registered(organization, state="open")
    page = RiskPage.of(
        membership,
        selectors.shares_by_band(organization, moment - timedelta(days=DAYS), tables.bands),
        _records(organization),
        runs(organization, status="open").filter(risk__isnull=False).order_by("-risk", "-created_at")[:MOST_RUNS],
        tables,
        selectors.tables_history(organization).first(),
        n_risks=open_risks.count(),
        n_overdue=selectors.overdue(organization, moment.date()).count(),
        days=DAYS,
        here=request.get_full_path(),
    )
    return fragments.render(request, "risk/home.html", page, parts=("risk",))


@require_safe
@require(Right.READ)
def risk_calibration(request: MemberRequest) -> HttpResponse:
    """Hold scores and confidence against what happened."""
    organization, agent = request.membership.organization, request.GET.get("agent", "")
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, PERIODS) else USUAL_DAYS
    since = now() - timedelta(days=days)
    page = CalibrationPage.of(
        calibrate(selectors.forecasts_of_likelihood(organization, since)),
        calibrate(selectors.forecasts_of_confidence(organization, since, agent)),
        sorted({row.agent for row in _records(organization)}),
        agent,
        days,
    )
    return fragments.render(request, "risk/calibration.html", page)


@require(Right.READ)
def risk_tables(request: MemberRequest) -> HttpResponse:
    """Show the tables; whoever may, changes them."""
    organization = request.membership.organization
    if request.method != "POST":
        return _tables(request, typed_of_tables(selectors.tables_of(organization)))
    require_right(request.membership, Right.RISK_EDIT)
    typed, actor = request.POST.dict(), Actor.of(request.membership)
    try:
        version = change_tables(organization, tables_in(typed), actor, typed.get("reason", "").strip()[:500])
    except ManifestInvalid as error:
        return _tables(request, typed, error)
    messages.success(request, f"Version {version.number} of the tables holds from the next action on.")
    return redirect("risk-tables")


@require_POST
@require(Right.RISK_EDIT)
def reset_risk_tables(request: MemberRequest) -> HttpResponse:
    """Go back to the tables that the product comes with."""
    version = reset_tables(request.membership.organization, Actor.of(request.membership))
    messages.success(request, f"The defaults hold again, as version {version.number}.")
    return redirect("risk-tables")


def _tables(request: MemberRequest, typed: Mapping[str, str], error: ManifestInvalid | None = None) -> HttpResponse:
    organization = request.membership.organization
    filled = Filled.of(table_fields(), typed, placed(error.errors) if error else ())
    versions = list(selectors.tables_history(organization)[: MOST_VERSIONS + 1])
    is_default = selectors.tables_of(organization) == DEFAULT
    page = TablesPage.of(filled, versions, request.membership, is_default=is_default)
    return fragments.render(request, "risk/tables.html", page, status=422 if error else 200)


def _records(organization: Organization) -> list[AgentRecord]:
    """Return the record of the newest version of each agent, all capabilities together."""
    newest = selectors.records_of(organization).filter(capability=ALL).order_by("agent", "-version").distinct("agent")
    return list(newest[:MOST_AGENTS])
