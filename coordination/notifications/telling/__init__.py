"""What records of the audit log mean for people."""

from collections.abc import Collection

from coordination.audit.models import AuditEvent
from coordination.notifications.telling import approvals, others
from coordination.notifications.telling.scene import Scene
from coordination.notifications.telling.told import Meaning, Settled, Told

__all__ = ["Meaning", "Scene", "Settled", "Told", "kinds", "meaning_of"]


def kinds(wanted: Collection[str]) -> list[str]:
    """Return the kinds of records that can mean something; of those that come often, for topics that are wanted."""
    rare = (approvals.KINDS | others.READERS.keys()) - others.FREQUENT.keys()
    return sorted(rare | {kind for kind, topic in others.FREQUENT.items() if topic in wanted})


def meaning_of(scene: Scene, record: AuditEvent) -> Meaning:
    """Return what a record means for the people of its organization."""
    if record.kind in approvals.KINDS:
        return approvals.read(scene, record)
    return others.READERS[record.kind](scene, record)
