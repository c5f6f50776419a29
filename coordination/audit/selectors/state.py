"""Where an organization's log stands: up to which record it is sealed, what waits, when all of it was last checked."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from coordination.accounts.models import Organization
from coordination.audit.models import AuditCheck, AuditCheckpoint, AuditKey
from coordination.audit.selectors.keeping import checks
from coordination.audit.selectors.sealed import checkpoints, unsealed
from coordination.shared.errors import NotFound

# Beyond this many records that wait, how many exactly says no more.
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest checkpoint, the records that no checkpoint covers yet, and the newest check of everything."""

    checkpoint: AuditCheckpoint | None
    n_waiting: int
    waiting_since: datetime | None
    check: AuditCheck | None


def standing(organization: Organization) -> Standing:
    """Return where the log stands."""
    waiting = list(unsealed(organization).values_list("occurred_at", flat=True)[:MOST_COUNTED])
    return Standing(
        checkpoint=checkpoints(organization).first(),
        n_waiting=len(waiting),
        waiting_since=min(waiting, default=None),
        check=checks(organization).first(),
    )


def checkpoint_of(organization: Organization, number: int) -> AuditCheckpoint:
    """Return one checkpoint; raises NotFound."""
    found = checkpoints(organization).filter(number=number).select_related("key").first()
    if found is None:
        raise NotFound(kind="checkpoint", name=number)
    return found


def checkpoint_at(organization: Organization, size: int) -> AuditCheckpoint:
    """Return the newest checkpoint of so many records; raises NotFound."""
    found = checkpoints(organization).filter(size=size).first()
    if found is None:
        raise NotFound(kind="checkpoint of this size:", name=size)
    return found


def signing_keys() -> QuerySet[AuditKey]:
    """Return the keys that sign or have signed checkpoints, the newest first."""
    return AuditKey.objects.order_by("-id")
