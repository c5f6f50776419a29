"""Tie a child's life to its parent's."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
# Loaded before any fork: a forked child must not import or open libraries.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def tied_to_us(number: signal.Signals = signal.SIGKILL) -> Callable[[], None]:
    """Return what a child calls before exec so that the kernel sends it a signal when this process ends.

    Linux only; elsewhere it does nothing. The kernel watches the thread that made the child: use the main thread.
    """
    parent = os.getpid()

    def tie() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(number))
            # The parent may have died before the call took effect.
            if os.getppid() != parent:
                os.kill(os.getpid(), number)

    return tie
