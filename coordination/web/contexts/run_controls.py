"""What people may do to a run and to its steps now: the buttons, and what the pages behind them ask."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.engine.flow.graph import is_undo
from coordination.engine.flow.state import STEP_ENDED, RunStatus, StepStatus
from coordination.runs.models import Run, Step
from coordination.web.contexts import status as statuses
from coordination.workflows.selectors import plan_of


@dataclass(frozen=True, slots=True)
class Control:
    """One act: a button, and where it needs words or cannot be undone, a page that asks first."""

    act: str
    title: str
    icon: str
    is_bad: bool = False
    asks: str = ""
    needs_reason: bool = False
    gives_output: bool = False
    link: str = ""


PAUSE = Control("pause", "Pause", "pause")
RESUME = Control("resume", "Resume", "play")
RETRY = Control("retry", "Try again", "rerouted")
CANCEL = Control(
    "cancel",
    "Cancel run",
    "close",
    is_bad=True,
    asks="Steps that work now are told to stop, and their results are refused. What was released stays released.",
)
SKIP = Control(
    "skip",
    "Skip",
    "skipped",
    asks="The run goes on without this step. What reads its output finds nothing there.",
    needs_reason=True,
)
OVERRIDE = Control(
    "override",
    "Give its output",
    "person",
    asks="The run goes on as if the step had given this. Whoever works on it now is told to stop.",
    needs_reason=True,
    gives_output=True,
)
TAKE_OVER = Control(
    "take-over",
    "Take over",
    "person",
    asks="You do this step: an agent at work on it is told to stop. It waits for you.",
)
HAND_BACK = Control(
    "hand-back",
    "Hand back",
    "agents",
    asks="Agents do this step again.",
)
REPEAT = Control(
    "retry",
    "Repeat from here",
    "rerouted",
    asks="The step begins anew, and so does everything after it. What they do is done again: their actions are new.",
)
ON_RUNS = {control.act: control for control in (PAUSE, RESUME, RETRY, CANCEL)}
ON_STEPS = {control.act: control for control in (REPEAT, SKIP, OVERRIDE, TAKE_OVER, HAND_BACK)}
_AT_WORK = (StepStatus.READY, StepStatus.RUNNING, StepStatus.WAITING)
_OPEN_TO_PEOPLE = (StepStatus.FAILED, StepStatus.CANCELLED)


def controls(run: Run, membership: Membership) -> list[Control]:
    """Return what this member may do to the run now."""
    if not may(membership, Right.RUN_CONTROL):
        return []
    if run.status == RunStatus.FAILED:
        return [RETRY] if (run.error or {}).get("step") else []
    if statuses.has_ended(run):
        return []
    return [RESUME if run.status == RunStatus.PAUSED else PAUSE, CANCEL]


def step_controls(run: Run, step: Step, parent: Step | None, membership: Membership) -> list[Control]:
    """Return what this member may do to a step now, each with the address of its page."""
    if not may(membership, Right.RUN_CONTROL) or run.status == RunStatus.PENDING:
        return []
    possible = [*([REPEAT] if _can_be_repeated(run, step, parent) else [])]
    if step.progress.get("held_by"):
        possible += [OVERRIDE, HAND_BACK, SKIP]
    elif _can_be_replaced(run, step, parent):
        possible += [*([TAKE_OVER] if _can_be_taken(run, step) else []), SKIP, OVERRIDE]
    return [_at(control, run, step) for control in possible]


def signal_link(run: Run, name: str = "") -> str:
    """Return the address of the page that sends a signal to a run."""
    return f"{reverse('signal-run', args=[run.pk])}?{urlencode({'name': name})}"


def repeated_with(run: Run, key: str) -> list[str]:
    """Return the steps that are repeated after one."""
    plan = plan_of(run.workflow_version_id)
    return plan.downstream(key)[1:] if key in plan.steps else []


def _at(control: Control, run: Run, step: Step) -> Control:
    link = reverse("control-step", args=[run.pk, step.key, control.act])
    return Control(**{name: getattr(control, name) for name in Control.__slots__ if name != "link"}, link=link)


def _can_be_repeated(run: Run, step: Step, parent: Step | None) -> bool:
    if step.status not in STEP_ENDED or _is_compensating(run):
        return False
    if not step.parent:
        return True
    is_item = plan_of(run.workflow_version_id).steps[step.parent].map is not None
    return is_item and not is_undo(step.key) and _goes_on(parent)


def _can_be_replaced(run: Run, step: Step, parent: Step | None) -> bool:
    """Tell whether people may say what comes of a step: nobody has said so yet for good."""
    if step.status in STEP_ENDED and step.status not in _OPEN_TO_PEOPLE:
        return False
    if is_undo(step.key):
        return _is_compensating(run) and step.status not in STEP_ENDED
    if step.parent:
        return _goes_on(parent) and not statuses.has_ended(run) and step.status != StepStatus.PENDING
    return not _is_compensating(run)


def _can_be_taken(run: Run, step: Step) -> bool:
    """Tell whether an agent is to do the step, and has not given anything yet."""
    is_open = step.status in _AT_WORK and not step.error and not step.progress.get("size")
    return step.kind == "agent" and is_open and not _is_compensating(run) and not is_undo(step.key)


def _goes_on(parent: Step | None) -> bool:
    return parent is not None and parent.status == StepStatus.RUNNING and bool(parent.progress.get("size"))


def _is_compensating(run: Run) -> bool:
    return run.error is not None and not statuses.has_ended(run)
