"""The tables that hold, and those that held before."""

from django.db.models import QuerySet

from coordination.accounts.models import Organization
from coordination.engine.trust.tables import DEFAULT, Tables
from coordination.risk.errors import TablesUnknown
from coordination.risk.models import TablesVersion


def tables_history(organization: Organization) -> QuerySet[TablesVersion]:
    """Return every version of the tables, the newest first."""
    return TablesVersion.objects.filter(organization=organization).order_by("-number")


def tables_version(organization: Organization, number: int) -> TablesVersion:
    """Return one version; raises TablesUnknown."""
    found = tables_history(organization).filter(number=number).first()
    if found is None:
        raise TablesUnknown(number=number)
    return found


def tables_of(organization: Organization) -> Tables:
    """Return the tables that hold; the defaults until somebody changes them."""
    newest = tables_history(organization).first()
    return Tables.model_validate(newest.spec) if newest else DEFAULT
