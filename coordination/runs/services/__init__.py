"""What changes about runs: one function per intent."""

from coordination.runs.birth import Wish
from coordination.runs.services.answering import answer_approval
from coordination.runs.services.budgeting import remove_budget, set_budget
from coordination.runs.services.control import (
    cancel_run,
    override_step,
    pause_run,
    resume_run,
    retry_run,
    retry_step,
    signal_run,
    skip_step,
)
from coordination.runs.services.guarding import guard_action
from coordination.runs.services.starting import start_run, start_runs
from coordination.runs.services.sweeping import sweep

__all__ = [
    "Wish",
    "answer_approval",
    "cancel_run",
    "guard_action",
    "override_step",
    "pause_run",
    "remove_budget",
    "resume_run",
    "retry_run",
    "retry_step",
    "set_budget",
    "signal_run",
    "skip_step",
    "start_run",
    "start_runs",
    "sweep",
]
