"""Tell all processes that what scores rest on has changed."""

from uuid import UUID

from coordination.risk.models import RiskStamp
from coordination.shared.ids import new_id


def renew_stamp(organization_id: UUID) -> None:
    """Make every process read it again; in the transaction that changes it."""
    RiskStamp.objects.update_or_create(organization_id=organization_id, defaults={"stamp": new_id()})
