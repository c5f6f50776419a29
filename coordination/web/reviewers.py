"""How people judge, and what they say before they are advised."""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.rights import Right
from coordination.approvals import selectors, services
from coordination.insights.selectors import Outcomes, became_of, outcomes_by_reviewer
from coordination.shared.clock import now
from coordination.shared.errors import Conflict, Forbidden, Invalid, NotFound
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.approvals import SHOWN
from coordination.web.contexts.reviewers import PERIODS, ReviewerPage, ReviewersPage
from coordination.web.forms.approvals import whole

USUAL_DAYS = 90


@require_safe
@require(Right.READ)
def reviewer_list(request: MemberRequest) -> HttpResponse:
    """Show how everybody judges; whoever may not see others sees themselves."""
    membership, days = request.membership, _days(request)
    since, sees_all = now() - timedelta(days=days), selectors.may_see_reviewers(membership)
    board = selectors.board_of(membership.organization, since)
    page = ReviewersPage.of(
        board if sees_all else selectors.only(board, membership),
        outcomes_by_reviewer(membership.organization, since),
        selectors.terms_of(membership.organization),
        days=days,
        me=membership.user_id,
        sees_all=sees_all,
        here=request.get_full_path(),
    )
    return fragments.render(request, "oversight/reviewers.html", page, parts=("board",))


@require_safe
@require(Right.READ)
def reviewer_detail(request: MemberRequest, username: str) -> HttpResponse:
    """Show how one person judges, and what became of what they approved; others' only to whoever may see it."""
    membership, since = request.membership, now() - timedelta(days=USUAL_DAYS)
    organization, is_me = membership.organization, username == membership.user.username
    board = selectors.board_of(organization, since)
    one = next((found for found in board.reviewers if found.username == username), None)
    if one is None or not (is_me or selectors.may_see_reviewers(membership)):
        raise NotFound(kind="reviewer", name=username)
    page = ReviewerPage.of(
        one,
        outcomes_by_reviewer(organization, since).get(one.user_id, Outcomes()),
        became_of(organization, one.user_id, since),
        selectors.exercises_answered(organization, one.user_id, since),
        selectors.terms_of(organization),
        is_me=is_me,
    )
    return fragments.render(request, "oversight/reviewer.html", page)


@require_POST
@require(Right.APPROVAL_DECIDE)
def judge_first(request: MemberRequest, request_id: UUID) -> HttpResponse:
    """Keep what somebody thinks by themselves, and show them what others think of it."""
    found = selectors.get_request(request.membership.organization, request_id)
    given = request.POST
    revision = whole(given.get("revision", ""))
    try:
        services.judge_first(found, request.membership, given.get("judgement", ""), revision, given.get("note", ""))
    except (Conflict, Forbidden, Invalid) as error:
        messages.error(request, str(error))
    show = request.GET.get("show", "")
    query = f"?{urlencode({'show': show})}" if show in SHOWN else ""
    return redirect(f"{reverse('approval', args=[found.pk])}{query}")


def _days(request: MemberRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked in map(str, PERIODS) else USUAL_DAYS
