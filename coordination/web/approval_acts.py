"""What people do about a question beside deciding it: take it up, take an answer back, answer what was asked."""

from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from coordination.accounts.rights import Right
from coordination.approvals import selectors, services
from coordination.approvals.held import HeldAnswer
from coordination.approvals.models import ApprovalRequest
from coordination.shared.errors import Conflict, Forbidden, Invalid
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.approvals import SHOWN


@require_POST
@require(Right.APPROVAL_DECIDE)
def claim(request: MemberRequest, request_id: UUID) -> HttpResponse:
    """Take a question up for ten minutes, or give it back."""
    act = services.let_go if request.POST.get("act") == "let-go" else services.claim
    return _do(request, request_id, lambda found: act(found, request.membership))


@require_POST
@require(Right.APPROVAL_DECIDE)
def undo(request: MemberRequest, request_id: UUID) -> HttpResponse:
    """Take back an answer that does not count yet."""
    return _do(request, request_id, lambda found: services.take_back(found, request.membership), "Taken back: {title}.")


@require_POST
@require(Right.APPROVAL_DECIDE)
def undo_together(request: MemberRequest) -> HttpResponse:
    """Take back what was answered together, as far as it does not count yet."""
    n = 0
    for found in selectors.held_of(request.membership):
        held = HeldAnswer.of(found)
        if held is None or not held.batch or held.batch != request.POST.get("batch"):
            continue
        try:
            services.take_back(found, request.membership)
        except (Conflict, Forbidden):
            continue
        n += 1
    if n:
        messages.success(request, f"Taken back: {n} answers.")
    else:
        messages.error(request, "It is too late to take these back: they have been carried out.")
    return redirect("approvals")


@require_POST
@require(Right.READ)
def inform(request: MemberRequest, request_id: UUID) -> HttpResponse:
    """Answer as a person what was asked back."""
    text = request.POST.get("text", "")[:4000]
    return _do(
        request, request_id, lambda found: services.give_info(found, request.membership, text), "Answered: {title}."
    )


def _do(
    request: MemberRequest, request_id: UUID, act: Callable[[ApprovalRequest], object], done: str = ""
) -> HttpResponse:
    """Do it and show the question again, with what came of it."""
    found = selectors.get_request(request.membership.organization, request_id)
    try:
        act(found)
    except (Conflict, Forbidden, Invalid) as error:
        messages.error(request, str(error))
    else:
        if done:
            messages.success(request, done.format(title=found.title))
    show = request.GET.get("show", "")
    query = f"?{urlencode({'show': show})}" if show in SHOWN else ""
    return redirect(f"{reverse('approval', args=[found.pk])}{query}")
