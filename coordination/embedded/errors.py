"""What keeps an embedded server from running, in one sentence for the person at the terminal."""

import os
from pathlib import Path


class CannotStart(Exception):
    """Something outside the program must be put right first; the message says what in one sentence."""


def not_writable(path: Path, error: OSError) -> CannotStart:
    """Return the sentence for a folder that can't be written."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    return CannotStart(
        f"{error.filename or path} can't be written ({reason}); set COORDINATION_HOME to another folder."
    )
