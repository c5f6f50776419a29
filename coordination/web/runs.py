"""Runs: the list, one run, starting one, and what people may do to it."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.audit.models import AuditEvent
from coordination.audit.selectors import events
from coordination.runs import selectors, services
from coordination.runs.models import Run
from coordination.shared.clock import now
from coordination.shared.errors import Conflict, Invalid, NotFound
from coordination.web import fragments
from coordination.web.access import MemberRequest, may, require
from coordination.web.contexts.new_run import NewRunPage
from coordination.web.contexts.run import TABS, RunPage, controls
from coordination.web.contexts.runs import FILTERS, RunsPage
from coordination.web.forms.schema import value_of
from coordination.web.paging import newest_first
from coordination.workflows.models import Workflow
from coordination.workflows.selectors import workflows

AUDIT_LINES = 200
DONE = {
    "pause": "Paused. Steps that already work will finish.",
    "resume": "The run goes on.",
    "retry": "The run goes on from the step that failed.",
    "cancel": "Cancelled.",
}
ACTS: dict[str, Callable[..., Run]] = {
    "pause": services.pause_run,
    "resume": services.resume_run,
    "retry": services.retry_run,
    "cancel": services.cancel_run,
}


@require_safe
@require(Right.READ)
def run_list(request: MemberRequest) -> HttpResponse:
    """List runs, newest first."""
    organization = request.membership.organization
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "status", "workflow")}
    asked["status"] = asked["status"] if asked["status"] in FILTERS else ""
    rows, pager = newest_first(selectors.runs(organization, **asked), request)
    page = RunsPage.of(
        rows,
        pager,
        request.membership,
        here=request.get_full_path(),
        workflows=[workflow.name for workflow in workflows(organization)],
        **asked,
    )
    return fragments.render(request, "runs/list.html", page, parts=("runs",))


@require_safe
@require(Right.READ)
def run_detail(request: MemberRequest, run_id: UUID) -> HttpResponse:
    """Show one run."""
    run = selectors.get_run(request.membership.organization, run_id)
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "agents"
    page = RunPage.of(
        selectors.explain(run),
        request.membership,
        tab,
        _record_of(request, run) if tab == "audit" else [],
        now(),
    )
    return fragments.render(request, "runs/detail.html", page, parts=("run",))


@require(Right.RUN_CONTROL)
def control_run(request: MemberRequest, run_id: UUID, act: str) -> HttpResponse:
    """Pause, resume, retry or cancel a run; asking first is a page of its own, so that it needs no script."""
    organization = request.membership.organization
    run = selectors.get_run(organization, run_id)
    if act not in ACTS:
        raise NotFound(kind="act", name=act)
    if request.method != "POST":
        control = next((one for one in controls(run, request.membership) if one.act == act), None)
        return (
            redirect("run", run_id)
            if control is None
            else fragments.render(request, "runs/confirm.html", {"run": run, "control": control})
        )
    try:
        ACTS[act](organization, run.id, Actor.of(request.membership), request.POST.get("reason", "").strip())
        messages.success(request, DONE[act])
    except Conflict as error:
        messages.error(request, str(error))
    return redirect("run", run_id)


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


def _record_of(request: MemberRequest, run: Run) -> list[AuditEvent]:
    if not may(request, Right.AUDIT_READ):
        return []
    return list(events(run.organization, stream=f"run:{run.id}")[:AUDIT_LINES])
