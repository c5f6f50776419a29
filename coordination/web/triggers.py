"""Triggers: the list, one of them, the form, firing by hand, and what is asked once more before it is done."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.shared.clock import now
from coordination.shared.errors import Conflict, FieldError, NotFound
from coordination.triggers import selectors, services
from coordination.triggers.definition import Kind
from coordination.triggers.errors import TriggerInvalid
from coordination.triggers.hooks import secret_of
from coordination.triggers.models import FiringState, Trigger
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.forms import FormPage
from coordination.web.contexts.trigger_form import Preview, SecretPage, TriggerFormPage, TurnPage
from coordination.web.contexts.triggers import TriggerPage, TriggersPage
from coordination.web.forms.manifest import Filled, mapping_in, said
from coordination.web.forms.triggers import BLANK, timetable_typed, trigger_fields, trigger_in, typed_of_trigger
from coordination.web.paging import newest_first, numbered
from coordination.workflows.selectors import workflows

TAKEN = "there is a trigger of this name already"
CHANGED = "Someone else saved this trigger since you opened it; save again to replace what they wrote."
TURNS = {
    "pause": ("Pause", "It starts nothing by itself until it is resumed; what goes by meanwhile is not made up for."),
    "resume": ("Resume", "It starts runs again from now on."),
    "rotate": (
        "Rotate the secret",
        "You are shown a new secret, once. Calls under the one before are refused from then on.",
    ),
    "remove": ("Remove", "It starts nothing any more, and what became of each time is forgotten. Its runs stay."),
}
BAD = frozenset({"rotate", "remove"})
CAME = {
    FiringState.QUEUED: "Queued: it starts when the run before it has ended.",
    FiringState.SKIPPED: "Skipped: {}",
    FiringState.REFUSED: "Nothing was started: {}",
}


@require_safe
@require(Right.READ)
def trigger_list(request: MemberRequest) -> HttpResponse:
    """List triggers by name."""
    rows, pager = numbered(selectors.triggers(request.membership.organization), request)
    page = TriggersPage.of(rows, pager, selectors.last_firings(rows), request.membership, request.get_full_path())
    return fragments.render(request, "triggers/list.html", page, parts=("triggers",))


@require_safe
@require(Right.READ)
def trigger_detail(request: MemberRequest, name: str) -> HttpResponse:
    """Show one trigger: when it is due, what it starts, what became of each time."""
    trigger = selectors.trigger_named(request.membership.organization, name)
    rows, pager = newest_first(selectors.firings_of(trigger), request)
    page = TriggerPage.of(trigger, rows, pager, request.membership, request.get_full_path(), _hook(request, trigger))
    return fragments.render(request, "triggers/detail.html", page, parts=("trigger",))


@require(Right.TRIGGER_EDIT)
def new_trigger(request: MemberRequest) -> HttpResponse:
    """Offer an empty form, and make a trigger of it."""
    return _form(request, None)


@require(Right.TRIGGER_EDIT)
def edit_trigger(request: MemberRequest, name: str) -> HttpResponse:
    """Offer a trigger's form, and save what becomes of it."""
    return _form(request, selectors.trigger_named(request.membership.organization, name))


@require(Right.RUN_START)
def fire_trigger(request: MemberRequest, name: str) -> HttpResponse:
    """Fire once by hand; what expressions read of the event can be typed."""
    trigger = selectors.trigger_named(request.membership.organization, name)
    typed, problem = request.POST.get("event", ""), ""
    if request.method == "POST":
        event, wrong = mapping_in(typed, "/event")
        if not wrong:
            firing = services.fire_by_hand(trigger.organization, name, Actor.of(request.membership), event)
            if firing.run_id:
                return redirect("run", firing.run_id)
            messages.warning(request, CAME[FiringState(firing.state)].format(firing.reason))
            return redirect("trigger", name)
        problem = said(wrong[0])
    told = "It starts its workflow now, as if it were due. Whether its last run still goes on counts as always."
    asks_event = "${event." in str(trigger.input)
    page = TurnPage(trigger, "Fire", told, asks_event=asks_event, typed=typed, problem=problem)
    return fragments.render(request, "triggers/turn.html", page, status=422 if problem else 200)


