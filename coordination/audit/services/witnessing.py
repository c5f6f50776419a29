"""Be a witness of logs kept elsewhere: sign that each checkpoint continues the last one (C2SP tlog-witness)."""

import base64
import binascii
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import IntegrityError, transaction

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Organization
from coordination.audit.errors import LogInvalid
from coordination.audit.models import WitnessedLog
from coordination.audit.selectors.keeping import logs
from coordination.audit.services.append import Entry, append
from coordination.audit.services.keys import signing_key
from coordination.audit.stream import STREAM
from coordination.engine.proof.merkle import verify_consistency
from coordination.engine.proof.note import Checkpoint, NoteInvalid, Verifier, cosign, opened, read
from coordination.shared.clock import now
from coordination.shared.json import JsonObject
from coordination.shared.live import ring

MOST_PROOF = 63
_SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness answers."""

    status: int
    text: str
    kind: str = "text/plain; charset=utf-8"


class _Refused(Exception):
    def __init__(self, status: int, text: str, kind: str = "text/plain; charset=utf-8") -> None:
        super().__init__(text)
        self.answer = Answer(status, text, kind)


@transaction.atomic
def watch_log(organization: Organization, keys: str, actor: Actor) -> WitnessedLog:
    """Witness the log whose verifier keys these are, one on a line; raises LogInvalid."""
    verifiers = _verifiers(keys)
    names = {verifier.name for verifier in verifiers}
    if len(names) != 1 or any(verifier.cosigns for verifier in verifiers):
        raise LogInvalid(problem="write its verifier key as its page shows it: origin+id+key, all of one origin.")
    log = WitnessedLog(
        organization=organization, origin=names.pop(), keys="\n".join(v.text() for v in verifiers), created_at=now()
    )
    try:
        with transaction.atomic():
            log.save(force_insert=True)
    except IntegrityError:
        raise LogInvalid(problem=f"{log.origin} is witnessed already.") from None
    _record(log, "LogWitnessed", actor)
    return log


@transaction.atomic
def forget_log(log: WitnessedLog, actor: Actor) -> None:
    """Witness a log no longer."""
    _record(log, "LogForgotten", actor)
    log.delete()


def witness_of(organization: Organization) -> Verifier:
    """Return the name and the public key that an organization witnesses with."""
    return Verifier(_name_of(organization), _key().public_key().public_bytes_raw(), cosigns=True)


def add_checkpoint(organization: Organization, body: bytes) -> Answer:
    """Sign a checkpoint that continues what was seen of its log, or say why not."""
    try:
        old, proof, note = _parsed(body)
        return _added(organization, old, proof, note)
    except _Refused as refused:
        return refused.answer


@transaction.atomic
def _added(organization: Organization, old: int, proof: list[bytes], note: str) -> Answer:
    said = _read(note)
    log = logs(organization).select_for_update().filter(origin=said.origin).first()
    if log is None:
        raise _Refused(404, f"This witness does not know {said.origin}.\n")
    try:
        opened(note, _verifiers(log.keys))
    except NoteInvalid as error:
        raise _Refused(403, f"{error}\n") from error
    if old > said.size:
        raise _Refused(400, "A tree does not shrink: old must not exceed the checkpoint's size.\n")
    if log.root is not None and said.size == log.size and said.root != bytes(log.root):
        # Both are signed by the log, so this needs nobody's word: it showed two histories.
        return _forked(log, said)
    if old != log.size:
        raise _Refused(409, f"{log.size}\n", "text/x.tlog.size")
    if not verify_consistency(old, said.size, bytes(log.root or b""), said.root, proof) and (old or proof):
        raise _Refused(422, "The proof does not show that this checkpoint continues the last one.\n")
    log.size, log.root, log.note, log.seen_at = said.size, said.root, note, now()
    log.save(update_fields=["size", "root", "note", "seen_at"])
    ring(organization.id, "audit")
    return Answer(200, cosign(note, _name_of(organization), _key(), int(now().timestamp())))


def _forked(log: WitnessedLog, said: Checkpoint) -> Answer:
    if log.refused_at is None:
        log.refused_at, log.refused_why = now(), f"It signed two different trees of {said.size} records."
        log.save(update_fields=["refused_at", "refused_why"])
        _record(log, "LogForked", SYSTEM)
    return Answer(409, f"{log.size}\n", "text/x.tlog.size")


def _parsed(body: bytes) -> tuple[int, list[bytes], str]:
    """Return the old size, the proof and the note of a request."""
    try:
        head, between, note = body.decode().partition("\n\n")
        first, *lines = head.split("\n")
        word, _, size = first.partition(" ")
        proof = [base64.b64decode(line, validate=True) for line in lines]
    except (UnicodeDecodeError, binascii.Error, ValueError) as error:
        raise _Refused(400, f"This is not a request to a witness: {error}.\n") from error
    if word != "old" or not between or not size.isascii() or not size.isdecimal() or len(size) > 19:
        raise _Refused(400, "The body must be old, a size, the lines of the proof, an empty line and the checkpoint.\n")
    if len(proof) > MOST_PROOF or any(len(part) != SHA256.digest_size for part in proof):
        raise _Refused(400, f"A proof has at most {MOST_PROOF} lines of 32 bytes each.\n")
    return int(size), proof, note


def _read(note: str) -> Checkpoint:
    try:
        return read(note)
    except NoteInvalid as error:
        raise _Refused(400, f"{error}\n") from error


def _verifiers(keys: str) -> list[Verifier]:
    try:
        return [Verifier.of(line) for line in keys.splitlines() if line.strip()]
    except NoteInvalid as error:
        raise LogInvalid(problem=f"{error}.") from error


def _name_of(organization: Organization) -> str:
    return f"{settings.AUDIT_ORIGIN}/witness/{organization.slug}"


def _key() -> Ed25519PrivateKey:
    """Return the key of a witness, made of the one that signs this log: a key of its own, as C2SP asks."""
    seed = signing_key().private_bytes_raw()
    derived = HKDF(algorithm=SHA256(), length=_SEED_BYTES, salt=None, info=b"coordination witness").derive(seed)
    return Ed25519PrivateKey.from_private_bytes(derived)


def _record(log: WitnessedLog, kind: str, actor: Actor) -> None:
    data: JsonObject = {"origin": log.origin, "keys": log.keys, "size": log.size, "why": log.refused_why}
    append(log.organization_id, STREAM, actor, [Entry(kind, data, object=f"witnessed-log:{log.pk}")])
