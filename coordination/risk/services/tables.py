"""An organization changes what its scores look up."""

from typing import Any

from django.db import transaction
from django.db.models import Max

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit.services import Entry, append
from coordination.engine.trust.tables import DEFAULT, Tables
from coordination.risk.models import RiskStamp, TablesVersion
from coordination.risk.selectors import tables_of
from coordination.risk.stream import STREAM
from coordination.shared.clock import now
from coordination.shared.ids import new_id
from coordination.shared.json import JsonObject
from coordination.shared.live import ring
from coordination.shared.manifests import checked


@transaction.atomic
def change_tables(organization: Organization, spec: Any, actor: Actor, reason: str = "") -> TablesVersion:
    """Let scores look up other numbers from now on; raises ManifestInvalid. What was scored stays as it was."""
    return _written(organization, checked(spec, Tables, ""), actor, reason)


@transaction.atomic
def reset_tables(organization: Organization, actor: Actor, reason: str = "") -> TablesVersion:
    """Go back to the numbers that the product comes with, as a new version."""
    return _written(organization, DEFAULT, actor, reason or "Back to the defaults.")


def _written(organization: Organization, tables: Tables, actor: Actor, reason: str) -> TablesVersion:
    # The stamp's row is what two who change the tables at once wait for.
    RiskStamp.objects.update_or_create(organization_id=organization.pk, defaults={"stamp": new_id()})
    before = tables_of(organization).model_dump(mode="json")
    newest = TablesVersion.objects.filter(organization=organization).aggregate(newest=Max("number"))["newest"] or 0
    said = tables.model_dump(mode="json")
    version = TablesVersion.objects.create(
        organization=organization,
        number=newest + 1,
        spec=said,
        reason=reason,
        changed_by=actor.name,
        created_at=now(),
    )
    changed: JsonObject = {
        name: {"from": before[name], "to": value} for name, value in said.items() if before[name] != value
    }
    about: JsonObject = {"version": version.number, "changed": changed, "reason": reason}
    append(organization.pk, STREAM, actor, [Entry("RiskTablesChanged", about, object="risk:tables")])
    ring(organization.pk, "risk")
    return version