@require(Right.TRIGGER_EDIT)
def turn_trigger(request: MemberRequest, name: str, act: str) -> HttpResponse:
    """Pause, resume, rotate or remove; asking first is a page of its own, so that it needs no script."""
    trigger = selectors.trigger_named(request.membership.organization, name)
    if act not in TURNS:
        raise NotFound(kind="act", name=act)
    if request.method != "POST":
        title, explanation = TURNS[act]
        page = TurnPage(trigger, title, explanation, act in BAD, act in ("pause", "resume"))
        return fragments.render(request, "triggers/turn.html", page)
    try:
        return _turn(request, trigger, act)
    except Conflict as error:
        messages.error(request, str(error))
        return redirect("trigger", name)


def _turn(request: MemberRequest, trigger: Trigger, act: str) -> HttpResponse:
    organization, actor = trigger.organization, Actor.of(request.membership)
    reason = request.POST.get("reason", "").strip()
    if act == "rotate":
        return _secret(request, *services.rotate_secret(organization, trigger.name, actor))
    if act == "remove":
        services.remove_trigger(organization, trigger.name, actor)
        messages.success(request, f"Removed: {trigger.title or trigger.name}.")
        return redirect("triggers")
    if act == "pause":
        services.pause_trigger(organization, trigger.name, actor, reason)
        messages.success(request, "Paused. It starts nothing by itself.")
    else:
        services.resume_trigger(organization, trigger.name, actor, reason)
        messages.success(request, "Resumed.")
    return redirect("trigger", trigger.name)


def _form(request: MemberRequest, trigger: Trigger | None) -> HttpResponse:
    if request.method != "POST":
        return _page(request, trigger, typed_of_trigger(trigger) if trigger else BLANK)
    typed = request.POST.dict() | ({"name": trigger.name, "kind": trigger.kind} if trigger else {})
    if fragments.is_fragment(request) or request.POST.get("act") == "preview":
        return _page(request, trigger, typed)
    value, errors = trigger_in(typed, trigger.labels if trigger else {})
    errors += _clashes(request, trigger, typed)
    if not errors:
        try:
            saved = services.save_trigger(request.membership.organization, value, Actor.of(request.membership))
        except TriggerInvalid as error:
            return _page(request, trigger, typed, error.errors)
        if trigger is None and saved.kind == Kind.WEBHOOK:
            return _secret(request, saved, secret_of(saved))
        messages.success(request, "Saved.")
        return redirect("trigger", saved.name)
    return _page(request, trigger, typed, errors)


def _clashes(request: MemberRequest, trigger: Trigger | None, typed: Mapping[str, str]) -> list[FieldError]:
    if trigger is None:
        named = selectors.triggers(request.membership.organization).filter(name=typed.get("name", "").strip())
        return [FieldError("/name", TAKEN)] if named.exists() else []
    return [] if typed.get("version") == str(trigger.version) else [FieldError("", CHANGED)]


def _page(
    request: MemberRequest, trigger: Trigger | None, typed: Mapping[str, str], errors: list[FieldError] | None = None
) -> HttpResponse:
    names = list(workflows(request.membership.organization).values_list("name", flat=True))
    fields = trigger_fields(names, (trigger.kind,)) if trigger else trigger_fields(names)
    filled = Filled.of(fields, typed, errors or ())
    if trigger:
        form = FormPage.of(filled, reverse("trigger", args=[trigger.name]), trigger.name, trigger.version)
    else:
        form = FormPage.of(filled, reverse("triggers"))
    moment = now()
    preview = Preview.of(*timetable_typed(typed, moment), moment)
    page = TriggerFormPage(form, preview, request.path)
    return fragments.render(request, "triggers/form.html", page, parts=("preview",), status=422 if errors else 200)


def _secret(request: MemberRequest, trigger: Trigger, secret: str) -> HttpResponse:
    # Answered at once, not after a redirect: nowhere between may the secret be kept.
    page = SecretPage(trigger, secret, _hook(request, trigger))
    response = fragments.render(request, "triggers/secret.html", page)
    response.headers["Cache-Control"] = "no-store"
    return response


def _hook(request: MemberRequest, trigger: Trigger) -> str:
    return request.build_absolute_uri(reverse("hook", args=[trigger.pk]))
