"""The secrets of webhooks. None is stored: a copy of the database gives none away."""

import secrets
from collections.abc import Iterator
from datetime import datetime

from django.utils.crypto import salted_hmac

from coordination.notifications.models import Webhook
from coordination.shared.webhooks import signed, spelled

_PURPOSE = "coordination.notifications.webhooks"


def new_salt() -> str:
    """Return what makes the next secret another one."""
    return secrets.token_urlsafe(24)


def secret_of(webhook: Webhook) -> str:
    """Return the secret that calls are signed with, as Standard Webhooks spells it."""
    return spelled(_key(webhook, webhook.salt))


def headers_for(webhook: Webhook, delivery: str, body: bytes, moment: datetime) -> dict[str, str]:
    """Return the headers of a call: signed with the secret, and with the one before while that still counts."""
    return signed(_keys(webhook, moment), delivery, moment, body)


def _keys(webhook: Webhook, moment: datetime) -> Iterator[bytes]:
    yield _key(webhook, webhook.salt)
    if webhook.old_until is not None and moment < webhook.old_until:
        yield _key(webhook, webhook.old_salt)


def _key(webhook: Webhook, salt: str) -> bytes:
    return salted_hmac(_PURPOSE, f"{webhook.pk}:{salt}", algorithm="sha256").digest()
