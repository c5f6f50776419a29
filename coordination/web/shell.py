"""The parts of the frame that read themselves again."""

from django.http import HttpResponse
from django.shortcuts import render

from coordination.accounts.rights import Right
from coordination.approvals.selectors import mine_first
from coordination.web.access import MemberRequest, require


@require(Right.READ)
def n_waiting(request: MemberRequest) -> HttpResponse:
    """Show how many questions wait for this member."""
    n = mine_first(request.membership).count()
    return render(request, "components/waiting_badge.html", {"n": n})
