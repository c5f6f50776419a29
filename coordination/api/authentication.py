"""Who asks: a bearer token, or the session of a signed-in person."""

from datetime import timedelta
from typing import TYPE_CHECKING, cast

from django.db.models import Q
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from coordination.accounts.models import ApiToken, User
from coordination.accounts.selectors import authenticate_token, membership_of
from coordination.accounts.sign_in import SignIn, sign_in_of
from coordination.api.caller import Caller
from coordination.shared.clock import now

if TYPE_CHECKING:
    Authenticated = tuple[User, Caller]

SESSION_ORGANIZATION = "organization"
_SCHEME = "bearer"
# Last use is for people who tidy up: to the minute is enough, and saves a write per request.
_USE_RESOLUTION = timedelta(minutes=1)


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer co_…`; a token belongs to one member of one organization."""

    def authenticate(self, request: Request) -> "Authenticated | None":
        """Return the person and the caller, or None when no bearer token was sent."""
        scheme, _, raw = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != _SCHEME:
            return None
        found = authenticate_token(raw.strip())
        if found is None:
            raise exceptions.AuthenticationFailed("This token is unknown, expired or revoked.")
        token, membership = found
        _note_use(token)
        return membership.user, Caller(membership, frozenset(token.scopes), SignIn.TOKEN)

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 answer asks for."""
        return 'Bearer realm="coordination"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's session; anything but reading needs the CSRF token."""

    def authenticate(self, request: Request) -> "Authenticated | None":
        """Return the person and the caller, or None when nobody is signed in or they belong nowhere."""
        found = super().authenticate(request)
        if found is None:
            return None
        user = cast(User, found[0])
        membership = membership_of(user, request._request.session.get(SESSION_ORGANIZATION))
        if membership is None:
            raise exceptions.AuthenticationFailed("You are signed in, but belong to no organization yet.")
        return user, Caller(membership, auth=sign_in_of(request._request.session))


def _note_use(token: ApiToken) -> None:
    moment = now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=moment - _USE_RESOLUTION)
    if token.last_used_at is None or token.last_used_at < moment - _USE_RESOLUTION:
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=moment)
