"""Where the log keeps what was done about risk."""

from typing import Final

STREAM: Final = "risk"
