"""Where the log keeps what was done about bias, and how it names a monitor."""

from typing import Final

from coordination.bias.models import BiasMonitor

STREAM: Final = "bias"


def object_of(monitor: BiasMonitor) -> str:
    """Return how the audit log names a monitor."""
    return f"bias-monitor:{monitor.name}"
