"""Approvals: the queue, one question, and what people answer."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.models import Membership, Organization
from coordination.accounts.rights import Right
from coordination.accounts.selectors import members
from coordination.accounts.sign_in import sign_in_of
from coordination.approvals import selectors, services
from coordination.approvals.errors import VerdictUnknown
from coordination.approvals.models import ApprovalRequest, Verdict
from coordination.approvals.question import Manner
from coordination.policies.selectors.activity import decided
from coordination.policies.services import answer_review
from coordination.risk.selectors import tables_of
from coordination.runs.models import Run
from coordination.runs.selectors import runs
from coordination.runs.services import answer_approval, ask_back
from coordination.shared.clock import now
from coordination.shared.errors import Conflict, FieldError, Forbidden, Invalid
from coordination.web import fragments
from coordination.web.access import MemberRequest, may, require
from coordination.web.contexts.approval import Pane, has_changed
from coordination.web.contexts.approvals import SHOWN, ApprovalsPage
from coordination.web.contexts.links import run_of
from coordination.web.contexts.policy_review import PolicyReview
from coordination.web.forms.approvals import NOTHING_TYPED, Typed, values_in
from coordination.web.paging import numbered

WEEK = timedelta(days=7)
DONE = {
    Verdict.APPROVE: "Approved",
    Verdict.REJECT: "Rejected",
    Verdict.EDIT: "Edited; someone else approves it now",
    Verdict.REQUEST_INFO: "Asked back",
    Verdict.DELEGATE: "Handed on",
    Verdict.ESCALATE: "Handed up",
    Verdict.RETURN: "Sent back to be planned again",
    Verdict.ABSTAIN: "Left to others",
    Verdict.BREAK_GLASS: "Approved alone; others look at it within a day",
}


# Who carries on once people have answered: by the kind of thing that a question is about.
ANSWERS: dict[str, Callable[..., ApprovalRequest]] = {
    "run": answer_approval,
    "guard": answer_approval,
    "policy": answer_review,
    "review": services.answer_post_review,
}


@require_safe
@require(Right.READ)
def approval_list(request: MemberRequest) -> HttpResponse:
    """Show the queue, and its first question."""
    return _page(request, None)


@require_safe
@require(Right.READ)
def approval(request: MemberRequest, request_id: UUID) -> HttpResponse:
    """Show one question beside the queue."""
    return _page(request, selectors.get_request(request.membership.organization, request_id))


@require_safe
@require(Right.READ)
def approval_changed(request: MemberRequest, request_id: UUID) -> HttpResponse:
    """Tell someone who reads a question whether it changed under their eyes."""
    found = selectors.get_request(request.membership.organization, request_id)
    seen = request.GET.get("seen", "")
    context = {"request_id": found.id, "seen": seen, "changed": has_changed(found, seen)}
    return render(request, "approvals/changed.html", context)


@require_POST
@require(Right.APPROVAL_DECIDE)
def answer(request: MemberRequest, request_id: UUID) -> HttpResponse:
    """Take an answer and lead on to the next question; what cannot be taken is said where it was typed."""
    found = selectors.get_request(request.membership.organization, request_id)
    typed = Typed.of(request.POST.dict())
    if typed.only_opens:
        return _page(request, found, typed)
    parameters, errors = values_in(found, typed) if typed.is_editing else (None, [])
    if errors:
        return _page(request, found, typed, errors, "The values cannot be read.", status=422)
    try:
        _say(request.membership, found, typed, parameters, Manner(auth=sign_in_of(request.session)))
    except (Conflict, Invalid, Forbidden) as error:
        # Read again: what refused the answer may have changed the question.
        found = selectors.get_request(request.membership.organization, request_id)
        return _page(request, found, typed, error.errors, str(error), status=error.status)
    return _next(request, found, Verdict(typed.verdict))


def _say(membership: Membership, found: ApprovalRequest, typed: Typed, parameters: Any, manner: Manner) -> None:
    match typed.verdict:
        case Verdict.REQUEST_INFO:
            ask_back(membership, found.id, typed.reason, typed.revision, manner)
        case Verdict.DELEGATE:
            services.delegate(found, membership, typed.to, typed.reason, typed.revision, manner=manner)
        case Verdict.ESCALATE:
            services.escalate(found, membership, typed.reason, typed.revision, manner=manner)
        case _ if typed.verdict in Verdict.values:
            said: dict[str, Any] = {"reason": typed.reason, "revision": typed.revision, "parameters": parameters}
            ANSWERS[found.subject.partition(":")[0]](membership, found.id, typed.verdict, **said, manner=manner)
        case _:
            raise VerdictUnknown(verdict=typed.verdict, known=", ".join(Verdict.values))


def _next(request: MemberRequest, answered: ApprovalRequest, verdict: Verdict) -> HttpResponse:
    following = selectors.pending_for(request.membership).exclude(pk=answered.pk).first()
    messages.success(request, f"{DONE[verdict]}: {answered.title}.")
    show = urlencode({"show": _shown(request)})
    if following is None:
        return redirect(f"{reverse('approvals')}?{show}")
    return redirect(f"{reverse('approval', args=[following.id])}?{show}")


def _page(
    request: MemberRequest,
    found: ApprovalRequest | None,
    typed: Typed = NOTHING_TYPED,
    errors: Iterable[FieldError] = (),
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    membership, organization, show, at = request.membership, request.membership.organization, _shown(request), now()
    rows, pager = numbered(_queue(membership, show), request)
    chosen = found or next(iter(rows), None)
    about = _runs_of(organization, [*rows, *([chosen] if chosen else [])])
    pane = None
    if chosen is not None:
        run = about.get(run_of(chosen.subject) or chosen.id)
        others = list(members(organization))
        said = list(errors)
        pane = Pane.of(
            chosen,
            run,
            membership,
            others,
            typed=typed,
            errors=said,
            problem=problem,
            review=PolicyReview.of(organization, chosen),
            decision=decided(organization, chosen.policy_decision_id),
            bands=tables_of(organization).bands,
            now=at,
        )
    page = ApprovalsPage.of(
        rows,
        pager,
        show=show,
        here=_here(request, found, show),
        counts=selectors.queue_counts(membership),
        median_s=selectors.median_decision_s(organization, at - WEEK),
        runs=about,
        pane=pane,
        is_one=found is not None,
        now=at,
    )
    return fragments.render(request, "approvals/list.html", page, parts=("queue", "counts"), status=status)


def _queue(membership: Membership, show: str) -> QuerySet[ApprovalRequest]:
    if show == "mine":
        return selectors.pending_for(membership)
    listed = selectors.decided if show == "decided" else selectors.open_requests
    return listed(membership.organization)


def _shown(request: MemberRequest) -> str:
    """Return which list is shown; who decides nothing sees everyone's."""
    asked = request.GET.get("show", "")
    return asked if asked in SHOWN else "mine" if may(request, Right.APPROVAL_DECIDE) else "team"


def _here(request: MemberRequest, found: ApprovalRequest | None, show: str) -> str:
    """Return the address at which the list reads itself again; an answer that was not taken came from another."""
    path = reverse("approval", args=[found.id]) if found else reverse("approvals")
    page = request.GET.get("page", "")
    return f"{path}?{urlencode({'show': show} | ({'page': page} if page.isdecimal() else {}))}"


def _runs_of(organization: Organization, requests: Iterable[ApprovalRequest]) -> dict[UUID, Run]:
    """Return the runs that questions are about, in one query."""
    wanted = {found for request in requests if (found := run_of(request.subject))}
    return runs(organization).in_bulk(wanted) if wanted else {}
