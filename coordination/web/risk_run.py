"""The risk of one run: how its actions were scored, what came of them, and what people say about it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.insights.services import mark_outcome
from coordination.policies.selectors import decisions_of_run
from coordination.risk.selectors import outcomes_of_run, tables_of
from coordination.runs.models import Run
from coordination.runs.selectors import get_run
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.risk_run import RunRiskPage

MOST = 500
VERDICTS = {"right": False, "wrong": True}


@require_safe
@require(Right.READ)
def run_risk(request: MemberRequest, run_id: UUID) -> HttpResponse:
    """Show how every action of a run was scored."""
    return _page(request, get_run(request.membership.organization, run_id))


@require_POST
@require(Right.APPROVAL_DECIDE)
def mark_step(request: MemberRequest, run_id: UUID) -> HttpResponse:
    """Take down that what a step came to was right or wrong."""
    organization = request.membership.organization
    run = get_run(organization, run_id)
    verdict, reason = request.POST.get("verdict", ""), request.POST.get("reason", "").strip()[:500]
    if verdict not in VERDICTS:
        return _page(request, run, "Say whether it was right or wrong.", status=422)
    step, actor = request.POST.get("step", ""), Actor.of(request.membership)
    mark_outcome(organization, run.pk, step, VERDICTS[verdict], reason, actor)
    messages.success(request, f"Marked {verdict}; the record of who answered is worked out anew.")
    return redirect("run-risk", run.pk)


def _page(request: MemberRequest, run: Run, problem: str = "", status: int = 200) -> HttpResponse:
    organization = request.membership.organization
    decisions = list(decisions_of_run(organization, run.pk).order_by("-id")[:MOST])[::-1]
    outcomes = list(outcomes_of_run(organization, [run.pk])[:MOST])
    bands = tables_of(organization).bands
    page = RunRiskPage.of(run, decisions, outcomes, bands, request.membership, problem)
    return fragments.render(request, "risk/run.html", page, parts=("run-risk",), status=status)
