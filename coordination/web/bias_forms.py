"""The forms about bias: make and change monitors, and say what is known of people."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.agents.selectors import tools
from coordination.bias import selectors
from coordination.bias.models import BiasMonitor
from coordination.bias.services import forget_attribute, forget_person, put_characteristics
from coordination.insights.services import remove_monitor, save_monitor
from coordination.manifests.checking import check
from coordination.shared.errors import FieldError
from coordination.shared.manifests import ManifestInvalid
from coordination.web import fragments, words
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.bias import AttributesPage, known_row
from coordination.web.contexts.forms import FormPage
from coordination.web.contexts.risk_tabs import BIAS, tabs
from coordination.web.forms.bias import (
    BLANK,
    characteristic_fields,
    characteristics_in,
    monitor_fields,
    monitor_in,
    typed_of_monitor,
)
from coordination.web.forms.manifest import Filled
from coordination.workflows.selectors import workflows

TAKEN = "there is a monitor of this name already"
CHANGED = "Someone else saved this monitor since you opened it; save again to replace what they wrote."


@require(Right.BIAS_EDIT)
def new_monitor(request: MemberRequest) -> HttpResponse:
    """Offer an empty form, and make a monitor of it."""
    return _form(request, None)


@require(Right.BIAS_EDIT)
def edit_monitor(request: MemberRequest, name: str) -> HttpResponse:
    """Offer a monitor's form, and save what becomes of it."""
    return _form(request, selectors.monitor_named(request.membership.organization, name))


@require(Right.BIAS_EDIT)
def remove(request: MemberRequest, name: str) -> HttpResponse:
    """Ask once more, and forget a monitor."""
    monitor = selectors.monitor_named(request.membership.organization, name)
    if request.method != "POST":
        return fragments.render(request, "bias/remove.html", monitor)
    remove_monitor(monitor.organization, name, Actor.of(request.membership))
    messages.success(request, f"Removed: {monitor.title or name}.")
    return redirect("bias")


@require(Right.BIAS_ATTRIBUTES)
def attributes(request: MemberRequest) -> HttpResponse:
    """Take a table of what is known of people; nobody's own is ever shown."""
    typed: dict[str, str] = {}
    errors: list[FieldError] = []
    organization = request.membership.organization
    if request.method == "POST":
        typed = {"rows": request.POST.get("rows", "")}
        known, errors = characteristics_in(typed["rows"])
        if known and not errors:
            people = put_characteristics(organization, known, Actor.of(request.membership))
            messages.success(request, f"Kept for {words.plural(people, 'person', 'people')}.")
            return redirect("bias-attributes")
        errors = errors or [FieldError("/rows", "it says nothing of anybody")]
    filled = Filled.of(characteristic_fields(), typed, errors)
    rows = [known_row(one) for one in selectors.known_characteristics(organization)]
    page = AttributesPage(tabs(BIAS), rows, filled.fields, filled.problems)
    return fragments.render(request, "bias/attributes.html", page, status=422 if errors else 200)


@require_POST
@require(Right.BIAS_ATTRIBUTES)
def forget(request: MemberRequest) -> HttpResponse:
    """Forget what is known of a person, or one attribute of everybody."""
    organization, actor = request.membership.organization, Actor.of(request.membership)
    if attribute := request.POST.get("attribute", ""):
        gone = forget_attribute(organization, attribute, actor)
        messages.success(request, f"Forgotten: {attribute} of {words.plural(gone, 'person', 'people')}.")
    elif person := request.POST.get("subject", "").strip():
        gone = forget_person(organization, person, actor)
        messages.success(request, "Forgotten." if gone else "Nothing was known of this person.")
    return redirect("bias-attributes")


def _form(request: MemberRequest, monitor: BiasMonitor | None) -> HttpResponse:
    if request.method != "POST":
        return _page(request, monitor, typed_of_monitor(monitor) if monitor else BLANK)
    typed = request.POST.dict() | ({"name": monitor.name} if monitor else {})
    value, errors = monitor_in(typed, monitor.labels if monitor else {})
    errors += _clashes(request, monitor, typed)
    if not errors:
        try:
            saved = save_monitor(request.membership.organization, check(value), Actor.of(request.membership))
        except ManifestInvalid as error:
            return _page(request, monitor, typed, error.errors)
        messages.success(request, "Saved.")
        return redirect("bias-monitor", saved.name)
    return _page(request, monitor, typed, errors)


def _clashes(request: MemberRequest, monitor: BiasMonitor | None, typed: Mapping[str, str]) -> list[FieldError]:
    if monitor is None:
        named = selectors.monitors(request.membership.organization).filter(name=typed.get("name", "").strip())
        return [FieldError("/metadata/name", TAKEN)] if named.exists() else []
    return [] if typed.get("version") == str(monitor.version) else [FieldError("", CHANGED)]


def _page(
    request: MemberRequest,
    monitor: BiasMonitor | None,
    typed: Mapping[str, str],
    errors: list[FieldError] | None = None,
) -> HttpResponse:
    organization = request.membership.organization
    names = [list(found.values_list("name", flat=True)) for found in (workflows(organization), tools(organization))]
    filled = Filled.of(monitor_fields(*names), typed, errors or ())
    if monitor:
        page = FormPage.of(filled, reverse("bias-monitor", args=[monitor.name]), monitor.name, monitor.version)
    else:
        page = FormPage.of(filled, reverse("bias"))
    return fragments.render(request, "bias/form.html", page, status=422 if errors else 200)
