"""How a checkpoint reaches each kind of anchor; what a witness answers is its signature."""

import base64
import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.crypto import salted_hmac

from coordination.audit.calling import post
from coordination.audit.errors import AnchorFailed
from coordination.audit.models import AnchorKind, AuditAnchor, AuditCheckpoint
from coordination.audit.selectors.proofs import consistency
from coordination.engine.proof.note import NoteInvalid, Verifier, signatures
from coordination.shared.clock import now
from coordination.shared.webhooks import signed, spelled

_PURPOSE = "coordination.audit.anchors"
_CONFLICT, _UNPROVED = 409, 422


def deliver(anchor: AuditAnchor, checkpoint: AuditCheckpoint) -> str:
    """Tell an anchor a checkpoint and return its signature, if it is a witness; raises AnchorFailed."""
    return _WAYS[anchor.kind](anchor, checkpoint)


def folder_of(anchor: AuditAnchor) -> Path:
    """Return the folder that a folder's checkpoints are written to."""
    return Path(settings.AUDIT_ANCHOR_FOLDER) / anchor.organization.slug / anchor.address


def secret_of(anchor: AuditAnchor) -> str:
    """Return the secret that a webhook is signed with, as Standard Webhooks spells it; it is stored nowhere."""
    return spelled(_key_of(anchor))


def _key_of(anchor: AuditAnchor) -> bytes:
    return salted_hmac(_PURPOSE, f"{anchor.pk}:{anchor.salt}", algorithm="sha256").digest()


def _write(anchor: AuditAnchor, checkpoint: AuditCheckpoint) -> str:
    """Write a file for each checkpoint, whole or not at all, and never over one that is there."""
    folder = folder_of(anchor)
    path = folder / f"{checkpoint.number:012d}.note"
    begun = folder / f".{checkpoint.number}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        begun.write_text(checkpoint.note)
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(begun)
        begun.unlink()
        kept = path.read_text()
    except OSError as error:
        raise AnchorFailed(why=f"{path} can't be written: {error.strerror}.") from error
    if kept != checkpoint.note:
        raise AnchorFailed(why=f"{path} holds another checkpoint of that number: one of the two was forged.")
    return ""


def _send(anchor: AuditAnchor, checkpoint: AuditCheckpoint) -> str:
    organization = anchor.organization.slug
    said = {
        "type": "audit.checkpoint",
        "timestamp": checkpoint.created_at.isoformat(),
        "data": {"organization": organization, "number": checkpoint.number, "note": checkpoint.note},
    }
    body = json.dumps(said).encode()
    headers = signed([_key_of(anchor)], f"checkpoint-{anchor.pk}-{checkpoint.number}", now(), body)
    status, _ = post(anchor.address, body, headers)
    if not 200 <= status < 300:
        raise AnchorFailed(why=f"It answered with status {status}.")
    return ""


def _mail(anchor: AuditAnchor, checkpoint: AuditCheckpoint) -> str:
    name = anchor.organization.name
    text = (
        f"This is checkpoint {checkpoint.number} of the audit log of {name}. Keep this message: with it, whoever "
        f"verifies the log can tell whether any of its first {checkpoint.size} records was changed since.\n\n"
        f"{checkpoint.note}"
    )
    message = EmailMessage(f"Audit checkpoint {checkpoint.number} of {name}", text, to=[anchor.address])
    try:
        message.send()
    except OSError as error:
        raise AnchorFailed(why=f"The message could not be sent: {error}.") from error
    return ""


def _ask_witness(anchor: AuditAnchor, checkpoint: AuditCheckpoint) -> str:
    """Have a witness sign that this checkpoint continues the last one it saw: C2SP tlog-witness."""
    status, said = _submit(anchor, checkpoint, anchor.size)
    if status == _CONFLICT and said.strip().isdecimal():
        status, said = _submit(anchor, checkpoint, int(said))
    if status in (_UNPROVED, _CONFLICT):
        raise AnchorFailed(why="It refused: this log does not continue the one that it saw. One of the two was forged.")
    if status != 200:
        raise AnchorFailed(why=f"It answered with status {status}: {said.strip()[:200]}")
    verifier = Verifier.of(anchor.key)
    try:
        if verifier.name not in signatures(checkpoint.note + said, [verifier]):
            raise AnchorFailed(why="Its answer is not signed by the key that is set for it.")
    except NoteInvalid as error:
        raise AnchorFailed(why=f"Its answer is no signature: {error}.") from error
    return said


def _submit(anchor: AuditAnchor, checkpoint: AuditCheckpoint, seen: int) -> tuple[int, str]:
    """Ask for a signature under a checkpoint that continues the tree of `seen` records; raises AnchorFailed."""
    if seen > checkpoint.size:
        raise AnchorFailed(
            why=f"It has seen {seen} records, and here there are {checkpoint.size}: "
            "records were removed, or this is an older copy of the database."
        )
    proof = consistency(anchor.organization, seen, checkpoint.size) if seen else []
    lines = [f"old {seen}", *(base64.b64encode(part).decode() for part in proof), "", checkpoint.note]
    url = f"{anchor.address.rstrip('/')}/add-checkpoint"
    return post(url, "\n".join(lines).encode(), {"Content-Type": "text/plain; charset=utf-8"})


_WAYS: dict[str, Callable[[AuditAnchor, AuditCheckpoint], str]] = {
    AnchorKind.FILE: _write,
    AnchorKind.WEBHOOK: _send,
    AnchorKind.EMAIL: _mail,
    AnchorKind.WITNESS: _ask_witness,
}
