"""Sign what is sent to others, as Standard Webhooks says (https://www.standardwebhooks.com, version 1.0.0)."""

import base64
import hmac
from collections.abc import Iterable
from datetime import datetime

_SECRET = "whsec_"


def spelled(key: bytes) -> str:
    """Return a key as the one who checks the signatures is given it."""
    return _SECRET + base64.b64encode(key).decode()


def signed(keys: Iterable[bytes], delivery: str, moment: datetime, body: bytes) -> dict[str, str]:
    """Return the headers of a call: what names it, when it is made, and a signature under each key."""
    timestamp = str(int(moment.timestamp()))
    content = b".".join((delivery.encode(), timestamp.encode(), body))
    signatures = (base64.b64encode(hmac.digest(key, content, "sha256")).decode() for key in keys)
    return {
        "Content-Type": "application/json",
        "webhook-id": delivery,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
