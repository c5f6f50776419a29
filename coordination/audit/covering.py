"""Keep persons' values out of records: what is told about a person enters a body only as a commitment.

A stream is marked when it is opened. Nobody who writes to it later has to know: whatever holds one of the person's
values is covered on its way into the record. Streams without the mark cost nothing.
"""

import base64
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from coordination.audit import vault
from coordination.audit.limits import promises_secret
from coordination.audit.models import AuditDisclosure, AuditPersonal, AuditStream, AuditSubject
from coordination.engine.proof.personal import Finder, Opening, Told
from coordination.shared.clock import now

_SALT_BYTES = 16
StreamName = tuple[UUID, str]


@dataclass(slots=True)
class Cover:
    """What hides one person's values in the records of one stream."""

    subject: AuditSubject
    finder: Finder
    kept: list[tuple[UUID, Opening]] = field(default_factory=list)

    def over(self, data: Mapping[str, Any], event_id: UUID) -> Any:
        """Return the data of a record without the person's values, and keep what opens it again."""
        covered, openings = self.finder.covered(data, _salt, promises_secret)
        self.kept += [(event_id, opening) for opening in openings]
        return covered


def open_stream(organization_id: UUID, stream: str, told: Told | None, continues: str = "") -> bool:
    """Open a stream that tells about a person, and say whether it does; `continues` names the one it is a part of.

    A part of what began elsewhere is about the same person: one erasure finds all of it.
    """
    before = _personal({(organization_id, continues)}).get((organization_id, continues)) if continues else None
    if before is None and told is None:
        return False
    subject = before.subject if before else _subject(organization_id, told.subject if told else None)
    values = [*(_values(before) if before else ()), *(told.values if told else ())]
    AuditPersonal.objects.create(
        organization_id=organization_id,
        stream=stream,
        subject=subject,
        values_sealed=None if subject.erased_at else vault.sealed(subject, values, subject.id),
    )
    AuditStream.objects.create(organization_id=organization_id, name=stream, is_personal=True)
    return True


def covers_of(names: Iterable[StreamName]) -> dict[StreamName, Cover]:
    """Return what hides the values of whom these streams tell about; of whom is erased there is nothing to hide."""
    found = _personal(set(names))
    return {
        name: Cover(row.subject, Finder(_values(row))) for name, row in found.items() if row.values_sealed is not None
    }


def keep(covers: Iterable[Cover]) -> None:
    """Write down what opens the commitments."""
    AuditDisclosure.objects.bulk_create(
        AuditDisclosure(
            event_id=event_id,
            subject=cover.subject,
            commitment=opening.commitment(),
            sealed=vault.sealed(cover.subject, [opening.salt, opening.path, opening.value], event_id),
        )
        for cover in covers
        for event_id, opening in cover.kept
    )


def _subject(organization_id: UUID, name: str | None) -> AuditSubject:
    """Return the person of that name, known or new; one without a name is only whom this stream tells about."""
    made = vault.new_subject(organization_id, name, now())
    if name is None:
        made.save(force_insert=True)
        return made
    known = AuditSubject.objects.filter(organization_id=organization_id, name_mac=made.name_mac)
    while True:
        # Of two who tell of the same new person at once, the second waits and finds the first's. Whoever erases the
        # person waits until what is told here is written; if they were first, there is nobody of that name any more.
        AuditSubject.objects.bulk_create([made], ignore_conflicts=True)
        if (found := known.select_for_update(no_key=True).first()) is not None:
            return found


def _personal(names: set[StreamName]) -> dict[StreamName, AuditPersonal]:
    if not names:
        return {}
    rows = AuditPersonal.objects.filter(
        organization_id__in={organization_id for organization_id, _ in names},
        stream__in={stream for _, stream in names},
    )
    found = {(row.organization_id, row.stream): row for row in rows.select_related("subject")}
    return {name: found[name] for name in names if name in found}


def _values(row: AuditPersonal) -> list[tuple[str, Any]]:
    if row.values_sealed is None:
        return []
    return [(name, value) for name, value in vault.unsealed(row.subject, row.values_sealed, row.subject_id)]


def _salt() -> str:
    return base64.urlsafe_b64encode(os.urandom(_SALT_BYTES)).decode().rstrip("=")
