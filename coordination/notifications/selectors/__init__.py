"""Who is told what, and what became of it?"""

from coordination.notifications.selectors.inbox import About, abouts, inbox, item_of, n_unread
from coordination.notifications.selectors.outside import deliveries, delivery_of, webhook_of, webhooks
from coordination.notifications.selectors.wishes import Way, Wishes, hours_of, queues, wishes, wishes_of

__all__ = [
    "About",
    "Way",
    "Wishes",
    "abouts",
    "deliveries",
    "delivery_of",
    "hours_of",
    "inbox",
    "item_of",
    "n_unread",
    "queues",
    "webhook_of",
    "webhooks",
    "wishes",
    "wishes_of",
]
