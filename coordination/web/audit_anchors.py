"""Anchors: where checkpoints are kept besides here, and the logs that are witnessed here."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.audit import selectors, services
from coordination.audit.delivering import secret_of
from coordination.audit.errors import AnchorInvalid, AnchorKnown, LogInvalid
from coordination.audit.models import AnchorKind
from coordination.shared.errors import FieldError
from coordination.web import fragments
from coordination.web.access import MemberRequest, may, require
from coordination.web.contexts.audit_anchors import AnchorsPage, KeepingForm, SecretPage
from coordination.web.forms.keeping import KINDS, anchor_fields, log_fields
from coordination.web.forms.manifest import Filled

_NEW = (
    "Every checkpoint that is sent there is one that nobody can take back: whoever rewrites the log later is found out."
)
_NEW_LOG = (
    "Another installation sends its checkpoints here, and each that continues the last one is signed. "
    "Its keeper sets the address and the key of this witness."
)


@require_safe
@require(Right.AUDIT_READ)
def anchor_list(request: MemberRequest) -> HttpResponse:
    """Show all anchors and how they do, what is wrong, and this organization as a witness."""
    organization = request.membership.organization
    page = AnchorsPage.of(
        selectors.anchors(organization),
        selectors.logs(organization),
        selectors.alarms(organization),
        (services.witness_of(organization).text(), request.build_absolute_uri(f"/witness/{organization.slug}")),
        request.get_full_path(),
        may_keep=may(request, Right.AUDIT_KEEP),
    )
    return fragments.render(request, "audit/anchors.html", page, parts=("anchors",))


@require(Right.AUDIT_KEEP)
def new_anchor(request: MemberRequest) -> HttpResponse:
    """Offer an empty form, and add the anchor that it says."""
    if request.method != "POST":
        return _anchor_form(request, {})
    typed = request.POST.dict()
    kind, actor = KINDS.get(typed.get("kind", ""), ""), Actor.of(request.membership)
    organization, address = request.membership.organization, typed.get("address", "")
    try:
        anchor = services.add_anchor(organization, kind, address, actor, key=typed.get("key", "").strip())
    except (AnchorInvalid, AnchorKnown) as error:
        at = "/key" if "key" in str(error) else "/address"
        return _anchor_form(request, typed, [FieldError(at, str(error))])
    if anchor.kind == AnchorKind.WEBHOOK:
        return fragments.render(request, "audit/secret.html", SecretPage(anchor, secret_of(anchor)))
    messages.success(request, "Checkpoints are sent there from now on.")
    return redirect("audit-anchors")


@require_POST
@require(Right.AUDIT_KEEP)
def tell_anchor(request: MemberRequest, anchor_id: UUID) -> HttpResponse:
    """Send the newest checkpoint now."""
    told = services.tell_now(selectors.anchor_of(request.membership.organization, anchor_id))
    if told.problem:
        messages.error(request, f"{told.address}: {told.problem}")
    else:
        messages.success(request, f"{told.address} has the newest checkpoint.")
    return redirect("audit-anchors")


@require_POST
@require(Right.AUDIT_READ)
def ask_anchor(request: MemberRequest, anchor_id: UUID) -> HttpResponse:
    """Compare the log with what the anchor was told."""
    anchor = selectors.anchor_of(request.membership.organization, anchor_id)
    problems = services.ask_anchor(anchor)
    for problem in problems:
        messages.error(request, f"{anchor.address}: {problem}")
    if not problems:
        messages.success(request, f"The log is what {anchor.address} was told.")
    return redirect("audit-anchors")


@require(Right.AUDIT_KEEP)
def remove_anchor(request: MemberRequest, anchor_id: UUID) -> HttpResponse:
    """Ask once more, and send no more there."""
    anchor = selectors.anchor_of(request.membership.organization, anchor_id)
    if request.method == "POST":
        services.remove_anchor(anchor, Actor.of(request.membership))
        messages.success(request, f"Nothing is sent to {anchor.address} any more.")
        return redirect("audit-anchors")
    text = "What it was told stays there and stays known here; later changes of the log will not be found by it."
    form = KeepingForm.about_anchors(f"Send no more to {anchor.address}?", text, "Remove", ({}, []), "bad")
    return fragments.render(request, "audit/keeping_form.html", form)


@require(Right.AUDIT_KEEP)
def new_log(request: MemberRequest) -> HttpResponse:
    """Offer an empty form, and witness the log that it names."""
    if request.method != "POST":
        return _log_form(request, {})
    typed = request.POST.dict()
    try:
        log = services.watch_log(request.membership.organization, typed.get("keys", ""), Actor.of(request.membership))
    except LogInvalid as error:
        return _log_form(request, typed, [FieldError("/keys", str(error))])
    messages.success(request, f"{log.origin} is witnessed from now on.")
    return redirect("audit-anchors")


@require(Right.AUDIT_KEEP)
def forget_log(request: MemberRequest, log_id: UUID) -> HttpResponse:
    """Ask once more, and witness a log no longer."""
    log = selectors.log_of(request.membership.organization, log_id)
    if request.method == "POST":
        services.forget_log(log, Actor.of(request.membership))
        messages.success(request, f"{log.origin} is not witnessed any more.")
        return redirect("audit-anchors")
    text = "Its checkpoints get no signature from here any more, and what was seen of it is forgotten."
    form = KeepingForm.about_anchors(f"Witness {log.origin} no longer?", text, "Forget", ({}, []), "bad")
    return fragments.render(request, "audit/keeping_form.html", form)


def _anchor_form(request: MemberRequest, typed: Mapping[str, str], errors: Sequence[FieldError] = ()) -> HttpResponse:
    filled = Filled.of(anchor_fields(), typed, errors)
    form = KeepingForm.about_anchors("Add an anchor", _NEW, "Add", (filled.fields, filled.problems))
    return fragments.render(request, "audit/keeping_form.html", form, status=422 if errors else 200)


def _log_form(request: MemberRequest, typed: Mapping[str, str], errors: Sequence[FieldError] = ()) -> HttpResponse:
    filled = Filled.of(log_fields(), typed, errors)
    form = KeepingForm.about_anchors("Witness a log", _NEW_LOG, "Witness", (filled.fields, filled.problems))
    return fragments.render(request, "audit/keeping_form.html", form, status=422 if errors else 200)
