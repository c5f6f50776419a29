"""Secrets that are files outside the database, made once where there are none."""

import base64
import contextlib
import os
from pathlib import Path

_BYTES = 32


def secret_in(path: Path) -> bytes:
    """Return the 32 bytes that a file holds; raises OSError, ValueError."""
    return _read(path) if path.exists() else _made(path)


def _read(path: Path) -> bytes:
    secret = base64.b64decode(path.read_text().strip(), validate=True)
    if len(secret) != _BYTES:
        raise ValueError(f"it does not hold {_BYTES} bytes in Base64")
    return secret


def _made(path: Path) -> bytes:
    """Make a secret; of two processes that do so at once, both use the one that is there first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(base64.b64encode(os.urandom(_BYTES)).decode() + "\n")
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(written)
    written.unlink()
    return _read(path)
