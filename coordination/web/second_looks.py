"""Second looks: what was decided once is judged again by somebody who does not know how."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.rights import Right
from coordination.approvals import selectors, services
from coordination.approvals.models import SecondLook
from coordination.insights.selectors import looked_at
from coordination.shared.errors import Conflict, Forbidden, Invalid
from coordination.web import fragments
from coordination.web.access import MemberRequest, may, require
from coordination.web.contexts.second_looks import DONE, MINE, LookPage, LooksPage
from coordination.web.paging import numbered

_SAID = {
    SecondLook.State.AGREED: "Noted: you say the same as whoever decided first.",
    SecondLook.State.SPLIT: "Noted: you differ from whoever decided first, so a third settles it.",
    SecondLook.State.SETTLED: "Settled, with your reason on record.",
}


@require_safe
@require(Right.READ)
def look_list(request: MemberRequest) -> HttpResponse:
    """Show what waits for a second look of this member, or what they may know of the others."""
    membership, asked = request.membership, request.GET.get("show", "")
    usual = MINE if may(request, Right.APPROVAL_DECIDE) else DONE
    show = asked if asked in (MINE, DONE) else usual
    found = selectors.looks_for(membership) if show == MINE else selectors.looks_seen_by(membership)
    rows, pager = numbered(found, request)
    page = LooksPage.of(rows, pager, membership, show=show, here=request.get_full_path())
    return fragments.render(request, "oversight/looks.html", page, parts=("looks",))


@require_safe
@require(Right.READ)
def look_detail(request: MemberRequest, look_id: UUID) -> HttpResponse:
    """Show one thing as it was put to whoever decided it first."""
    return _page(request, selectors.get_look(request.membership.organization, look_id))


@require_POST
@require(Right.APPROVAL_DECIDE)
def answer_look(request: MemberRequest, look_id: UUID) -> HttpResponse:
    """Take a second verdict, or the third that settles it, and lead on to the next."""
    found = selectors.get_look(request.membership.organization, look_id)
    try:
        look = services.look_again(
            request.membership, look_id, request.POST.get("verdict", ""), request.POST.get("reason", "")[:2000]
        )
    except (Conflict, Forbidden, Invalid) as error:
        found = selectors.get_look(request.membership.organization, look_id)
        return _page(request, found, str(error), status=error.status)
    messages.success(request, _SAID[SecondLook.State(look.state)])
    following = selectors.looks_for(request.membership).first()
    return redirect("second-look", following.pk) if following else redirect("second-looks")


def _page(request: MemberRequest, look: SecondLook, problem: str = "", status: int = 200) -> HttpResponse:
    page = LookPage.of(look, looked_at(look), request.membership, request.POST.dict(), problem)
    return fragments.render(request, "oversight/look.html", page, status=status)
