"""Write down for others, with compare-and-set; what an entry said before is kept."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Organization
from coordination.memory.errors import (
    MemoryChanged,
    MemoryFull,
    MemoryHeld,
    MemoryInvalid,
    MemoryTooLarge,
)
from coordination.memory.models import Classification, MemoryEntry, MemoryVersion
from coordination.memory.services.records import record_memory
from coordination.shared.clock import now
from coordination.shared.errors import FieldError
from coordination.shared.json import Json

MOST_BYTES = 64 * 1024
# In one run, of one agent, or of an organization by itself.
MOST_ENTRIES = 10_000
# Earlier versions that are kept of an entry.
MOST_VERSIONS = 50
_FORGOTTEN_AT_ONCE = 500
SAID = ("value", "writer", "source", "written_in", "confidence", "classification", "taint", "version", "updated_at")


@transaction.atomic
def remember(
    organization: Organization,
    *,
    key: str,
    value: Json,
    writer: str,
    run_id: UUID | None = None,
    agent: str = "",
    scope: str = "",
    source: str = "",
    written_in: UUID | None = None,
    confidence: float | None = None,
    classification: str = "internal",
    taint: str = "",
    expires_at: datetime | None = None,
    expected_version: int | None = None,
    actor: Actor | None = None,
) -> MemoryEntry:
    """Write a value under a key; with `expected_version` (0: not there yet) raises MemoryChanged if it moved on.

    Also raises MemoryInvalid, MemoryTooLarge, MemoryFull, MemoryHeld.
    """
    _check(key, scope, value, confidence, classification)
    place = {"organization": organization, "run_id": run_id, "agent": agent, "scope": scope}
    said = {
        "value": value, "writer": writer, "source": source[:300], "confidence": confidence, "taint": taint[:300],
        "classification": classification, "written_in": written_in,
    }  # fmt: skip
    entry, created = MemoryEntry.objects.select_for_update().get_or_create(
        **place, key=key, defaults={**said, "version": 1, "expires_at": expires_at}
    )
    is_there = not created and (entry.expires_at is None or entry.expires_at > now())
    if expected_version not in (None, entry.version if is_there else 0):
        raise MemoryChanged(key=key, version=entry.version if is_there else 0)
    if created:
        _check_room(place)
    else:
        if entry.quarantined_at is not None:
            raise MemoryHeld(key=key)
        keep_version(entry)
        for name, part in said.items():
            setattr(entry, name, part)
        entry.version, entry.expires_at = entry.version + 1, expires_at
        entry.save()
    record_memory(organization, "MemoryWritten", actor or Actor("agent", writer), [entry])
    return entry


@transaction.atomic
def forget(organization: Organization, entry: MemoryEntry, reason: str, actor: Actor) -> None:
    """Forget an entry and everything that it said before."""
    record_memory(organization, "MemoryForgotten", actor, [entry], reason=reason)
    entry.delete()


def forget_expired() -> int:
    """Forget what has come to its end; a few hundred at a time, so that no other waits for long."""
    forgotten = 0
    while True:
        with transaction.atomic():
            due = MemoryEntry.objects.select_for_update(skip_locked=True, of=("self",)).filter(expires_at__lte=now())
            found = list(due.select_related("organization").order_by("organization", "pk")[:_FORGOTTEN_AT_ONCE])
            if not found:
                return forgotten
            for organization in {entry.organization for entry in found}:
                theirs = [entry for entry in found if entry.organization_id == organization.pk]
                record_memory(organization, "MemoryExpired", SYSTEM, theirs)
            MemoryEntry.objects.filter(pk__in=[entry.pk for entry in found]).delete()
            forgotten += len(found)


def keep_version(entry: MemoryEntry) -> None:
    """Keep what an entry says now as what it said before."""
    said = {name: getattr(entry, name) for name in SAID}
    MemoryVersion.objects.create(entry=entry, run_id=entry.run_id, **said)
    MemoryVersion.objects.filter(entry=entry, version__lte=entry.version - MOST_VERSIONS).delete()


def _check(key: str, scope: str, value: Json, confidence: float | None, classification: str) -> None:
    errors = []
    if not key.strip() or len(key) > 200:
        errors.append(FieldError("/key", "a key has 1 to 200 characters"))
    if len(scope) > 100:
        errors.append(FieldError("/scope", "a scope has at most 100 characters"))
    if confidence is not None and not 0 <= confidence <= 1:
        errors.append(FieldError("/confidence", "it is a number from 0 to 1"))
    if classification not in Classification.values:
        errors.append(FieldError("/classification", f"say one of {', '.join(Classification.values)}"))
    if errors:
        raise MemoryInvalid(errors=errors, problem=errors[0].message)
    if len(json.dumps(value, ensure_ascii=False).encode(errors="replace")) > MOST_BYTES:
        raise MemoryTooLarge(most_kb=MOST_BYTES // 1024)


def _check_room(place: Mapping[str, Any]) -> None:
    narrow = {name: value for name, value in place.items() if name != "scope"}
    if MemoryEntry.objects.filter(**narrow)[: MOST_ENTRIES + 1].count() > MOST_ENTRIES:
        raise MemoryFull(most=MOST_ENTRIES)
