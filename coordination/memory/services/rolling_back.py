"""Take back what was remembered: one entry, or everything that somebody wrote or that came from tainted runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.memory.errors import MemoryChanged, VersionUnknown
from coordination.memory.models import MemoryEntry, MemoryVersion
from coordination.memory.selectors import entries_written_by, entries_written_in
from coordination.memory.services.records import record_memory
from coordination.memory.services.remembering import SAID, keep_version
from coordination.shared.clock import now

MOST = 5_000


@dataclass(frozen=True, slots=True)
class Rollback:
    """What is to be taken back: what these runs left behind, or what somebody wrote since a moment."""

    run_ids: tuple[UUID, ...] = ()
    writer: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What becomes of one entry: an earlier version that can be trusted comes back, or it goes to quarantine."""

    entry: MemoryEntry
    back_to: MemoryVersion | None


def plan_rollback(organization: Organization, wanted: Rollback) -> list[Turn]:
    """Return what a rollback would do; two statements, however much it is."""
    if wanted.run_ids:
        found = entries_written_in(organization, list(wanted.run_ids))
    elif wanted.writer:
        found = entries_written_by(organization, wanted.writer, wanted.since)
    else:
        return []
    entries = list(found.filter(quarantined_at__isnull=True)[:MOST])
    sound: dict[UUID, MemoryVersion] = {}
    for version in MemoryVersion.objects.filter(entry__in=entries).order_by("entry", "version"):
        if not _is_of(wanted, version):
            sound[version.entry_id] = version
    return [Turn(entry, sound.get(entry.pk)) for entry in entries]


@transaction.atomic
def roll_back(organization: Organization, wanted: Rollback, reason: str, actor: Actor) -> list[Turn]:
    """Do it, all or nothing: a record for each entry."""
    planned = [turn.entry.pk for turn in plan_rollback(organization, wanted)]
    list(MemoryEntry.objects.select_for_update().filter(pk__in=planned).order_by("pk"))
    # Planned again under the locks: what somebody wrote meanwhile is not taken back unseen.
    turns = [turn for turn in plan_rollback(organization, wanted) if turn.entry.pk in planned]
    restored = [_restore(turn.entry, turn.back_to) for turn in turns if turn.back_to is not None]
    held = [_hold(turn.entry, reason) for turn in turns if turn.back_to is None]
    if restored:
        record_memory(organization, "MemoryRestored", actor, restored, reason=reason)
    if held:
        record_memory(organization, "MemoryQuarantined", actor, held, reason=reason)
    return turns


@transaction.atomic
def restore_version(
    organization: Organization, entry: MemoryEntry, number: int, reason: str, actor: Actor
) -> MemoryEntry:
    """Let an entry say again what it said; that is a new version. Raises VersionUnknown."""
    locked = _locked(entry)
    version = MemoryVersion.objects.filter(entry=locked, version=number).first()
    if version is None:
        raise VersionUnknown(version=number)
    _restore(locked, version)
    record_memory(organization, "MemoryRestored", actor, [locked], reason=reason, restored=number)
    return locked


@transaction.atomic
def quarantine_memory(organization: Organization, entry: MemoryEntry, reason: str, actor: Actor) -> MemoryEntry:
    """Let nobody read or change an entry."""
    locked = _locked(entry)
    if locked.quarantined_at is None:
        record_memory(organization, "MemoryQuarantined", actor, [_hold(locked, reason)], reason=reason)
    return locked


@transaction.atomic
def release_memory(organization: Organization, entry: MemoryEntry, reason: str, actor: Actor) -> MemoryEntry:
    """Let an entry be read again."""
    locked = _locked(entry)
    if locked.quarantined_at is not None:
        locked.quarantined_at, locked.quarantine_reason = None, ""
        locked.save()
        record_memory(organization, "MemoryReleased", actor, [locked], reason=reason)
    return locked


def _locked(entry: MemoryEntry) -> MemoryEntry:
    """Return an entry as it is now; raises MemoryChanged if it is gone."""
    found = MemoryEntry.objects.select_for_update().filter(pk=entry.pk).first()
    if found is None:
        raise MemoryChanged(key=entry.key, version=0)
    return found


def _restore(entry: MemoryEntry, version: MemoryVersion) -> MemoryEntry:
    keep_version(entry)
    number = entry.version + 1
    for name in SAID:
        setattr(entry, name, getattr(version, name))
    entry.version, entry.quarantined_at, entry.quarantine_reason = number, None, ""
    entry.save()
    return entry


def _hold(entry: MemoryEntry, reason: str) -> MemoryEntry:
    entry.quarantined_at, entry.quarantine_reason = now(), reason[:500]
    entry.save()
    return entry


def _is_of(wanted: Rollback, version: MemoryVersion) -> bool:
    """Tell whether a version is among what is to be taken back."""
    if wanted.run_ids:
        return version.written_in in wanted.run_ids
    late: Sequence[bool] = (wanted.since is None, wanted.since is not None and version.updated_at >= wanted.since)
    return version.writer == wanted.writer and any(late)
