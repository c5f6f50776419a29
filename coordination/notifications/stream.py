"""Where the log keeps what was done about notifications, and how it names a webhook."""

from typing import Final

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit.services import Entry, append
from coordination.notifications.models import Webhook
from coordination.shared.json import Json
from coordination.shared.live import ring

STREAM: Final = "notifications"
# What the pages of admins listen for.
TOPIC: Final = "notifications"


def record(organization: Organization, kind: str, actor: Actor, about: str, **details: Json) -> None:
    """Append to the audit log what was done about notifications, and tell the browsers."""
    append(organization.pk, STREAM, actor, [Entry(kind, details, object=about)])
    ring(organization.pk, TOPIC)


def object_of(webhook: Webhook) -> str:
    """Return how the audit log names a webhook."""
    return f"webhook:{webhook.pk}"
