"""Prove what is in the log now: recompute a hash, the way to a signed root, and ask whether the signature holds."""

from dataclasses import dataclass

from coordination.audit import selectors
from coordination.audit.errors import NotContinued, NotSealed
from coordination.audit.models import AuditCheckpoint, AuditEvent
from coordination.audit.selectors.proofs import consistency, inclusion
from coordination.audit.services.keys import verifiers
from coordination.engine.proof.merkle import EMPTY_ROOT, leaf_hash, verify_consistency, verify_inclusion
from coordination.engine.proof.note import NoteInvalid, opened

_INCOMPLETE = "A part of the tree was removed: nothing can be proved by it."


@dataclass(frozen=True, slots=True)
class Proof:
    """That a record is in the tree of a checkpoint, as leaf `seq`; `problem` is empty where the proof holds."""

    event: AuditEvent
    seq: int
    sealed_in: AuditCheckpoint
    checkpoint: AuditCheckpoint
    path: list[bytes]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Continuation:
    """That a checkpoint's tree begins with the whole of an earlier one's, which is None for the empty tree."""

    old: AuditCheckpoint | None
    new: AuditCheckpoint
    path: list[bytes]
    problem: str = ""


def prove(event: AuditEvent, checkpoint: AuditCheckpoint | None = None) -> Proof:
    """Prove a record, as it is now, by a checkpoint, or by the newest; raises NotSealed."""
    place = selectors.place_of(event)
    if place is None:
        raise NotSealed
    sealed_in, seq = place
    by = checkpoint or selectors.checkpoints(event.organization).first() or sealed_in
    if by.size <= seq:
        raise NotSealed
    try:
        path = inclusion(event.organization, seq, by.size)
    except KeyError:
        return Proof(event, seq, sealed_in, by, [], _INCOMPLETE)
    problem = signature_problem(by)
    if not verify_inclusion(leaf_hash(event.body.encode()), seq, by.size, path, bytes(by.root)):
        problem = "The record is not what was sealed: its hash does not lead to the signed root."
    return Proof(event, seq, sealed_in, by, path, problem)


def prove_growth(old: AuditCheckpoint | None, new: AuditCheckpoint) -> Continuation:
    """Prove that between two checkpoints of one log records were added, and nothing else; raises NotContinued."""
    old_size, old_root = (old.size, bytes(old.root)) if old else (0, EMPTY_ROOT)
    if old_size > new.size:
        raise NotContinued(old=old_size, new=new.size)
    try:
        path = consistency(new.organization, old_size, new.size)
    except KeyError:
        return Continuation(old, new, [], _INCOMPLETE)
    problem = signature_problem(new) or (signature_problem(old) if old else "")
    if not verify_consistency(old_size, new.size, old_root, bytes(new.root), path):
        problem = "The later checkpoint does not go on from the earlier one: records before it were changed or removed."
    return Continuation(old, new, path, problem)


def signature_problem(checkpoint: AuditCheckpoint) -> str:
    """Return what is wrong with a checkpoint's note; empty where a known key signed what its row says."""
    try:
        said = opened(checkpoint.note, verifiers(checkpoint.organization))
    except NoteInvalid as error:
        return f"Checkpoint {checkpoint.number} can't be trusted: {error}."
    if (said.size, said.root) != (checkpoint.size, bytes(checkpoint.root)):
        return f"Checkpoint {checkpoint.number} was changed: its note says something else."
    return ""
