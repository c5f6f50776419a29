"""File locks as reference counts: the system drops them when a process ends, however it ends."""

import fcntl
import os
from pathlib import Path


class FileLock:
    """An advisory lock on a file; the file stays, the lock ends with the last holder of its descriptor."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def share(self) -> None:
        """Join the holders, waiting while somebody holds it alone."""
        fcntl.flock(self.descriptor, fcntl.LOCK_SH)

    def hold(self) -> None:
        """Hold it alone, waiting for all others to leave."""
        fcntl.flock(self.descriptor, fcntl.LOCK_EX)

    def try_share(self) -> bool:
        """Join the holders if nobody holds it alone."""
        return self._try(fcntl.LOCK_SH)

    def try_hold(self) -> bool:
        """Hold it alone if nobody else has it."""
        return self._try(fcntl.LOCK_EX)

    def drop(self) -> None:
        """Let go, also for those who inherited the descriptor."""
        fcntl.flock(self.descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close our descriptor; who inherited it keeps the lock."""
        os.close(self.descriptor)

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self.descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
