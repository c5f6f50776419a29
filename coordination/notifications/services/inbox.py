"""Read one's own inbox."""

from uuid import UUID

from django.db import transaction

from coordination.accounts.models import Membership
from coordination.notifications.live import ring_for
from coordination.notifications.models import InboxItem
from coordination.notifications.selectors.inbox import item_of
from coordination.shared.clock import now


@transaction.atomic
def mark_read(membership: Membership, item_id: UUID) -> InboxItem:
    """Say that a member has read an item of their own; raises ItemUnknown."""
    return _mark(membership, item_id, is_read=True)


@transaction.atomic
def mark_unread(membership: Membership, item_id: UUID) -> InboxItem:
    """Say that an item of a member's own is still to be read; raises ItemUnknown."""
    return _mark(membership, item_id, is_read=False)


@transaction.atomic
def mark_all_read(membership: Membership) -> int:
    """Say that a member has read everything, and return how much that was."""
    n_read = InboxItem.objects.filter(member=membership, read_at=None).update(read_at=now())
    ring_for(membership.organization_id, [membership.pk])
    return n_read


def _mark(membership: Membership, item_id: UUID, *, is_read: bool) -> InboxItem:
    item = item_of(membership, item_id)
    if (item.read_at is not None) != is_read:
        item.read_at = now() if is_read else None
        item.save(update_fields=["read_at"])
        ring_for(membership.organization_id, [membership.pk])
    return item
