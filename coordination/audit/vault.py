"""Keys of persons: each has one, encrypted by a key in a file outside the database, and nothing opens without both."""

import hmac
import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from coordination.audit.errors import PersonalKeyUnreadable
from coordination.audit.keyfile import secret_in
from coordination.audit.models import AuditSubject

_NONCE_BYTES = 12
_KEY_BYTES = 32


def mac_of(organization_id: UUID, name: str) -> bytes:
    """Return what a person is found by: without the key nobody can tell whose it is, nor guess."""
    spelled = " ".join(name.split()).casefold()
    return hmac.digest(_derived("name"), organization_id.bytes + spelled.encode(), "sha256")


def new_subject(organization_id: UUID, name: str | None, created_at: Any) -> AuditSubject:
    """Return a person with a key of their own, not written yet."""
    subject = AuditSubject(organization_id=organization_id, created_at=created_at)
    key = AESGCM.generate_key(_KEY_BYTES * 8)
    subject.key_sealed = _sealed(_derived("key"), key, subject.id.bytes)
    if name is not None:
        subject.name_mac = mac_of(organization_id, name)
        subject.name_sealed = _sealed(key, json.dumps(name).encode(), subject.id.bytes)
    return subject


def name_of(subject: AuditSubject) -> str:
    """Return how a person is called, or nothing: they have no name here, or are erased."""
    return str(unsealed(subject, subject.name_sealed, subject.id) or "") if subject.name_sealed else ""


def sealed(subject: AuditSubject, value: Any, about: UUID) -> bytes:
    """Return a JSON value encrypted under a person's key; `about` is what it belongs to, and opens nowhere else."""
    return _sealed(_key_of(subject), json.dumps(value).encode(), about.bytes)


def unsealed(subject: AuditSubject, raw: bytes | memoryview, about: UUID) -> Any:
    """Return what was encrypted; raises PersonalKeyUnreadable."""
    return json.loads(_unsealed(_key_of(subject), bytes(raw), about.bytes))


def _key_of(subject: AuditSubject) -> bytes:
    return _unsealed(_derived("key"), bytes(subject.key_sealed or b""), subject.id.bytes)


def _sealed(key: bytes, text: bytes, about: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, text, about)


def _unsealed(key: bytes, raw: bytes, about: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], about)
    except (InvalidTag, ValueError) as error:
        raise PersonalKeyUnreadable(path=settings.AUDIT_PERSONAL_KEY_FILE, reason="it opens nothing here") from error


def _derived(purpose: str) -> bytes:
    return _derived_from(str(settings.AUDIT_PERSONAL_KEY_FILE), purpose)


@lru_cache(8)
def _derived_from(path: str, purpose: str) -> bytes:
    try:
        secret = secret_in(Path(path))
    except (OSError, ValueError) as error:
        raise PersonalKeyUnreadable(path=path, reason=getattr(error, "strerror", None) or error) from error
    info = b"coordination personal " + purpose.encode()
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(secret)
