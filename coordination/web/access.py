"""May this person do it? Every page asks here, and here only."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from coordination.accounts import selectors
from coordination.accounts.models import Membership, User
from coordination.accounts.rights import Right
from coordination.web import fragments
from coordination.web.errors import NoMembership

P = ParamSpec("P")
ORGANIZATION_KEY = "organization"


class MemberRequest(HttpRequest):
    """A request of a signed-in member; `require` makes it."""

    membership: Membership


MemberView = Callable[Concatenate[MemberRequest, P], HttpResponseBase]
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def require(right: Right) -> Callable[[MemberView[P]], View[P]]:
    """Let only members with this right through; send others to sign in, or refuse."""

    def guard(view: MemberView[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _sign_in(request)
            membership = _current(request)
            selectors.require(membership, right)
            member = cast(MemberRequest, request)
            member.membership = membership
            return view(member, *args, **kwargs)

        return guarded

    return guard


def may(request: MemberRequest, right: Right) -> bool:
    """Tell whether a button for this right belongs on the page."""
    return selectors.may(request.membership, right)


def _current(request: HttpRequest) -> Membership:
    membership = selectors.membership_of(cast(User, request.user), request.session.get(ORGANIZATION_KEY))
    if membership is None:
        raise NoMembership
    return membership


def _sign_in(request: HttpRequest) -> HttpResponse:
    # A live region must not swap the sign-in page into itself.
    if fragments.is_fragment(request):
        return fragments.reload_page()
    return redirect_to_login(request.get_full_path())
