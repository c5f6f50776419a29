"""What can be kept with a run: JSON of bounded size that the database gives back as it was."""

import json
import re
from typing import Any

LARGEST_BYTES = 1_000_000
# PostgreSQL's jsonb has no such character; an escaped backslash before it makes it six ordinary ones.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def holds_nul(text: bytes) -> bool:
    """Tell whether JSON text holds a NUL character."""
    return _NUL.search(text) is not None


def unfit_to_keep(value: Any, largest_bytes: int = LARGEST_BYTES) -> str:
    """Return why a value cannot be kept, or nothing: steps that double a text must not fill the memory."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError):
        return "a value that JSON cannot say"
    if len(text) > largest_bytes:
        return f"{len(text):,} bytes; {largest_bytes:,} are allowed"
    return "text with a NUL character" if holds_nul(text) else ""
