"""Forget a person: destroy what opens the commitments in records. The records, and every proof of them, stay."""

from dataclasses import dataclass

from django.db import connection, transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit import vault
from coordination.audit.errors import OutsideTransaction, SubjectHeld, SubjectUnknown
from coordination.audit.models import AuditDisclosure, AuditSubject
from coordination.audit.selectors.keeping import holding_subject
from coordination.audit.services.append import Entry, append
from coordination.audit.stream import STREAM
from coordination.engine.proof.personal import Finder
from coordination.shared.clock import now
from coordination.shared.json import JsonObject

_MOST_PATHS = 100


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about a person: in which streams, and how to find their values in what is beside the record."""

    subject: AuditSubject
    streams: list[str]
    finder: Finder


def known_about(organization: Organization, subject: AuditSubject) -> Known:
    """Return what is known about a person, who is locked: nothing can be told about them until the transaction ends.

    Raises SubjectUnknown, SubjectHeld.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction
    people = AuditSubject.objects.select_for_update(of=("self",)).select_related("organization")
    locked = people.filter(organization=organization, pk=subject.pk, erased_at=None).first()
    if locked is None:
        raise SubjectUnknown(name=subject.pk)
    if holds := holding_subject(locked):
        raise SubjectHeld(why="; ".join(hold.reason for hold in holds))
    rows = list(locked.streams.all())
    values = [
        (name, value)
        for row in rows
        if row.values_sealed is not None
        for name, value in vault.unsealed(locked, bytes(row.values_sealed), locked.pk)
    ]
    called = vault.name_of(locked)
    return Known(locked, [row.stream for row in rows], Finder([*values, ("", called)]))


@transaction.atomic
def destroy(known: Known, basis: str, actor: Actor, beside: dict[str, int]) -> None:
    """Destroy a person's key and every salt, and put on record that it was done; `beside` counts what else was."""
    subject = known.subject
    disclosures = AuditDisclosure.objects.filter(subject=subject)
    paths = sorted({_generic(path) for path in _paths(subject)})
    n_commitments, _ = disclosures.delete()
    subject.streams.update(values_sealed=None)
    subject.name_mac = subject.name_sealed = subject.key_sealed = None
    subject.erased_at, subject.erased_by, subject.basis = now(), str(actor), basis
    subject.save(update_fields=["name_mac", "name_sealed", "key_sealed", "erased_at", "erased_by", "basis"])
    data: JsonObject = {
        "basis": basis,
        "commitments": n_commitments,
        "streams": len(known.streams),
        "paths": [*paths[:_MOST_PATHS]],
        "beside": {**beside},
    }
    entry = Entry("PersonalDataErased", data, object=f"data-subject:{subject.pk}")
    append(subject.organization_id, STREAM, actor, [entry])


def _paths(subject: AuditSubject) -> list[str]:
    rows = AuditDisclosure.objects.filter(subject=subject).iterator(2_000)
    return [vault.unsealed(subject, bytes(row.sealed), row.event_id)[1] for row in rows]


def _generic(path: str) -> str:
    """Return where a value stood, without its place in a list."""
    return "/".join("*" if part.isdecimal() else part for part in path.split("/"))
