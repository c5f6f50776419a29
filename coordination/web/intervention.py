"""Hands on a run from its page: telling agents something, and saying how good an output is."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.runs import selectors, services
from coordination.runs.models import Quality
from coordination.runs.selectors.oversight import agents_in
from coordination.shared.errors import Conflict, Invalid
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.run_intervention import VerdictPage
from coordination.web.contexts.run_messages import ANYONE, LONGEST, MessagePage
from coordination.web.contexts.run_place import Place


@require(Right.RUN_CONTROL)
def message_run(request: MemberRequest, run_id: UUID) -> HttpResponse:
    """Ask what agents are to know, and for whom it is; then keep it for their next call."""
    run = selectors.get_run(request.membership.organization, run_id)
    agents, step = agents_in(run), request.GET.get("step", "")
    if request.method != "POST":
        return fragments.render(request, "runs/message.html", MessagePage.of(run, agents, step, request.GET))
    text, to = request.POST.get("text", "").strip(), request.POST.get("to", ANYONE)
    problem = "" if text else "Please say what they are to know."
    problem = f"At most {LONGEST:,} characters." if len(text) > LONGEST else problem
    if problem:
        page = MessagePage.of(run, agents, step, request.POST, problem)
        return fragments.render(request, "runs/message.html", page, status=422)
    agent = to if to in agents else ""
    try:
        actor = Actor.of(request.membership)
        services.message_agent(
            run.organization, run.pk, text, actor, agent=agent, step_key=step if to == MessagePage.STEP else ""
        )
        messages.success(request, "Kept for the next call that it is meant for.")
    except Conflict as error:
        messages.error(request, str(error))
    return redirect(Place(run_id).on_tab("messages"))


@require(Right.OUTPUT_JUDGE)
def judge_step(request: MemberRequest, run_id: UUID, step: str) -> HttpResponse:
    """Ask why an output is wrong or harmful; keep what a person thinks of it."""
    organization = request.membership.organization
    run = selectors.get_run(organization, run_id)
    selectors.step_of(run, step)
    if request.method != "POST":
        return fragments.render(request, "runs/verdict.html", VerdictPage.of(run, step, request.GET.get("quality", "")))
    said, reason = request.POST.get("quality", ""), request.POST.get("reason", "").strip()[:500]
    back = redirect(f"{Place(run_id).on_step(step)}#tabs")
    if said not in Quality.values:
        messages.error(request, "Choose right, wrong or harmful.")
        return back
    try:
        services.judge_output(organization, run_id, step, Quality(said), reason, Actor.of(request.membership))
        messages.success(request, "Thank you. It counts in the record of the agent.")
    except (Conflict, Invalid) as error:
        messages.error(request, str(error))
    return back
