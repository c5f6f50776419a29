"""Signed checkpoints of a tree, as C2SP writes them: signed-note, tlog-checkpoint and tlog-cosignature."""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGNS = b"\x01"
COSIGNS = b"\x04"
MOST_SIGNATURES = 64
_DASH = "\u2014 "
_ID_BYTES = 4
_TIME_BYTES = 8
_NAME = re.compile(r"[^\s+\x00-\x1f]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_NOTE = re.compile(rf"(?s:.+?)\n\n(?:{_DASH}[^\n]*\n)+")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


class NoteInvalid(ValueError):
    """The note is not a signed checkpoint, or none of the known keys signed it.

    What is said of it begins with a verb: whoever shows it says which note that is.
    """


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a tree was at a moment: whose it is, how many leaves it had, and its root."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the text that is signed."""
        return "\n".join([self.origin, str(self.size), _base64(self.root), *self.extensions, ""])


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key and the name it signs under; a witness cosigns, which puts a time into what is signed."""

    name: str
    public: bytes
    cosigns: bool = False

    @property
    def id(self) -> bytes:
        """Return the four bytes that name the key in a signature line."""
        return key_id(self.name, self.public, COSIGNS if self.cosigns else SIGNS)

    def text(self) -> str:
        """Return the verifier key as it is handed to others: name, id and key in one line."""
        return f"{self.name}+{self.id.hex()}+{_base64((COSIGNS if self.cosigns else SIGNS) + self.public)}"

    @classmethod
    def of(cls, text: str) -> "Verifier":
        """Return the verifier that a line names; raises NoteInvalid."""
        name, _, rest = text.strip().partition("+")
        claimed, _, encoded = rest.partition("+")
        raw = _bytes(encoded)
        if not _NAME.fullmatch(name) or raw[:1] not in {SIGNS, COSIGNS} or len(raw) != 33:
            raise NoteInvalid("is not a verifier key: name+id+key")
        verifier = cls(name, raw[1:], raw[:1] == COSIGNS)
        if verifier.id.hex() != claimed:
            raise NoteInvalid(f"is a verifier key of {name} with an id that is not its own")
        return verifier


def key_id(name: str, public: bytes, kind: bytes = SIGNS) -> bytes:
    """Return the four bytes that name a key in a signature line."""
    return sha256(name.encode() + b"\n" + kind + public).digest()[:_ID_BYTES]


def sign(checkpoint: Checkpoint, name: str, key: Ed25519PrivateKey) -> str:
    """Return the checkpoint as a note signed by the key; raises NoteInvalid for what could not be read back."""
    text = checkpoint.text()
    if _CONTROL.search(text) or _read(text) != checkpoint:
        raise NoteInvalid("the name of this log cannot be part of a signed note")
    return sign_text(text, name, key)


def sign_text(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """Return any text that ends with a line end as a note signed by the key; raises NoteInvalid."""
    if not _NAME.fullmatch(name):
        raise NoteInvalid("the name of a key has no spaces and no plus")
    signature = key_id(name, key.public_key().public_bytes_raw()) + key.sign(text.encode())
    return f"{text}\n{_line(name, signature)}"


def cosign(note: str, name: str, key: Ed25519PrivateKey, timestamp: int) -> str:
    """Return the signature line of a witness for a note; raises NoteInvalid."""
    text, _ = split_note(note)
    identity = key_id(name, key.public_key().public_bytes_raw(), COSIGNS)
    signature = key.sign(_cosigned(text, timestamp))
    return _line(name, identity + timestamp.to_bytes(_TIME_BYTES) + signature)


def opened(note: str, verifiers: Iterable[Verifier]) -> Checkpoint:
    """Return the checkpoint of a note that at least one of the verifiers signed; raises NoteInvalid.

    A signature that claims to be of one of them and is not makes the note invalid, whatever else it holds.
    """
    return _read(opened_text(note, verifiers))


def opened_text(note: str, verifiers: Iterable[Verifier]) -> str:
    """Return the text of a note that at least one of the verifiers signed; raises NoteInvalid."""
    text, _ = split_note(note)
    if not signatures(note, verifiers):
        raise NoteInvalid("was signed by none of the known keys")
    return text


def notes_in(text: str) -> list[str]:
    """Return the notes that a text holds one after another; what follows the last one is none."""
    return [found[0].lstrip("\n") for found in _NOTE.finditer(text)]


def read(note: str) -> Checkpoint:
    """Return what a note says, without asking who signed it; raises NoteInvalid."""
    return _read(split_note(note)[0])


def signatures(note: str, verifiers: Iterable[Verifier]) -> dict[str, int]:
    """Return which of the verifiers signed, by name, with the time where a witness names one; raises NoteInvalid."""
    known = {(verifier.name, verifier.id): verifier for verifier in verifiers}
    text, lines = split_note(note)
    found: dict[str, int] = {}
    for line in lines:
        name, signature = _signature(line)
        verifier = known.get((name, signature[:_ID_BYTES]))
        if verifier is not None and name not in found:
            found[name] = _verify(verifier, text, signature[_ID_BYTES:])
    return found


def _verify(verifier: Verifier, text: str, signature: bytes) -> int:
    """Return the time a signature names, or 0; raises NoteInvalid."""
    timestamp, message = 0, text.encode()
    if verifier.cosigns:
        timestamp = int.from_bytes(signature[:_TIME_BYTES])
        message, signature = _cosigned(text, timestamp), signature[_TIME_BYTES:]
    try:
        Ed25519PublicKey.from_public_bytes(verifier.public).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise NoteInvalid(f"bears a signature of {verifier.name} that is wrong") from error
    return timestamp


def _cosigned(text: str, timestamp: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


def _read(text: str) -> Checkpoint:
    lines = text.split("\n")[:-1]
    if len(lines) < 3 or "" in lines or not _NUMBER.fullmatch(lines[1]):
        raise NoteInvalid("is not a checkpoint: origin, size and root, each on a line")
    origin, size, root, *extensions = lines
    decoded = _bytes(root)
    if len(decoded) != sha256().digest_size:
        raise NoteInvalid("has a root that is not a SHA-256")
    return Checkpoint(origin, int(size), decoded, tuple(extensions))


def split_note(note: str) -> tuple[str, list[str]]:
    """Return the signed text of a note, and its signature lines; raises NoteInvalid."""
    text, between, below = note.rpartition("\n\n")
    lines = below.split("\n")
    if not between or lines.pop() != "" or not lines or len(lines) > MOST_SIGNATURES or _CONTROL.search(note):
        raise NoteInvalid("is not a signed note: a text, an empty line, signatures")
    return text + "\n", lines


def _signature(line: str) -> tuple[str, bytes]:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    raw = _bytes(encoded)
    if not line.startswith(_DASH) or not _NAME.fullmatch(name) or len(raw) <= _ID_BYTES:
        raise NoteInvalid("has a signature line that is not a dash, a name and a signature")
    return name, raw


def _line(name: str, signature: bytes) -> str:
    return f"{_DASH}{name} {_base64(signature)}\n"


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    try:
        raw = base64.b64decode(text.encode(), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise NoteInvalid("has a value that is not Base64") from error
    if _base64(raw) != text:
        raise NoteInvalid("has a value that is not Base64 in its one spelling")
    return raw
