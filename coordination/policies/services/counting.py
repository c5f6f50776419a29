"""Count acts against limits, in the transaction that decides them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from coordination.engine.rules.combine import Charge
from coordination.engine.rules.limits import Bucket, Limit, Window
from coordination.policies.models import LimitBucket

# So many that hold nothing any more are removed whenever a new one is made.
_FORGOTTEN = 20


class Counted:
    """What is taken of some limits, locked until the transaction ends."""

    def __init__(self, organization_id: UUID, limits: Mapping[Bucket, Limit], at: datetime) -> None:
        """Lock the buckets in one order, so that those who count the same things wait and do not block each other."""
        self._limits, self._at = limits, at
        self._rows = {bucket: _locked(organization_id, bucket, at) for bucket in sorted(limits)}
        self._windows = {
            bucket: Window({float(began): taken for began, taken in row.slices.items()})
            for bucket, row in self._rows.items()
        }

    @property
    def used(self) -> dict[Bucket, float]:
        """Return how much is taken of each limit."""
        return {bucket: window.used(self._limits[bucket], self._at) for bucket, window in self._windows.items()}

    def take(self, charge: Charge) -> None:
        """Take what an act needs, which is going to happen."""
        row, window, limit = self._rows[charge.bucket], self._windows[charge.bucket], self._limits[charge.bucket]
        window.take(limit, self._at, charge.takes)
        row.slices = {repr(began): taken for began, taken in window.slices.items()}
        row.empty_at = max(row.empty_at, self._at + timedelta(seconds=limit.per_s * 2))
        row.save(update_fields=["slices", "empty_at"])


def _locked(organization_id: UUID, bucket: Bucket, at: datetime) -> LimitBucket:
    found, is_new = LimitBucket.objects.select_for_update().get_or_create(
        organization_id=organization_id,
        policy=bucket.policy,
        rule=bucket.rule,
        key=bucket.key,
        trial=bucket.trial,
        defaults={"empty_at": at},
    )
    if is_new:
        _forget_some(organization_id, at)
    return found


def _forget_some(organization_id: UUID, at: datetime) -> None:
    empty = LimitBucket.objects.filter(organization_id=organization_id, empty_at__lt=at).select_for_update(
        skip_locked=True
    )
    LimitBucket.objects.filter(pk__in=[row.pk for row in empty.only("pk")[:_FORGOTTEN]]).delete()
