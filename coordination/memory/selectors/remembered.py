"""What agents and people wrote down for others."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from coordination.accounts.models import Organization
from coordination.memory.errors import MemoryUnknown
from coordination.memory.models import MemoryEntry
from coordination.shared.clock import now


def recall(
    organization: Organization, run_id: UUID | None, key: str, scope: str = "", agent: str = ""
) -> MemoryEntry | None:
    """Return what is remembered under a key: in a run, by an agent, or in the organization without either."""
    found = _readable(organization).filter(run_id=run_id, agent=agent, scope=scope, key=key)
    return found.first()


def remembered(organization: Organization, run_id: UUID | None = None, agent: str = "") -> QuerySet[MemoryEntry]:
    """Return everything remembered in a run, by an agent, or in the organization without either, by key."""
    found = MemoryEntry.objects.filter(organization=organization, run_id=run_id, agent=agent)
    return _unexpired(found).order_by("scope", "key")


def lasting(organization: Organization, agent: str = "", held: bool = False) -> QuerySet[MemoryEntry]:
    """Return what outlives its run: an agent's or everyone's, perhaps only what is in quarantine."""
    found = _unexpired(MemoryEntry.objects.filter(organization=organization, run_id=None))
    found = found.filter(agent=agent) if agent else found
    return found.filter(quarantined_at__isnull=False) if held else found


def conversation(organization: Organization, scope: str, most: int) -> list[MemoryEntry]:
    """Return the newest turns of a conversation, the newest first."""
    found = _readable(organization).filter(run_id=None, agent="", scope=scope)
    return list(found.order_by("-key")[:most])


def entry(organization: Organization, entry_id: UUID) -> MemoryEntry:
    """Return one entry, in quarantine or not; raises MemoryUnknown."""
    found = _unexpired(MemoryEntry.objects.filter(organization=organization, pk=entry_id)).first()
    if found is None:
        raise MemoryUnknown(entry=entry_id)
    return found


def entries_written_in(organization: Organization, run_ids: list[UUID]) -> QuerySet[MemoryEntry]:
    """Return what outlives these runs and was last written in one of them, by key."""
    found = MemoryEntry.objects.filter(organization=organization, run_id=None, written_in__in=run_ids)
    return found.order_by("agent", "scope", "key")


def entries_written_by(organization: Organization, writer: str, since: datetime | None) -> QuerySet[MemoryEntry]:
    """Return what somebody was the last to write, since a moment or ever, by key."""
    found = MemoryEntry.objects.filter(organization=organization, writer=writer)
    return (found.filter(updated_at__gte=since) if since else found).order_by("agent", "scope", "key")


def _readable(organization: Organization) -> QuerySet[MemoryEntry]:
    return _unexpired(MemoryEntry.objects.filter(organization=organization, quarantined_at__isnull=True))


def _unexpired(found: QuerySet[MemoryEntry]) -> QuerySet[MemoryEntry]:
    return found.filter(Q(expires_at=None) | Q(expires_at__gt=now()))
