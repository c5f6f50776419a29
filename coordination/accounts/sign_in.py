"""How sure it is that a person is who they say: by what they signed in with."""

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.db import models

# What allauth keeps in a session about each way in which the person signed in.
_METHODS = "account_authentication_methods"


class SignIn(models.TextChoices):
    """A way of signing in, the weakest first; of "" nothing is known."""

    TOKEN = "token", "an API token"
    SESSION = "session", "a signed-in session"
    OIDC = "oidc", "single sign-on"
    WEBAUTHN = "webauthn", "a passkey"


_STRENGTH = ["", *SignIn.values]


def is_strong_enough(given: str, needed: str) -> bool:
    """Tell whether a way of signing in is at least as strong as another."""
    return given in _STRENGTH and _STRENGTH.index(given) >= _STRENGTH.index(needed)


def sign_in_of(session: Mapping[str, Any]) -> SignIn:
    """Return the strongest way in which the person of a session signed in."""
    methods = [one for one in session.get(_METHODS, []) if isinstance(one, dict)]
    if any(one.get("type") == "webauthn" for one in methods):
        return SignIn.WEBAUTHN
    if any(one.get("method") == "socialaccount" for one in methods):
        return SignIn.OIDC
    return SignIn.SESSION


def strongest_sign_in() -> SignIn:
    """Return the strongest way of signing in that this installation offers."""
    if apps.is_installed("allauth.mfa"):
        return SignIn.WEBAUTHN
    return SignIn.OIDC if apps.is_installed("allauth.socialaccount") else SignIn.SESSION
