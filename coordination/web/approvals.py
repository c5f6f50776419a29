"""Approvals: the queue, one question, and what people answer."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.models import Membership, Organization
from coordination.accounts.rights import Right
from coordination.accounts.sign_in import sign_in_of
from coordination.approvals import selectors, services
from coordination.approvals.errors import VerdictUnknown
from coordination.approvals.models import ApprovalRequest, Band, Verdict
from coordination.approvals.question import Manner
from coordination.runs.models import Run
from coordination.runs.selectors import runs
from coordination.runs.services import answer as give
from coordination.runs.services import ask_back
from coordination.shared.clock import now
from coordination.shared.errors import Conflict, Forbidden, Invalid
from coordination.web import fragments
from coordination.web.access import MemberRequest, may, require
from coordination.web.approval_pane import known_of
from coordination.web.contexts.approval import Known, Pane, Said
from coordination.web.contexts.approval_clock import load_notice
from coordination.web.contexts.approval_said import BATCH, DONE, Answered, answered, has_changed
from coordination.web.contexts.approvals import SHOWN, ApprovalsPage, Asked
from coordination.web.contexts.links import run_of
from coordination.web.forms.approvals import Typed, dwell_ms, values_in
from coordination.web.paging import numbered

WEEK = timedelta(days=7)
# More rows than anybody looks through would make the page heavy: it reads them again whenever the queue moves.
ROWS = 20


@require_safe
@require(Right.READ)
def approval_list(request: MemberRequest) -> HttpResponse:
    """Show the queue, and its first question."""
    return page(request, None)


@require_safe
@require(Right.READ)
def approval(request: MemberRequest, request_id: UUID) -> HttpResponse:
    """Show one question beside the queue."""
    return page(request, selectors.get_request(request.membership.organization, request_id))


@require_safe
@require(Right.READ)
def approval_changed(request: MemberRequest, request_id: UUID) -> HttpResponse:
    """Tell someone who reads a question whether it changed under their eyes."""
    found = selectors.get_request(request.membership.organization, request_id)
    seen = request.GET.get("seen", "")
    changed = has_changed(found, seen, request.membership.user_id, now())
    return render(request, "approvals/changed.html", {"request_id": found.id, "seen": seen, "changed": changed})


@require_POST
@require(Right.APPROVAL_DECIDE)
def answer(request: MemberRequest, request_id: UUID) -> HttpResponse:
    """Take an answer and lead on to the next question; what cannot be taken is said where it was typed."""
    found = selectors.get_request(request.membership.organization, request_id)
    typed = Typed.of(request.POST)
    if typed.only_opens:
        return page(request, found, Said(typed))
    parameters, errors = values_in(found, typed) if typed.is_editing else (None, [])
    if errors:
        return page(request, found, Said(typed, errors, "The values cannot be read."), status=422)
    try:
        _say(request.membership, found, typed, parameters, manner_of(request, found, typed))
    except (Conflict, Invalid, Forbidden) as error:
        # Read again: what refused the answer may have changed the question.
        found = selectors.get_request(request.membership.organization, request_id)
        said = Said(typed, error.errors, str(error), looks_again=error.code == "look-again")
        return page(request, found, said, status=error.status)
    return _next(request, found, Verdict(typed.verdict))


def manner_of(request: MemberRequest, found: ApprovalRequest, typed: Typed) -> Manner:
    """Return how the person came to what they say, as far as the page knows it."""
    return Manner(
        auth=sign_in_of(request.session),
        dwell_ms=dwell_ms(found.pk, typed.opened),
        evidence_opened=typed.seen,
        is_confirmed=typed.is_confirmed,
    )


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
            give(membership, found.id, typed.verdict, **said, manner=manner, undoable=True)
        case _:
            raise VerdictUnknown(verdict=typed.verdict, known=", ".join(Verdict.values))


def _next(request: MemberRequest, given: ApprovalRequest, verdict: Verdict) -> HttpResponse:
    """Lead on to the next question of the same list; a held answer is told there, with its Undo."""
    given.refresh_from_db(fields=["held"])
    said = {}
    if given.held:
        said = {"said": str(given.pk)}
    else:
        messages.success(request, f"{DONE[verdict]}: {given.title}.")
        if lesson := selectors.lesson_for(given, request.membership):
            messages.add_message(request, messages.SUCCESS if lesson.caught else messages.WARNING, lesson.text)
    asked = _asked(request)
    waiting = _filtered(selectors.mine_first(request.membership), asked).exclude(pk=given.pk)
    # The one below it in the list; from the last one on, the first.
    below = Q(due_at__gt=given.due_at) | Q(due_at=given.due_at, pk__gt=given.pk)
    following = waiting.filter(below).first() or waiting.first()
    query = urlencode(asked.query | said)
    if following is None:
        return redirect(f"{reverse('approvals')}?{query}")
    return redirect(f"{reverse('approval', args=[following.id])}?{query}")


def page(
    request: MemberRequest, found: ApprovalRequest | None, said: Said | None = None, status: int = 200
) -> HttpResponse:
    """Show the queue beside a question, or beside its own first one."""
    membership, asked, at = request.membership, _asked(request), now()
    organization = membership.organization
    rows, pager = numbered(_filtered(_queue(membership, asked.show), asked), request, ROWS)
    chosen = found or next(iter(rows), None)
    about = _runs_of(organization, [*rows, *([chosen] if chosen else [])])
    pane = None
    # A part of the page that reads itself again shows no question.
    if chosen is not None:
        known = Known() if fragments.wants_part(request, PARTS) else _known(request, chosen, about, at)
        pane = Pane.of(chosen, membership, known, at, said)
    shown = ApprovalsPage.of(
        rows,
        pager,
        asked=asked,
        here=_here(request, found, asked),
        counts=selectors.queue_counts(membership),
        median_s=selectors.median_decision_s(organization, at - WEEK),
        answered=_answered(membership, asked),
        load=_load(request),
        runs=about,
        pane=pane,
        is_one=found is not None,
        now=at,
    )
    return fragments.render(request, "approvals/list.html", shown, parts=PARTS, status=status)


PARTS = ("queue", "counts", "answered")


def _known(request: MemberRequest, chosen: ApprovalRequest, about: dict[UUID, Run], at: datetime) -> Known:
    run = about.get(run_of(chosen.subject) or chosen.id)
    return known_of(request.membership, chosen, run, request.session, at)


def _load(request: MemberRequest) -> str:
    """Return what to tell somebody who has too much before them; parts that read themselves again do without."""
    if fragments.wants_part(request, PARTS) or not may(request, Right.APPROVAL_DECIDE):
        return ""
    return load_notice(selectors.load_of(request.membership))


def _queue(membership: Membership, show: str) -> QuerySet[ApprovalRequest]:
    if show == "mine":
        return selectors.mine_first(membership)
    listed = selectors.decided if show == "decided" else selectors.open_requests
    return listed(membership.organization)


def _filtered(found: QuerySet[ApprovalRequest], asked: Asked) -> QuerySet[ApprovalRequest]:
    if asked.risk:
        found = found.filter(risk_band=asked.risk)
    if asked.text:
        text = asked.text
        found = found.filter(Q(title__icontains=text) | Q(agent__icontains=text) | Q(operation__icontains=text))
    return found


def _asked(request: MemberRequest) -> Asked:
    """Return which list is shown; who decides nothing sees everyone's."""
    show, risk = request.GET.get("show", ""), request.GET.get("risk", "")
    if show not in SHOWN:
        show = "mine" if may(request, Right.APPROVAL_DECIDE) else "team"
    return Asked(
        show=show,
        text=request.GET.get("q", "").strip()[:100],
        risk=risk if risk in Band.values else "",
        said=request.GET.get("said", "")[:60],
    )


