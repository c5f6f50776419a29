"""Where the log keeps what was done with the log itself."""

from typing import Final

STREAM: Final = "audit"
