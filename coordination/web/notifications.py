"""One's own inbox, and what one wants to be told. Opening an address decides nothing and marks nothing."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.actors import Actor
from coordination.accounts.rights import Right
from coordination.notifications import selectors, services
from coordination.notifications.errors import WishInvalid
from coordination.notifications.models import DeliveryState
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.notifications import ChoicesPage, InboxPage
from coordination.web.contexts.shell import Bell
from coordination.web.forms.manifest import Filled
from coordination.web.forms.notifications import hours_fields, hours_in, typed_of_hours, ways_in
from coordination.web.paging import newest_first


@require_safe
@require(Right.READ)
def bell(request: MemberRequest) -> HttpResponse:
    """Show how much is unread."""
    return render(request, "components/bell.html", {"bell": Bell.of(request.membership)})


@require_safe
@require(Right.READ)
def inbox(request: MemberRequest) -> HttpResponse:
    """Show what a member was told, newest first."""
    membership = request.membership
    unread = request.GET.get("show") != "all"
    items, pager = newest_first(selectors.inbox(membership, unread=unread), request)
    known = selectors.abouts(membership.organization, [item.notice for item in items])
    n_unread, here = selectors.n_unread(membership), request.get_full_path()
    page = InboxPage.of(membership, items, known, pager, n_unread, here, unread=unread)
    return fragments.render(request, "notifications/inbox.html", page, parts=("inbox",))


@require_POST
@require(Right.READ)
def open_item(request: MemberRequest, item_id: UUID) -> HttpResponse:
    """Mark an item as read, and go to what it is about."""
    return redirect(services.mark_read(request.membership, item_id).notice.link)


@require_POST
@require(Right.READ)
def mark_item(request: MemberRequest, item_id: UUID) -> HttpResponse:
    """Mark an item as read or as unread."""
    act = services.mark_unread if request.POST.get("as") == "unread" else services.mark_read
    act(request.membership, item_id)
    return redirect(_inbox_of(request))


@require_POST
@require(Right.READ)
def read_all(request: MemberRequest) -> HttpResponse:
    """Mark everything as read."""
    services.mark_all_read(request.membership)
    return redirect(_inbox_of(request))


@require(Right.READ)
def settings(request: MemberRequest) -> HttpResponse:
    """Show what a member is told and how, and take over what they choose."""
    return _choices(request, is_own=True)


@require(Right.NOTIFICATION_EDIT)
def queues(request: MemberRequest) -> HttpResponse:
    """Show what everyone is told who chose nothing themselves, and take over what is chosen."""
    return _choices(request, is_own=False)


@require_POST
@require(Right.READ)
def hours(request: MemberRequest) -> HttpResponse:
    """Take over when a member is written to."""
    typed = request.POST.dict()
    changes, errors = hours_in(typed)
    if not errors:
        try:
            services.set_hours(request.membership, Actor.of(request.membership), **changes)
        except WishInvalid as error:
            errors = list(error.errors)
    if errors:
        return _page(request, "", Filled.of(hours_fields(), typed, errors), is_own=True)
    messages.success(request, "You are written to at these hours from now on.")
    return redirect("notification-settings")


@require_POST
@require(Right.READ)
def try_mail(request: MemberRequest) -> HttpResponse:
    """Write an e-mail to oneself."""
    sent = services.try_mail(request.membership)
    if sent.state == DeliveryState.DELIVERED:
        messages.success(request, f"An e-mail is on its way to {request.membership.user.email}.")
    else:
        messages.error(request, sent.problem)
    return redirect("notification-settings")


def _choices(request: MemberRequest, *, is_own: bool) -> HttpResponse:
    membership = request.membership
    queue = request.GET.get("queue", "")
    if request.method != "POST":
        return _page(request, queue, is_own=is_own)
    ways = ways_in(request.POST.dict(), queue=queue)
    member = membership if is_own else None
    services.set_ways(membership.organization, ways, Actor.of(membership), member=member, queue=queue)
    messages.success(request, "This holds from now on.")
    return redirect(request.get_full_path())


def _page(request: MemberRequest, queue: str, filled: Filled | None = None, *, is_own: bool) -> HttpResponse:
    membership = request.membership
    known = selectors.wishes_of(membership)
    if filled is None:
        filled = Filled.of(hours_fields(), typed_of_hours(known.hours[membership.pk]))
    page = ChoicesPage.of(
        membership, known, selectors.queues(membership.organization), queue,
        list(filled.fields.values()) if is_own and not queue else (), filled.problems, is_own=is_own,
    )  # fmt: skip
    return fragments.render(request, "notifications/settings.html", page, status=422 if filled.problems else 200)


def _inbox_of(request: MemberRequest) -> str:
    """Return the address of the list that a form was on: it is always this one's own."""
    return "/notifications/?show=all" if request.POST.get("show") == "all" else "/notifications/"
