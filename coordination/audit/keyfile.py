"""Secrets that are files outside the database, made once where there are none."""

import base64
import os
from pathlib import Path

from coordination.shared.once import written_once

_BYTES = 32


def secret_in(path: Path) -> bytes:
    """Return the 32 bytes that a file holds; raises OSError, ValueError."""
    fresh = base64.b64encode(os.urandom(_BYTES)).decode() + "\n"
    text = path.read_text() if path.exists() else written_once(path, fresh)
    secret = base64.b64decode(text.strip(), validate=True)
    if len(secret) != _BYTES:
        raise ValueError(f"it does not hold {_BYTES} bytes in Base64")
    return secret
