"""The stamp by which processes notice that what scores rest on has changed."""

from typing import Final
from uuid import UUID

from django.db.models import OuterRef, Subquery

from coordination.risk.models import RiskStamp

# The stamp of an organization whose tables are the defaults and about whose agents nothing is known.
NO_STAMP: Final = UUID(int=0)


def stamp_of(organization_id: UUID) -> UUID:
    """Return the organization's stamp."""
    found = RiskStamp.objects.filter(organization_id=organization_id).values_list("stamp", flat=True).first()
    return found or NO_STAMP


def stamp_beside(organization_id: str) -> Subquery:
    """Return the stamp as an annotation for another room's query, whose column holds the organization; None: none."""
    return Subquery(RiskStamp.objects.filter(organization_id=OuterRef(organization_id)).values("stamp"))
