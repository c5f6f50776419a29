"""What there is to know about runs."""

from coordination.runs.selectors.explaining import Explanation, explain
from coordination.runs.selectors.finding import (
    accesses_of,
    actions_of,
    children_of,
    get_run,
    live_runs,
    runs,
    steps_of,
    steps_of_each,
)
from coordination.runs.selectors.overview import Overview, overview

__all__ = [
    "Explanation",
    "Overview",
    "accesses_of",
    "actions_of",
    "children_of",
    "explain",
    "get_run",
    "live_runs",
    "overview",
    "runs",
    "steps_of",
    "steps_of_each",
]
