"""What people do to a run from its page; whatever needs words is a page of its own, so that it needs no script."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.runs import selectors, services
from coordination.runs.errors import SignalInvalid
from coordination.runs.models import Run
from coordination.shared.errors import Conflict, NotFound
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.run_act import ActPage, SignalPage
from coordination.web.contexts.run_controls import ON_RUNS, ON_STEPS, Control, controls
from coordination.web.contexts.run_place import Place
from coordination.web.forms.controls import read_json, read_payload, read_reason
from coordination.workflows.selectors import plan_of

DONE = {
    "pause": "Paused. Steps that already work will finish.",
    "resume": "The run goes on.",
    "retry": "The run goes on from the step that failed.",
    "cancel": "Cancelled.",
}
DONE_TO_STEP = {
    "retry": "It is repeated, with everything after it.",
    "skip": "Skipped. The run goes on without it.",
    "override": "The run goes on with this output.",
    "take-over": "It is yours. Give its output when you have it, or hand it back.",
    "hand-back": "Agents do it again.",
}
ACTS_ON_STEPS: dict[str, Callable[..., Run]] = {
    "retry": services.retry_step,
    "skip": services.skip_step,
    "override": services.override_step,
    "take-over": services.take_over_step,
    "hand-back": services.hand_back_step,
}
ACTS: dict[str, Callable[..., Run]] = {
    "pause": services.pause_run,
    "resume": services.resume_run,
    "retry": services.retry_run,
    "cancel": services.cancel_run,
}


@require(Right.RUN_CONTROL)
def control_run(request: MemberRequest, run_id: UUID, act: str) -> HttpResponse:
    """Pause, resume, retry or cancel a run."""
    run = selectors.get_run(request.membership.organization, run_id)
    if act not in ACTS:
        raise NotFound(kind="act", name=act)
    if request.method != "POST":
        if ON_RUNS[act] not in controls(run, request.membership):
            return redirect("run", run_id)
        return _asked(request, ActPage.of(run, ON_RUNS[act], request.GET, {}))
    reason, wrong = read_reason(request.POST, required=False)
    if wrong:
        return _asked(request, ActPage.of(run, ON_RUNS[act], request.POST, {"reason": wrong}))
    carry_out = partial(ACTS[act], run.organization, run.pk, reason=reason)
    return _done(request, Place(run_id).run_link, DONE[act], carry_out)


@require(Right.RUN_CONTROL)
def control_step(request: MemberRequest, run_id: UUID, step: str, step_act: str) -> HttpResponse:
    """Repeat or skip a step, or give its output."""
    run = selectors.get_run(request.membership.organization, run_id)
    if step_act not in ON_STEPS:
        raise NotFound(kind="act", name=step_act)
    control, row = ON_STEPS[step_act], selectors.step_of(run, step)
    if request.method != "POST":
        return _asked(request, ActPage.of(run, control, request.GET, {}, row))
    given, wrong = _given(control, request.POST.dict())
    if wrong:
        return _asked(request, ActPage.of(run, control, request.POST, wrong, row))
    carry_out = partial(ACTS_ON_STEPS[step_act], run.organization, run.pk, step, **given)
    return _done(request, Place(run_id).on_step(step), DONE_TO_STEP[step_act], carry_out)


@require(Right.RUN_CONTROL)
def signal_run(request: MemberRequest, run_id: UUID) -> HttpResponse:
    """Send a signal to a run."""
    run = selectors.get_run(request.membership.organization, run_id)
    plan = plan_of(run.workflow_version_id)
    name = request.POST.get("name") or request.GET.get("name") or next(iter(plan.waiting_for), "")
    wait = next((plan.steps[key].wait for key in plan.waiting_for.get(name, ())), None)
    if request.method != "POST" or wait is None:
        return _asked(request, SignalPage.of(run, plan, name, request.GET))
    payload, errors = read_payload(wait.payload, request.POST)
    if not errors:
        send = partial(services.signal_run, run.organization, run.pk, name, payload)
        try:
            return _done(request, Place(run_id).run_link, f"The signal {name} was sent.", send)
        except SignalInvalid as error:
            errors = error.errors
    return _asked(request, SignalPage.of(run, plan, name, request.POST, errors))


def _asked(request: MemberRequest, page: ActPage | SignalPage) -> HttpResponse:
    """Show a page that asks, again if what was typed is not yet right."""
    template = "runs/signal.html" if isinstance(page, SignalPage) else "runs/act.html"
    return fragments.render(request, template, page, status=422 if page.problems else 200)


def _done(request: MemberRequest, back: str, said: str, carry_out: Callable[..., Run]) -> HttpResponse:
    """Do it, go back and say so; or say why it is not possible now."""
    try:
        carry_out(actor=Actor.of(request.membership))
        messages.success(request, said)
    except Conflict as error:
        messages.error(request, str(error))
    return redirect(back)


def _given(control: Control, typed: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what was typed, and what is wrong in which field."""
    reason, wrong_reason = read_reason(typed, control.needs_reason)
    given: dict[str, Any] = {"reason": reason}
    wrong = {"reason": wrong_reason}
    if control.gives_output:
        given["output"], wrong["output"] = read_json(typed.get("output", ""))
    return given, {name: problem for name, problem in wrong.items() if problem}
