"""What verify.py does when it is run."""

import argparse
import base64
import binascii
import sys
from collections.abc import Sequence
from pathlib import Path

from coordination.engine.proof.findings import Report
from coordination.engine.proof.manifest import PackUnreadable
from coordination.engine.proof.note import NoteInvalid, Verifier, notes_in
from coordination.engine.proof.pack import verify_pack

_KEY_BYTES = 32


def main(arguments: Sequence[str]) -> int:
    """Check the pack that is named, say what was found, and return 0 only if all is as it was written."""
    parser = argparse.ArgumentParser(description="Check a pack of audit records; exits 1 and names the first bad one.")
    parser.add_argument("pack", type=Path)
    parser.add_argument("--key", action="append", default=[], help="trust only this key: as name+id+key, or in Base64")
    parser.add_argument("--against", action="append", type=Path, default=[], help="a checkpoint that you kept")
    options = parser.parse_args(arguments)
    try:
        pinned = [public_key(key) for key in options.key]
        kept = [note for path in options.against for note in kept_notes(path)]
        with options.pack.open("rb") as file:
            found = verify_pack(file, pinned, kept)
    except (OSError, PackUnreadable) as error:
        return _refuse(f"{options.pack} can't be checked: {error}.")
    for finding in found.report.findings:
        _say(str(finding))
    if found.report.first_bad:
        return _refuse(f"Not intact. First bad record: {found.report.first_bad}")
    _say(f"{summary(found.report)} Made {found.made_at}.")
    if not pinned:
        _say("Signed by the keys below; only their operator can tell you whether they are his.")
        _say("\n".join(found.keys))
    return 0


def public_key(text: str) -> bytes:
    """Return the public key that a verifier key or 32 bytes in Base64 name; raises PackUnreadable."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    try:
        return raw if len(raw) == _KEY_BYTES else Verifier.of(text).public
    except NoteInvalid as error:
        raise PackUnreadable(f"the key {text} is neither name+id+key nor {_KEY_BYTES} bytes in Base64") from error


def kept_notes(path: Path) -> list[str]:
    """Return the checkpoints in a file; raises PackUnreadable, OSError."""
    notes = notes_in(path.read_text("utf-8", "replace"))
    if not notes:
        raise PackUnreadable(f"{path} holds no signed checkpoint")
    return notes


def summary(report: Report) -> str:
    """Say in a sentence or two what was checked."""
    text = f"{report.checked} records in {report.streams} streams are intact."
    if report.checkpoints:
        text += f" {report.sealed} of them are in trees that {report.checkpoints} signed checkpoints cover."
    if report.dropped:
        text += f" {report.dropped} more were dropped when their time was over; their places are proved."
    return text


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _refuse(line: str) -> int:
    sys.stderr.write(line + "\n")
    return 1
