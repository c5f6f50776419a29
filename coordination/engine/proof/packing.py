"""Write a pack: files beside each other in a zip, and at its end the signed manifest of them."""

import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import IO, Any, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from coordination.engine.proof.manifest import MANIFEST, SIGNATURE, LogFiles, Manifest, signed_text
from coordination.engine.proof.note import Verifier, sign_text

_MODE = 0o644


class PackWriter:
    """A pack that is being written, file after file; `close` signs it."""

    def __init__(self, file: IO[bytes], *, kind: str, made_at: str) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self._kind = kind
        self._made_at = made_at
        self._files: dict[str, str] = {}
        self._logs: list[LogFiles] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file at once."""
        self.write_all(name, [content.encode() if isinstance(content, str) else content])

    def write_lines(self, name: str, lines: Iterable[Mapping[str, Any]]) -> None:
        """Write a file of JSON lines as they come."""
        self.write_all(name, (_line(line) for line in lines))

    def write_all(self, name: str, parts: Iterable[bytes]) -> None:
        """Write a file part by part; raises ValueError for a name that is taken."""
        if name in self._files:
            raise ValueError(f"there is a file {name} already")
        hashed = sha256()
        with self._zip.open(self._entry(name), "w", force_zip64=True) as file:
            for part in parts:
                hashed.update(part)
                file.write(part)
        self._files[name] = hashed.hexdigest()

    def add_log(self, log: LogFiles) -> None:
        """Say which of the files hold a log."""
        self._logs.append(log)

    def close(self, name: str, key: Ed25519PrivateKey, handovers: Sequence[str] = ()) -> None:
        """Write the manifest, signed by the key under this name; `handovers` lead to it from the keys before."""
        signer = Verifier(name, key.public_key().public_bytes_raw())
        manifest = Manifest(self._kind, self._made_at, signer, self._logs, self._files, handovers).text().encode()
        for own, content in ((MANIFEST, manifest), (SIGNATURE, sign_text(signed_text(manifest), name, key).encode())):
            self._zip.writestr(self._entry(own), content)
        self._zip.close()

    def _entry(self, name: str) -> zipfile.ZipInfo:
        """Return an entry that says the same whenever it is written."""
        entry = zipfile.ZipInfo(name)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = _MODE << 16
        return entry


def _line(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
