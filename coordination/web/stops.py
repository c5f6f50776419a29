"""The brake in the browser: what stands still, and the pages that ask before it is pulled or let go."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.runs import services
from coordination.runs.selectors.oversight import standing_still, stops
from coordination.shared.errors import Conflict, NotFound
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.stops import BrakePage, StopsPage
from coordination.web.forms.controls import read_reason
from coordination.web.paging import numbered
from coordination.workflows.selectors import workflow_named

ACTS = ("stop", "resume")
CANCELLED = "cancelled"


@require_safe
@require(Right.READ)
def stop_list(request: MemberRequest) -> HttpResponse:
    """Show what stands still, and what did."""
    organization = request.membership.organization
    rows, pager = numbered(stops(organization), request)
    page = StopsPage.of(standing_still(organization), rows, pager, request.membership, request.get_full_path())
    return fragments.render(request, "stops/list.html", page, parts=("stops",))


@require(Right.STOP)
def brake(request: MemberRequest, act: str) -> HttpResponse:
    """Stop everything, or let it go on."""
    organization = request.membership.organization
    return _brake(
        request,
        act,
        "stops",
        (),
        BrakePage.everything,
        partial(services.stop_organization, organization),
        partial(services.release_organization, organization),
    )


@require(Right.STOP)
def brake_workflow(request: MemberRequest, name: str, act: str) -> HttpResponse:
    """Stop a workflow, or let it go on."""
    organization = request.membership.organization
    workflow = workflow_named(organization, name)
    return _brake(
        request,
        act,
        "workflow",
        (name,),
        partial(BrakePage.workflow, workflow),
        partial(services.stop_workflow, organization, name),
        partial(services.release_workflow, organization, name),
    )


def _brake(
    request: MemberRequest,
    act: str,
    back: str,
    names: tuple[str, ...],
    page: Callable[[bool, str, str, str], BrakePage],
    stop: Callable[..., object],
    release: Callable[..., object],
) -> HttpResponse:
    if act not in ACTS:
        raise NotFound(kind="act", name=act)
    is_stopping, runs = act == "stop", request.POST.get("runs", "held")
    if request.method != "POST":
        return fragments.render(request, "stops/brake.html", page(is_stopping, runs, "", ""))
    reason, problem = read_reason(request.POST, required=is_stopping)
    if problem:
        return fragments.render(request, "stops/brake.html", page(is_stopping, runs, reason, problem), status=422)
    try:
        actor = Actor.of(request.membership)
        if is_stopping:
            stop(actor, reason, cancels=runs == CANCELLED)
            messages.success(request, "Stopped.")
        else:
            release(actor, reason)
            messages.success(request, "It goes on.")
    except Conflict as error:
        messages.error(request, str(error))
    return redirect(back, *names)
