"""The way to a stronger sign-in, where an act asks for one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from coordination.accounts.sign_in import SignIn, is_strong_enough, sign_in_of


@dataclass(frozen=True, slots=True)
class StepUp:
    """What somebody does before they may go on: confirm with a passkey, or sign in by single sign-on."""

    needed: SignIn
    address: str

    @property
    def is_passkey(self) -> bool:
        """Tell whether a passkey is asked for."""
        return self.needed == SignIn.WEBAUTHN

    @classmethod
    def of(cls, session: Mapping[str, Any], needed: str, back: str) -> "StepUp | None":
        """Return the way that leads back to a path of this site, or None where the sign-in is strong enough."""
        if not needed or is_strong_enough(sign_in_of(session), needed):
            return None
        # A passkey is stronger than whatever else is asked for, and the one thing that can be confirmed in between.
        address = reverse("mfa_reauthenticate_webauthn")
        return cls(SignIn(needed), f"{address}?{urlencode({'next': back})}")
