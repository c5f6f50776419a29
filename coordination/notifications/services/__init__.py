"""Everything that is done about notifications."""

from coordination.notifications.services.alarming import look_for_alarms
from coordination.notifications.services.calling import call_due
from coordination.notifications.services.forgetting import forget_old
from coordination.notifications.services.inbox import mark_all_read, mark_read, mark_unread
from coordination.notifications.services.mailing import write_due
from coordination.notifications.services.reading import read_records
from coordination.notifications.services.telling import tell
from coordination.notifications.services.trying import repeat, try_mail, try_webhook
from coordination.notifications.services.webhooks import (
    add_webhook,
    change_webhook,
    pause_webhook,
    remove_webhook,
    resume_webhook,
    rotate_secret,
)
from coordination.notifications.services.wishing import set_hours, set_ways

__all__ = [
    "add_webhook",
    "call_due",
    "change_webhook",
    "forget_old",
    "look_for_alarms",
    "mark_all_read",
    "mark_read",
    "mark_unread",
    "pause_webhook",
    "read_records",
    "remove_webhook",
    "repeat",
    "resume_webhook",
    "rotate_secret",
    "set_hours",
    "set_ways",
    "tell",
    "try_mail",
    "try_webhook",
    "write_due",
]
