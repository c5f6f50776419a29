"""Runs: the list, and starting one."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.risk.selectors import tables_of
from coordination.runs import selectors, services
from coordination.shared.errors import Invalid
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.new_run import NewRunPage
from coordination.web.contexts.runs import FILTERS, RunsPage
from coordination.web.forms.schema import value_of
from coordination.web.paging import newest_first
from coordination.workflows.models import Workflow
from coordination.workflows.selectors import workflows


@require_safe
@require(Right.READ)
def run_list(request: MemberRequest) -> HttpResponse:
    """List runs, newest first."""
    organization = request.membership.organization
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "status", "workflow")}
    asked["status"] = asked["status"] if asked["status"] in FILTERS else ""
    with_parts = "parts" in request.GET
    found = selectors.runs(organization, q=asked["q"], status=asked["status"], workflow=asked["workflow"])
    rows, pager = newest_first(found if with_parts else found.filter(parent=None), request)
    page = RunsPage.of(
        rows,
        pager,
        request.membership,
        here=request.get_full_path(),
        asking=selectors.which_ask_people(rows),
        workflows=[workflow.name for workflow in workflows(organization)],
        with_parts=with_parts,
        bands=tables_of(organization).bands,
        **asked,
    )
    return fragments.render(request, "runs/list.html", page, parts=("runs",))


@require(Right.RUN_START)
def new_run(request: MemberRequest) -> HttpResponse:
    """Offer the form that starts a run, and start it."""
    organization = request.membership.organization
    able = [workflow for workflow in workflows(organization) if workflow.live]
    chosen = _chosen(able, request)
    if request.method != "POST" or chosen is None or chosen.live is None:
        return fragments.render(request, "runs/new.html", NewRunPage.of(able, chosen, request.GET))
    value, errors = value_of(chosen.live.spec.get("input", {}), request.POST)
    if not errors:
        try:
            run = services.start_run(
                organization,
                chosen.name,
                value,
                title=request.POST.get("title", "").strip(),
                actor=Actor.of(request.membership),
            )
            return redirect("run", run.id)
        except Invalid as error:
            errors = error.errors
    page = NewRunPage.of(able, chosen, request.POST, errors)
    return fragments.render(request, "runs/new.html", page, status=422)


def _chosen(able: list[Workflow], request: MemberRequest) -> Workflow | None:
    asked = request.POST.get("workflow") or request.GET.get("workflow")
    if asked is None:
        return able[0] if able else None
    return next((workflow for workflow in able if workflow.name == asked), None)
