"""Holds, retention and erasure: how long the record keeps what it says, and whom it forgets."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.audit import selectors, services, vault
from coordination.audit.errors import HoldInvalid, RetentionTooShort
from coordination.runs.services import erase_person
from coordination.shared.clock import now
from coordination.shared.errors import FieldError
from coordination.web import fragments, words
from coordination.web.access import MemberRequest, may, require
from coordination.web.contexts.audit_anchors import KeepingForm
from coordination.web.contexts.audit_keeping import KeepingPage
from coordination.web.forms.keeping import (
    SCOPES,
    end_of_day,
    erase_fields,
    hold_fields,
    number_in,
    retention_fields,
    typed_of_retention,
)
from coordination.web.forms.manifest import Filled, Wanted
from coordination.web.paging import numbered

_MOST_HOLDS = 100
_MOST_DROPPED = 5
_HOLD = "While it holds, nothing it covers is dropped when its time is over, and nobody it covers can be erased."
_RETENTION = (
    "Older records lose their text in the next night. What is left of each is its hash, so that every proof holds; "
    "what was dropped is itself on record. Nothing goes before 183 days."
)
_ERASE = (
    "Their values go out of every run about them, and what opens the commitments in the record is destroyed. "
    "The records and their proofs stay. Copies of the database made before still hold it all: let them run out."
)


@require_safe
@require(Right.AUDIT_READ)
def keeping(request: MemberRequest) -> HttpResponse:
    """Show holds, how long records are kept, and whom they tell about."""
    organization, may_keep = request.membership.organization, may(request, Right.AUDIT_KEEP)
    name = request.GET.get("name", "").strip() if may_keep else ""
    people = selectors.subjects(organization)
    if name:
        people = people.filter(name_mac=vault.mac_of(organization.pk, name))
    rows, pager = numbered(people, request)
    dropped = selectors.history(organization, "audit").filter(kind="RecordsDropped").order_by("-stream_no")
    page = KeepingPage.of(
        selectors.holds(organization)[:_MOST_HOLDS],
        rows,
        pager,
        name,
        selectors.retention_of(organization),
        list(dropped[:_MOST_DROPPED]),
        request.get_full_path(),
        now(),
        may_keep=may_keep,
    )
    return fragments.render(request, "audit/keeping.html", page, parts=("keeping",))


@require(Right.AUDIT_KEEP)
def new_hold(request: MemberRequest) -> HttpResponse:
    """Offer an empty form, and place the hold that it says."""
    typed = (request.POST if request.method == "POST" else request.GET).dict()
    if request.method != "POST":
        return _form(request, "Place a hold", _HOLD, "Place", hold_fields(), typed)
    organization, actor = request.membership.organization, Actor.of(request.membership)
    scope = SCOPES.get(typed.get("scope", ""), "")
    try:
        until = end_of_day(typed.get("until", ""))
        services.place_hold(organization, scope, typed.get("value", ""), typed.get("reason", ""), actor, until)
    except ValueError:
        errors = [FieldError("/until", "write a day as 2030-12-31")]
    except HoldInvalid as error:
        errors = [FieldError(_place(str(error)), str(error))]
    else:
        messages.success(request, "The hold is in force.")
        return redirect("audit-keeping")
    return _form(request, "Place a hold", _HOLD, "Place", hold_fields(), typed, errors)


@require(Right.AUDIT_KEEP)
def lift_hold(request: MemberRequest, hold_id: UUID) -> HttpResponse:
    """Ask once more, and lift a hold."""
    hold = selectors.hold_of(request.membership.organization, hold_id)
    if request.method == "POST":
        services.lift_hold(hold, Actor.of(request.membership))
        messages.success(request, "The hold is lifted.")
        return redirect("audit-keeping")
    text = f"It was placed because: {hold.reason} From then on retention and erasure pass again."
    return _form(request, "Lift this hold?", text, "Lift", [], {}, tone="bad")


@require(Right.AUDIT_KEEP)
def change_retention(request: MemberRequest) -> HttpResponse:
    """Offer the form with what holds, and set it."""
    organization = request.membership.organization
    title, fields = "How long records are kept", retention_fields()
    if request.method != "POST":
        typed = typed_of_retention(selectors.retention_of(organization))
        return _form(request, title, _RETENTION, "Set", fields, typed)
    typed = request.POST.dict()
    days, long_days = number_in(typed, "days"), number_in(typed, "long_days")
    if days is None or long_days is None:
        errors = [FieldError("/days" if days is None else "/long_days", "write a number of days")]
        return _form(request, title, _RETENTION, "Set", fields, typed, errors)
    try:
        services.set_retention(organization, days, long_days, Actor.of(request.membership))
    except RetentionTooShort as error:
        at = "/days" if days < long_days else "/long_days"
        return _form(request, title, _RETENTION, "Set", fields, typed, [FieldError(at, str(error))])
    messages.success(request, "Records are kept so long from now on.")
    return redirect("audit-keeping")


@require(Right.AUDIT_KEEP)
def erase(request: MemberRequest, subject_id: UUID) -> HttpResponse:
    """Ask once more, and erase a person."""
    organization = request.membership.organization
    subject = selectors.subject_of(organization, subject_id)
    title = f"Erase {vault.name_of(subject) or 'this person'}"
    typed = request.POST.dict()
    basis = typed.get("basis", "").strip()
    if request.method != "POST":
        return _form(request, title, _ERASE, "Erase for good", erase_fields(), {}, tone="bad")
    errors = []
    if not basis:
        errors.append(FieldError("/basis", "say on which legal basis"))
    if "sure" not in typed:
        errors.append(FieldError("/sure", "say so, because it cannot be taken back"))
    if errors:
        return _form(request, title, _ERASE, "Erase for good", erase_fields(), typed, errors, tone="bad")
    changed = erase_person(organization, subject, basis, Actor.of(request.membership))
    messages.success(
        request, f"They are erased; {words.plural(sum(changed.values()), 'row')} beside the record changed."
    )
    return redirect("audit-keeping")


def _place(problem: str) -> str:
    """Return the field that a problem is about."""
    if "say why" in problem:
        return "/reason"
    return "/until" if "over already" in problem else "/scope" if "scope" in problem else "/value"


def _form(
    request: MemberRequest,
    title: str,
    text: str,
    button: str,
    fields: Sequence[Wanted],
    typed: Mapping[str, str],
    errors: Sequence[FieldError] = (),
    tone: str = "",
) -> HttpResponse:
    filled = Filled.of(fields, typed, errors)
    form = KeepingForm.about_keeping(title, text, button, (filled.fields, filled.problems), tone)
    return fragments.render(request, "audit/keeping_form.html", form, status=422 if errors else 200)
