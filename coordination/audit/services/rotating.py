"""Let another key sign the checkpoints."""

from pathlib import Path

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit.errors import SigningKeyUsed
from coordination.audit.models import AuditKey, AuditSealer
from coordination.audit.services.append import Addition, Entry, append_all
from coordination.audit.services.keys import key_in, registered, signing_key
from coordination.audit.stream import STREAM
from coordination.engine.proof.handover import hand_over
from coordination.shared.clock import now
from coordination.shared.json import JsonObject


@transaction.atomic
def rotate(path: Path, actor: Actor) -> AuditKey:
    """Let the key in a file, which is made where there is none, sign from now on; the present one vouches for it.

    The record of it is in every organization's log. Nothing is sealed until LEDGER_SIGNING_KEY_FILE holds the new key
    everywhere. Raises SigningKeyUnreadable, SigningKeyUnknown, SigningKeyUsed.
    """
    # One at a time, and not while the sealer signs.
    AuditSealer.objects.select_for_update().get_or_create(pk=1)
    old, new = signing_key(), key_in(path)
    before, public = registered(old), new.public_key().public_bytes_raw()
    if AuditKey.objects.filter(public_key=public).exists():
        raise SigningKeyUsed(path=path)
    row = AuditKey.objects.create(public_key=public, handover=hand_over(old, public), created_at=now())
    said: JsonObject = {"from": str(before), "to": str(row), "handover": row.handover}
    append_all(
        [
            Addition(organization.pk, STREAM, actor, [Entry("SigningKeyChanged", said, object=f"key:{row}")])
            for organization in Organization.objects.order_by("pk")
        ]
    )
    return row
