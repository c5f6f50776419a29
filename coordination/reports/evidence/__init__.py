"""What each part of the product can show about a period; one file each."""

from collections.abc import Callable, Mapping
from typing import Final

from coordination.reports.dossier import Evidence, Scope
from coordination.reports.evidence import (
    access,
    accesses,
    agents,
    bias,
    decisions,
    exceptions,
    incidents,
    keeping,
    log,
    oversight,
    policies,
    reliability,
    reviewers,
    risk,
    workflows,
)

Collector = Callable[[Scope], Evidence]

# In the order of the report; controls name their evidence by these.
COLLECTORS: Final[Mapping[str, Collector]] = {
    "log": log.collect,
    "keeping": keeping.collect,
    "oversight": oversight.collect,
    "reviewers": reviewers.collect,
    "decisions": decisions.collect,
    "policies": policies.collect,
    "exceptions": exceptions.collect,
    "access": access.collect,
    "incidents": incidents.collect,
    "agents": agents.collect,
    "reliability": reliability.collect,
    "risk": risk.collect,
    "bias": bias.collect,
    "workflows": workflows.collect,
    "data": accesses.collect,
}

__all__ = ["COLLECTORS", "Collector"]
