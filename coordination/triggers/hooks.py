"""The secret of a webhook, and what its callers sign.

A secret is not stored. It is made from SECRET_KEY, the trigger's id and a salt that each rotation replaces: a copy of
the database gives none away, and a new SECRET_KEY makes all of them new.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.crypto import salted_hmac

from coordination.triggers.errors import SignatureInvalid
from coordination.triggers.models import Trigger

FRESH = timedelta(minutes=5)
_PREFIX, _SCHEME = "whs_", "sha256="
# Without dots: what is signed can be taken apart in one way only.
_DELIVERY = re.compile(r"[A-Za-z0-9_:-]{1,150}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_PURPOSE = "coordination.triggers.hooks"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a caller says about a call besides its body."""

    id: str
    timestamp: str
    signature: str

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Delivery":
        """Return what the headers say."""
        return cls(*(headers.get(name, "").strip() for name in ("X-Delivery", "X-Timestamp", "X-Signature-256")))


def new_salt() -> str:
    """Return what makes the next secret another one."""
    return secrets.token_urlsafe(24)


def secret_of(trigger: Trigger) -> str:
    """Return the secret that a webhook's callers sign with."""
    digest = salted_hmac(_PURPOSE, f"{trigger.pk}:{trigger.secret_salt}", algorithm="sha256").digest()
    return _PREFIX + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def signature(secret: str, delivery: str, timestamp: str, body: bytes) -> str:
    """Return what a caller signs a call with: the time and the delivery too, or both could be exchanged."""
    signed = b".".join((delivery.encode(), timestamp.encode(), body))
    return _SCHEME + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def check_signature(trigger: Trigger, delivery: Delivery, body: bytes, moment: datetime) -> None:
    """Raise SignatureInvalid unless whoever knows the secret sent this just now."""
    if not _DELIVERY.fullmatch(delivery.id):
        raise SignatureInvalid(problem="X-Delivery must name the call, in at most 150 letters, digits, -, _ and :")
    if not _TIMESTAMP.fullmatch(delivery.timestamp):
        raise SignatureInvalid(problem="X-Timestamp must be the time in seconds since 1970")
    expected = signature(secret_of(trigger), delivery.id, delivery.timestamp, body)
    if not hmac.compare_digest(expected.encode(), delivery.signature.encode()):
        raise SignatureInvalid(
            problem="X-Signature-256 must be sha256= and the HMAC of delivery.timestamp.body under the secret, in hex"
        )
    if abs(moment.timestamp() - int(delivery.timestamp)) > FRESH.total_seconds():
        raise SignatureInvalid(problem="X-Timestamp is more than five minutes away from the time here")
