"""What there is to know about runs."""

from coordination.runs.selectors.around import Around, Remark, around, remarks_of
from coordination.runs.selectors.bounds import bounded, left_out_of, settled, within_bounds
from coordination.runs.selectors.councils import sealed_in
from coordination.runs.selectors.explaining import Explanation, explain
from coordination.runs.selectors.finding import (
    accesses_of,
    actions_of,
    children_of,
    get_run,
    live_runs,
    outline_of,
    parts_of,
    runs,
    step_of,
    steps_of,
    steps_of_each,
    which_ask_people,
    worked_inside,
)
from coordination.runs.selectors.overview import Overview, overview
from coordination.runs.selectors.past import Past
from coordination.runs.selectors.replaying import MOST_RECORDS, length_of, records_of, run_at
from coordination.runs.selectors.spending import Day, agent_day, budgets, days

__all__ = [
    "MOST_RECORDS",
    "Around",
    "Day",
    "Explanation",
    "Overview",
    "Past",
    "Remark",
    "accesses_of",
    "actions_of",
    "agent_day",
    "around",
    "bounded",
    "budgets",
    "children_of",
    "days",
    "explain",
    "get_run",
    "left_out_of",
    "length_of",
    "live_runs",
    "outline_of",
    "overview",
    "parts_of",
    "records_of",
    "remarks_of",
    "run_at",
    "runs",
    "sealed_in",
    "settled",
    "step_of",
    "steps_of",
    "steps_of_each",
    "which_ask_people",
    "within_bounds",
    "worked_inside",
]
