"""How somebody signs in, as their own page shows it."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.http import HttpRequest

from coordination.accounts.models import User
from coordination.accounts.selectors import sessions_of
from coordination.accounts.sign_in import SignIn, passkey_counts_until, sign_in_of

# The first of these words that a browser says about itself is what people call it.
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Mac OS", "macOS"), ("Windows", "Windows"),
            ("Linux", "Linux"))  # fmt: skip

_WAYS = {SignIn.SESSION: "a password", SignIn.OIDC: "single sign-on", SignIn.WEBAUTHN: "a passkey"}


@dataclass(frozen=True, slots=True)
class Key:
    """One passkey."""

    id: int
    name: str
    added: datetime
    used: datetime | None


@dataclass(frozen=True, slots=True)
class Seat:
    """One browser in which the person is signed in."""

    id: int
    browser: str
    address: str
    since: datetime
    is_this: bool


@dataclass(frozen=True, slots=True)
class SignInPage:
    """What a person sees about their own sign-in."""

    way: str
    until: datetime | None
    keys: tuple[Key, ...]
    has_app: bool
    codes_left: int | None
    linked: tuple[str, ...]
    seats: tuple[Seat, ...]
    elsewhere: str
    has_password: bool

    @property
    def has_other_seats(self) -> bool:
        """Tell whether there is anything to sign out elsewhere."""
        return any(not seat.is_this for seat in self.seats)

    @classmethod
    def of(cls, request: HttpRequest, user: User) -> "SignInPage":
        """Read what is known about how a person signs in."""
        kept = list(Authenticator.objects.filter(user=user).order_by("created_at"))
        codes = next((one for one in kept if one.type == Authenticator.Type.RECOVERY_CODES), None)
        this = request.session.session_key or ""
        return cls(
            way=_WAYS[sign_in_of(request.session)],
            until=passkey_counts_until(request.session),
            keys=tuple(_keys(kept)),
            has_app=any(one.type == Authenticator.Type.TOTP for one in kept),
            codes_left=len(codes.wrap().get_unused_codes()) if codes else None,
            linked=tuple(SocialAccount.objects.filter(user=user).values_list("provider", flat=True)),
            seats=tuple(_seat(one, this) for one in sessions_of(user)),
            elsewhere=named_address(request),
            has_password=user.has_usable_password(),
        )


def named_address(request: HttpRequest) -> str:
    """Return this page's address by name where it is open under a number, for which browsers make no passkeys."""
    parts = urlsplit(request.build_absolute_uri())
    try:
        is_here = ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return ""
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"localhost{port}")) if is_here else ""


def _keys(kept: Iterable[Authenticator]) -> Iterable[Key]:
    for one in kept:
        if one.type == Authenticator.Type.WEBAUTHN:
            yield Key(one.pk, one.wrap().name, one.created_at, one.last_used_at)


def _seat(session: UserSession, this: str) -> Seat:
    return Seat(session.pk, browser_of(session.user_agent), session.ip, session.created_at, session.session_key == this)


def browser_of(agent: str) -> str:
    """Say in words what a browser tells about itself: "Firefox on Linux"."""
    name = next((said for sign, said in _BROWSERS if sign in agent), "")
    system = next((said for sign, said in _SYSTEMS if sign in agent), "")
    return " on ".join(part for part in (name, system) if part) or "Something else"
