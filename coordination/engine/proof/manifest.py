"""What a pack says of itself: its files with their hashes, its logs and their keys, signed as a whole."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from coordination.engine.proof.body import content_of
from coordination.engine.proof.note import NoteInvalid, Verifier

FORMAT = "coordination.pack/2"
MANIFEST, SIGNATURE = "manifest.json", "manifest.note"


class PackUnreadable(ValueError):
    """The pack is not what the format says."""


@dataclass(frozen=True, slots=True)
class LogFiles:
    """Which files of a pack hold a log, and the keys that sign its checkpoints.

    A whole log has `heads`; of a part each record has its proof.
    """

    name: str
    organization: str
    keys: Sequence[str]
    checkpoints: str
    records: Sequence[str]
    heads: str = ""

    def verifiers(self, pinned: frozenset[bytes]) -> list[Verifier]:
        """Return the keys that may sign: of those that are named the pinned ones, or all where none is pinned."""
        named = [Verifier.of(key) for key in self.keys]
        return [one for one in named if one.public in pinned or not pinned]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a pack says of itself."""

    kind: str
    made_at: str
    signer: Verifier
    logs: Sequence[LogFiles]
    files: Mapping[str, str]
    # How each key handed over to the next, the oldest first.
    handovers: Sequence[str] = ()

    def text(self) -> str:
        """Return the manifest as it stands in the pack."""
        said = {
            "format": FORMAT,
            "kind": self.kind,
            "made_at": self.made_at,
            "signer": self.signer.text(),
            "handovers": list(self.handovers),
            "logs": [asdict(log) for log in self.logs],
            "files": dict(self.files),
        }
        return json.dumps(said, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def of(cls, text: bytes) -> "Manifest":
        """Return what the text says; raises PackUnreadable."""
        said = content_of(text) or {}
        if said.get("format") != FORMAT:
            raise PackUnreadable(f"it is not a pack of the format {FORMAT}")
        try:
            logs = [_log(one) for one in said["logs"]]
            signer, files = Verifier.of(said["signer"]), _texts_by_name(said["files"])
            handovers = _texts(said.get("handovers", ()))
            return cls(_text(said["kind"]), _text(said["made_at"]), signer, logs, files, handovers)
        except NoteInvalid as error:
            raise PackUnreadable(f"a key that its manifest names {error}") from error
        except (KeyError, TypeError, AttributeError) as error:
            raise PackUnreadable("its manifest does not say what a manifest says") from error


def signed_text(manifest: bytes) -> str:
    """Return what is signed of a manifest; it can't be read as a checkpoint."""
    return f"{FORMAT}\nsha256 {sha256(manifest).hexdigest()}\n"


def _log(said: Mapping[str, Any]) -> LogFiles:
    log = LogFiles(
        name=_text(said["name"]),
        organization=_text(said["organization"]),
        keys=_texts(said["keys"]),
        checkpoints=_text(said["checkpoints"]),
        records=_texts(said["records"]),
        heads=_text(said["heads"]),
    )
    log.verifiers(frozenset())
    return log


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _texts(values: Iterable[Any]) -> list[str]:
    return [_text(value) for value in values]


def _texts_by_name(values: Mapping[Any, Any]) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in values.items()}
