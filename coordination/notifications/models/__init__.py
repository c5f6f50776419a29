"""Notices, inboxes, wishes, webhooks and deliveries."""

from coordination.notifications.models.delivery import Delivery, DeliveryState
from coordination.notifications.models.notice import InboxItem, Notice, RecordReader
from coordination.notifications.models.webhook import Shape, Webhook
from coordination.notifications.models.wish import Hours, Mail, Rhythm, Wish

__all__ = [
    "Delivery",
    "DeliveryState",
    "Hours",
    "InboxItem",
    "Mail",
    "Notice",
    "RecordReader",
    "Rhythm",
    "Shape",
    "Webhook",
    "Wish",
]
