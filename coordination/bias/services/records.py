"""What every change about bias leaves behind: an audit record and a ring."""

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit.services import Entry, append
from coordination.bias.models import BiasMonitor
from coordination.bias.stream import STREAM, object_of
from coordination.shared.json import Json
from coordination.shared.live import ring


def record(kind: str, monitor: BiasMonitor, actor: Actor, **details: Json) -> None:
    """Append to the audit log what happened to a monitor, and tell the browsers."""
    append(monitor.organization_id, STREAM, actor, [Entry(kind, details, object=object_of(monitor))])
    ring(monitor.organization_id, "bias")


def record_of_people(kind: str, organization: Organization, actor: Actor, **details: Json) -> None:
    """Append what happened to characteristics: how many and which kinds, never whose or what they are."""
    append(organization.pk, STREAM, actor, [Entry(kind, details, object="characteristics")])
    ring(organization.pk, "bias")