def _answered(membership: Membership, asked: Asked) -> list[Answered]:
    """Return what this member answered a moment ago, with the lesson where it was an exercise."""
    said = list(_said_before(membership, asked.said))
    lessons = {one.pk: found for one in said if (found := selectors.lesson_for(one, membership))}
    return answered(selectors.held_of(membership), said, membership.user_id, lessons)


def _said_before(membership: Membership, said: str) -> Iterable[ApprovalRequest]:
    """Return the question that the address names as answered a moment ago."""
    if not said or said.startswith(BATCH):
        return []
    try:
        return selectors.requests(membership.organization).filter(pk=UUID(said))
    except ValueError:
        return []


def _here(request: MemberRequest, found: ApprovalRequest | None, asked: Asked) -> str:
    """Return the address at which the list reads itself again; an answer that was not taken came from another."""
    path = reverse("approval", args=[found.id]) if found else reverse("approvals")
    number = request.GET.get("page", "")
    said = {"said": asked.said} if asked.said else {}
    return f"{path}?{urlencode(asked.query | said | ({'page': number} if number.isdecimal() else {}))}"


def _runs_of(organization: Organization, requests: Iterable[ApprovalRequest]) -> dict[UUID, Run]:
    """Return the runs that questions are about, in one query."""
    wanted = {found for request in requests if (found := run_of(request.subject))}
    return runs(organization).in_bulk(wanted) if wanted else {}
