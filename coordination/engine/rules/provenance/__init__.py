"""Where the values of a call came from, and which tools the person's words ask for."""

from coordination.engine.rules.provenance.task_tools import looks_only, tools_for
from coordination.engine.rules.provenance.tracing import Provenance, Source, provenance_of

__all__ = ["Provenance", "Source", "looks_only", "provenance_of", "tools_for"]
