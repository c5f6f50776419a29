"""Where agents did not agree: their cases side by side, and a person decides between them."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from coordination.accounts.rights import Right
from coordination.accounts.sign_in import sign_in_of
from coordination.approvals.models import ApprovalRequest, Verdict
from coordination.approvals.question import Manner
from coordination.approvals.selectors import get_request
from coordination.engine.flow.machine import CHOICE
from coordination.runs.conflicts import CONFLICT
from coordination.runs.selectors import councils
from coordination.runs.services import answer
from coordination.shared.errors import Conflict, Forbidden, Invalid
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.conflict import ConflictPage


@require(Right.READ)
def conflict(request: MemberRequest, request_id: UUID) -> HttpResponse:
    """Show each case with what speaks for it, and take a person's choice; another question has a page of its own."""
    found = get_request(request.membership.organization, request_id)
    behind = councils.conflict_behind(found.organization, found.subject) if found.operation == CONFLICT else None
    if behind is None:
        return redirect("approval", found.pk)
    problem = _chosen(request, found) if request.method == "POST" else ""
    if request.method == "POST" and not problem:
        messages.success(request, f"Decided: {found.title}")
        return redirect("approval", found.pk)
    typed = request.POST.get("reason", "")
    page = ConflictPage.of(found, *behind, request.membership, typed, problem)
    return fragments.render(request, "approvals/conflict.html", page, status=422 if problem else 200)


def _chosen(request: MemberRequest, found: ApprovalRequest) -> str:
    """Let the choice hold, and return why it cannot, or ""."""
    revision = request.POST.get("revision", "")
    try:
        answer(
            request.membership,
            found.pk,
            Verdict.APPROVE,
            reason=request.POST.get("reason", ""),
            revision=int(revision) if revision.isdecimal() and len(revision) < 10 else 0,
            parameters={CHOICE: request.POST.get(CHOICE, "")},
            manner=Manner(auth=sign_in_of(request.session)),
        )
    except (Conflict, Forbidden, Invalid) as error:
        return str(error)
    return ""
