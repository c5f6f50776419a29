"""What changes about runs: one function per intent."""

from coordination.runs.birth import Wish
from coordination.runs.services.answering import answer_approval
from coordination.runs.services.answers import answer, take_held
from coordination.runs.services.autonomy import set_autonomy
from coordination.runs.services.budgeting import remove_budget, set_budget
from coordination.runs.services.control import (
    cancel_run,
    hand_back_step,
    override_step,
    pause_run,
    resume_run,
    retry_run,
    retry_step,
    signal_run,
    skip_step,
    take_over_step,
)
from coordination.runs.services.erasing import erase_person
from coordination.runs.services.flooding import stem_floods
from coordination.runs.services.guarding import guard_action
from coordination.runs.services.inquiring import ask_back, inquire
from coordination.runs.services.judging_outputs import judge_output
from coordination.runs.services.messaging import message_agent
from coordination.runs.services.starting import start_run, start_runs
from coordination.runs.services.stopping import (
    release_organization,
    release_workflow,
    stop_organization,
    stop_workflow,
)
from coordination.runs.services.sweeping import sweep

__all__ = [
    "Wish",
    "answer",
    "answer_approval",
    "ask_back",
    "cancel_run",
    "erase_person",
    "guard_action",
    "hand_back_step",
    "inquire",
    "judge_output",
    "message_agent",
    "override_step",
    "pause_run",
    "release_organization",
    "release_workflow",
    "remove_budget",
    "resume_run",
    "retry_run",
    "retry_step",
    "set_autonomy",
    "set_budget",
    "signal_run",
    "skip_step",
    "start_run",
    "start_runs",
    "stem_floods",
    "stop_organization",
    "stop_workflow",
    "sweep",
    "take_held",
    "take_over_step",
]
