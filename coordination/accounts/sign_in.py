"""How sure it is that a person is who they say: by what they signed in with."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import models

from coordination.shared.clock import now

# What allauth keeps in a session about each way in which the person proved who they are, and of whom it tells.
_METHODS = "account_authentication_methods"
_WHOSE = "account_authentication_methods_user"


class SignIn(models.TextChoices):
    """A way of signing in, the weakest first; of "" nothing is known."""

    TOKEN = "token", "an API token"
    SESSION = "session", "a signed-in session"
    OIDC = "oidc", "single sign-on"
    WEBAUTHN = "webauthn", "a passkey"


_STRENGTH = ["", *SignIn.values]
STRONGEST = SignIn.WEBAUTHN


def is_strong_enough(given: str, needed: str) -> bool:
    """Tell whether a way of signing in is at least as strong as another."""
    return given in _STRENGTH and _STRENGTH.index(given) >= _STRENGTH.index(needed)


def sign_in_of(session: Mapping[str, Any]) -> SignIn:
    """Return the strongest way in which the person of a session signed in; a passkey counts for some minutes."""
    if passkey_counts_until(session) is not None:
        return SignIn.WEBAUTHN
    if any(one.get("method") == "socialaccount" for one in _methods(session)):
        return SignIn.OIDC
    return SignIn.SESSION


def passkey_counts_until(session: Mapping[str, Any]) -> datetime | None:
    """Return until when the passkey that was used last speaks for the person, or None if it no longer does."""
    used = [one["at"] for one in _methods(session) if one.get("type") == "webauthn"]
    if not used:
        return None
    until = datetime.fromtimestamp(max(used), UTC) + timedelta(minutes=settings.PASSKEY_MINUTES)
    return until if until > now() else None


def _methods(session: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return how the person of a session proved who they are, and nothing about whoever used it before."""
    if session.get(_WHOSE) != session.get(SESSION_KEY):
        return []
    return [one for one in session.get(_METHODS, []) if isinstance(one, dict)]
