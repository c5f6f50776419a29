"""Single sign-on: the server of the company says who it is, an admin here said whom we know."""

import logging
from typing import Any, cast

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.openid_connect import views as oidc
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from requests import RequestException

from coordination.accounts.errors import IdentityDoubtful, NotInvited
from coordination.accounts.selectors import person_invited_as
from coordination.audit.sign_ins import record_sign_in

logger = logging.getLogger(__name__)


@require_safe
def go_to_server(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the sign-in server, or say that it does not answer."""
    try:
        return cast(HttpResponse, oidc.login(request, provider_id))
    except RequestException:
        logger.warning("The sign-in server did not answer.", exc_info=True)
        return render(request, "socialaccount/authentication_error.html", status=502)


class InvitedOnly(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Let in whom an admin invited; nobody becomes a member, or more than they are, by signing in."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find the person at their first sign-in; raises NotInvited, IdentityDoubtful."""
        # A session must not take in the identity of somebody else: people sign in with it, or not at all.
        if sociallogin.state.get("process") != "login":
            raise IdentityDoubtful(why="it was asked for something else than a sign-in")
        said = _claims(sociallogin)
        if sociallogin.is_existing:
            return
        email = _verified_email(said)
        person = person_invited_as(email)
        if person is None:
            raise NotInvited(email=email)
        with transaction.atomic():
            sociallogin.connect(request, person)
            record_sign_in(person, "IdentityLinked", {"issuer": said[0]["iss"], "email": email})

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Send none: the record tells."""


def _claims(sociallogin: SocialLogin) -> list[dict[str, Any]]:
    """Return what the identity token says, and what the server said about the same person."""
    data = sociallogin.account.extra_data
    token, info = data.get("id_token"), data.get("userinfo")
    if not isinstance(token, dict) or not isinstance(info, dict):
        raise IdentityDoubtful(why="no identity token")
    expected = sociallogin.provider.app.settings["issuer"].rstrip("/")
    if str(token.get("iss", "")).rstrip("/") != expected:
        raise IdentityDoubtful(why="the token is of another issuer")
    if not token.get("sub") or token["sub"] != info.get("sub"):
        raise IdentityDoubtful(why="the token and the profile are of different people")
    return [token, info]


def _verified_email(said: list[dict[str, Any]]) -> str:
    """Return the address that the server vouches for; one that is only written there proves nothing."""
    for claims in said:
        if claims.get("email_verified") is True and isinstance(claims.get("email"), str):
            return str(claims["email"])
    raise IdentityDoubtful(why="no verified e-mail address")
