"""How somebody signs in: their passkeys, their app, where they are signed in."""

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.models import User
from coordination.accounts.rights import Right
from coordination.audit.sign_ins import end_sessions
from coordination.web import fragments
from coordination.web.access import MemberRequest, require
from coordination.web.contexts.sign_in import SignInPage


@require_safe
@require(Right.READ)
def your_sign_in(request: MemberRequest) -> HttpResponse:
    """Show somebody how they sign in, and let them change it."""
    return fragments.render(request, "account/sign_in.html", SignInPage.of(request, cast(User, request.user)))


@require_POST
@require(Right.READ)
def sign_out_elsewhere(request: MemberRequest, session_id: int | None = None) -> HttpResponse:
    """Sign somebody out in another browser of theirs, or in all others."""
    keep = request.session.session_key or ""
    ended = end_sessions(cast(User, request.user), keep=keep, only=session_id)
    if session_id is not None and not ended:
        raise Http404
    messages.success(request, "Signed out there." if ended == 1 else f"Signed out in {ended} other browsers.")
    return redirect("mfa_index")


def closed(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  (every view takes one)
    """Say that there is no such page: addresses are the admins' matter, and identities those of the sign-in server."""
    raise Http404
