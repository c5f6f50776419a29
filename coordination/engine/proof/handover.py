"""How the key that signs checkpoints hands over to the next: a note about both keys, signed by the one that goes."""

from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from coordination.engine.proof.note import NoteInvalid, Verifier, opened_text, sign_text, split_note

_WHAT = "coordination.handover/1"


def hand_over(old: Ed25519PrivateKey, new: bytes) -> str:
    """Return the note by which a key says that another public key signs after it."""
    return sign_text(_handover_text(old.public_key().public_bytes_raw(), new), _WHAT, old)


def followed(trusted: Iterable[bytes], handovers: Iterable[str]) -> frozenset[bytes]:
    """Return the keys that are trusted, and those that they handed over to, one after the other."""
    known = set(trusted)
    for note in handovers:
        known |= {new for old, new in _named(note) if old in known and _is_of(note, old)}
    return frozenset(known)


def _handover_text(old: bytes, new: bytes) -> str:
    return f"{_WHAT}\nfrom {old.hex()}\nto {new.hex()}\n"


def _named(note: str) -> list[tuple[bytes, bytes]]:
    """Return the key that goes and the key that comes; a note that is no handover names none."""
    try:
        text, _ = split_note(note)
        _, old, new = (line.rpartition(" ")[2] for line in text.splitlines())
        pair = bytes.fromhex(old), bytes.fromhex(new)
    except ValueError:
        return []
    return [pair] if text == _handover_text(*pair) else []


def _is_of(note: str, old: bytes) -> bool:
    try:
        return bool(opened_text(note, [Verifier(_WHAT, old)]))
    except NoteInvalid:
        return False
