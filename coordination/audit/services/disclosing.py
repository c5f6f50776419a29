"""Hand chosen values of a record to whom they are meant for: with the record they show that it says so."""

from collections.abc import Collection

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.audit.errors import NothingToDisclose
from coordination.audit.models import AuditEvent
from coordination.audit.selectors.keeping import openings
from coordination.audit.services.append import Entry, append
from coordination.audit.stream import STREAM
from coordination.engine.proof.personal import Opening
from coordination.shared.json import JsonObject


@transaction.atomic
def disclose(event: AuditEvent, paths: Collection[str], reason: str, actor: Actor) -> list[Opening]:
    """Return what opens the commitments at these places of a record, or all, and put it on record.

    Raises NothingToDisclose.
    """
    found = [one for one in openings([event.pk]).get(event.pk, ()) if not paths or one.path in paths]
    if not found:
        raise NothingToDisclose(name=event.pk)
    data: JsonObject = {"record": str(event.pk), "paths": [one.path for one in found], "reason": reason}
    append(event.organization_id, STREAM, actor, [Entry("PersonalDataDisclosed", data, object=f"record:{event.pk}")])
    return found
