"""The key that signs checkpoints: a file outside the database, so that whoever can write there cannot sign."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from coordination.accounts.models import Organization
from coordination.audit.errors import SigningKeyUnknown, SigningKeyUnreadable
from coordination.audit.keyfile import secret_in
from coordination.audit.models import AuditKey
from coordination.engine.proof.handover import followed
from coordination.engine.proof.note import Verifier
from coordination.shared.clock import now


def signing_key() -> Ed25519PrivateKey:
    """Return the private key, made once where there is none; raises SigningKeyUnreadable."""
    return key_in(Path(settings.LEDGER_SIGNING_KEY_FILE))


def key_in(path: Path) -> Ed25519PrivateKey:
    """Return the private key in a file, made once where there is none; raises SigningKeyUnreadable."""
    try:
        return Ed25519PrivateKey.from_private_bytes(secret_in(path))
    except (OSError, ValueError) as error:
        raise SigningKeyUnreadable(path=path, reason=getattr(error, "strerror", None) or error) from error


def registered(key: Ed25519PrivateKey) -> AuditKey:
    """Return the row of the key that signs now; raises SigningKeyUnknown.

    Only the first key of an installation registers itself: a second machine with a key of its own must not sign.
    """
    public = key.public_key().public_bytes_raw()
    newest = AuditKey.objects.order_by("-id").first()
    if newest is None:
        return AuditKey.objects.get_or_create(public_key=public, defaults={"created_at": now()})[0]
    if bytes(newest.public_key) != public:
        raise SigningKeyUnknown(path=settings.LEDGER_SIGNING_KEY_FILE)
    return newest


def origin_of(organization: Organization) -> str:
    """Return the name that an organization's checkpoints bear everywhere."""
    return f"{settings.AUDIT_ORIGIN}/audit/{organization.slug}"


def verifiers(organization: Organization) -> list[Verifier]:
    """Return the keys that may have signed the organization's checkpoints, the oldest first.

    The first, and whom each handed over to: a key that only somebody with the database added is none of them.
    """
    origin = origin_of(organization)
    rows = list(AuditKey.objects.order_by("id"))
    trusted = followed([bytes(row.public_key) for row in rows[:1]], [row.handover for row in rows])
    return [Verifier(origin, public) for row in rows if (public := bytes(row.public_key)) in trusted]


def handovers() -> list[str]:
    """Return how each key handed over to the next, the oldest first."""
    return list(AuditKey.objects.exclude(handover="").order_by("id").values_list("handover", flat=True))
