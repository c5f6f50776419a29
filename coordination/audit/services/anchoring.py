"""Tell checkpoints to places that whoever changes the database cannot change too."""

import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Organization
from coordination.audit.delivering import deliver
from coordination.audit.errors import AnchorFailed, AnchorInvalid, AnchorKnown, NothingSealed
from coordination.audit.models import AnchorKind, AuditAnchor, AuditAnchored, AuditCheckpoint
from coordination.audit.selectors.keeping import anchor_of
from coordination.audit.selectors.sealed import checkpoints
from coordination.audit.services.append import Entry, append
from coordination.audit.stream import STREAM
from coordination.engine.proof.note import NoteInvalid, Verifier
from coordination.shared.addresses import AddressRefused, target_of
from coordination.shared.clock import now
from coordination.shared.json import JsonObject
from coordination.shared.live import ring

EVERY = timedelta(hours=1)
# Nobody else takes an anchor in this time; then whoever told it is thought dead.
_LEASE = timedelta(minutes=2)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_MOST = 50


@transaction.atomic
def add_anchor(organization: Organization, kind: str, address: str, actor: Actor, *, key: str = "") -> AuditAnchor:
    """Send checkpoints there from now on; raises AnchorInvalid, AnchorKnown."""
    check = _CHECKS.get(kind)
    if check is None:
        raise AnchorInvalid(problem=f"its kind must be one of {', '.join(AnchorKind.values)}.")
    address = address.strip()
    check(address)
    anchor = AuditAnchor(
        organization=organization, kind=kind, address=address, created_at=now(), due_at=now(),
        key=_witness_key(key) if kind == AnchorKind.WITNESS else "",
        salt=secrets.token_urlsafe(24) if kind == AnchorKind.WEBHOOK else "",
    )  # fmt: skip
    try:
        with transaction.atomic():
            anchor.save(force_insert=True)
    except IntegrityError:
        raise AnchorKnown(address=address) from None
    _record(anchor, "AnchorAdded", actor, {"kind": kind, "address": address, "key": anchor.key})
    return anchor


@transaction.atomic
def remove_anchor(anchor: AuditAnchor, actor: Actor) -> None:
    """Send no more there; what was sent stays known."""
    locked = AuditAnchor.objects.select_for_update().get(pk=anchor.pk)
    if locked.removed_at is None:
        locked.removed_at = now()
        locked.save(update_fields=["removed_at"])
        _record(locked, "AnchorRemoved", actor, {"kind": locked.kind, "address": locked.address})


def tell_due() -> int:
    """Tell every anchor that is due, and return how many were told."""
    due = Q(due_at__lte=now(), removed_at=None)
    return sum(
        _tell(pk) for pk in AuditAnchor.objects.filter(due).order_by("due_at").values_list("pk", flat=True)[:_MOST]
    )


def tell_now(anchor: AuditAnchor) -> AuditAnchor:
    """Tell an anchor the newest checkpoint at once, and return how it is then; raises NothingSealed."""
    if not checkpoints(anchor.organization).exists():
        raise NothingSealed
    AuditAnchor.objects.filter(pk=anchor.pk).update(due_at=now())
    _tell(anchor.pk)
    return anchor_of(anchor.organization, anchor.pk)


def _tell(pk: UUID) -> bool:
    """Tell one anchor, unless another does so at this moment; no transaction is open while it answers."""
    with transaction.atomic():
        free = AuditAnchor.objects.select_for_update(skip_locked=True, of=("self",)).select_related("organization")
        anchor = free.filter(pk=pk, due_at__lte=now(), removed_at=None).first()
        checkpoint = checkpoints(anchor.organization).first() if anchor else None
        if anchor is None or checkpoint is None:
            return False
        anchor.due_at = now() + _LEASE
        anchor.save(update_fields=["due_at"])
    try:
        cosignature = deliver(anchor, checkpoint)
    except AnchorFailed as error:
        _note_failure(anchor, str(error))
        return False
    _note_success(anchor, checkpoint, cosignature)
    return True


@transaction.atomic
def _note_success(anchor: AuditAnchor, checkpoint: AuditCheckpoint, cosignature: str) -> None:
    told = AuditAnchored(anchor=anchor, checkpoint=checkpoint, cosignature=cosignature, created_at=now())
    AuditAnchored.objects.bulk_create([told], ignore_conflicts=True)
    was_failing = anchor.failing_since
    anchor.size, anchor.told_at, anchor.due_at = checkpoint.size, now(), now() + EVERY
    anchor.attempts, anchor.failing_since, anchor.problem = 0, None, ""
    _save(anchor)
    if was_failing:
        _record(anchor, "AnchorRecovered", SYSTEM, {"address": anchor.address, "checkpoint": checkpoint.number})


@transaction.atomic
def _note_failure(anchor: AuditAnchor, problem: str) -> None:
    """Try again later: after a minute, and twice as long each time, up to an hour."""
    is_first = anchor.failing_since is None
    pause = min(_FIRST_PAUSE * 2 ** min(anchor.attempts, 10), _LONGEST_PAUSE)
    anchor.attempts, anchor.problem, anchor.due_at = anchor.attempts + 1, problem[:500], now() + pause
    anchor.failing_since = anchor.failing_since or now()
    _save(anchor)
    if is_first:
        _record(anchor, "AnchorFailed", SYSTEM, {"address": anchor.address, "problem": anchor.problem})


def _save(anchor: AuditAnchor) -> None:
    anchor.save(update_fields=["size", "told_at", "due_at", "attempts", "failing_since", "problem"])
    ring(anchor.organization_id, "audit")


def _record(anchor: AuditAnchor, kind: str, actor: Actor, data: JsonObject) -> None:
    append(anchor.organization_id, STREAM, actor, [Entry(kind, data, object=f"anchor:{anchor.pk}")])


def _is_folder(address: str) -> None:
    if not _FOLDER.fullmatch(address):
        raise AnchorInvalid(
            problem="a folder is a name of letters, digits, dots, - and _, below the operator's folder."
        )


def _is_url(address: str) -> None:
    try:
        target_of(address)
    except AddressRefused as error:
        if not error.retryable:
            raise AnchorInvalid(problem=error.message) from error


def _is_email(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError:
        raise AnchorInvalid(problem=f"{address} is not an e-mail address.") from None


def _witness_key(text: str) -> str:
    try:
        verifier = Verifier.of(text)
    except NoteInvalid as error:
        raise AnchorInvalid(problem=f"a witness has a key, which its page shows: {error}.") from error
    if not verifier.cosigns:
        raise AnchorInvalid(problem="this is the key of a log; a witness has one of its own, which its page shows.")
    return verifier.text()


_CHECKS: dict[str, Callable[[str], None]] = {
    AnchorKind.FILE: _is_folder,
    AnchorKind.WEBHOOK: _is_url,
    AnchorKind.EMAIL: _is_email,
    AnchorKind.WITNESS: _is_url,
}
