"""Engine words into a manager's words: each state has a tone, an icon and a word."""

from dataclasses import dataclass

from coordination.engine.flow.state import RUN_ENDED, RunStatus, StepStatus
from coordination.engine.trust.risk import band_of
from coordination.engine.trust.tables import DEFAULT, Bands
from coordination.runs.models import Run, Step

POLICY_CODES = frozenset({"policy-denied", "policy-error"})
_OF_BAND = {"low": ("ok", "check"), "medium": ("wait", "alert"), "high": ("bad", "alert"), "critical": ("bad", "alert")}
PERSON_CODES = frozenset({"rejected"})


@dataclass(frozen=True, slots=True)
class Status:
    """How a state looks; `key` changes whenever the state does, so that a change can fade in."""

    key: str
    tone: str
    icon: str
    word: str
    why: str = ""


RUNS = {
    RunStatus.PENDING: Status("pending", "idle", "idle", "Starting"),
    RunStatus.RUNNING: Status("running", "run", "running", "Running"),
    RunStatus.WAITING: Status("waiting", "wait", "waiting", "Waiting for a person"),
    RunStatus.PAUSED: Status("paused", "idle", "paused", "Paused"),
    RunStatus.SUCCEEDED: Status("succeeded", "ok", "done", "Done"),
    RunStatus.FAILED: Status("failed", "bad", "failed", "Failed"),
    RunStatus.CANCELLED: Status("cancelled", "idle", "close", "Cancelled"),
}
# Not everything that waits asks for somebody: a pause ends by itself, a signal comes from elsewhere.
RESTING = Status("resting", "idle", "waiting", "Waiting")
ESCALATED = Status("escalated", "wait", "alert", "Failed: a person decides")
AGAIN = Status("again", "wait", "rerouted", "Tried again soon")
STOPPED_BY_POLICY = Status("stopped", "bad", "stopped", "Stopped by policy")
REFUSED_BY_PERSON = Status("refused", "human", "person", "Rejected by a person")

STEPS = {
    StepStatus.PENDING: Status("pending", "idle", "idle", "Not yet"),
    StepStatus.READY: Status("ready", "idle", "waiting", "Queued"),
    StepStatus.RUNNING: Status("running", "run", "running", "Working"),
    StepStatus.WAITING: Status("waiting", "wait", "waiting", "Waiting for a person"),
    StepStatus.SUCCEEDED: Status("succeeded", "ok", "done", "Done"),
    StepStatus.FAILED: Status("failed", "bad", "failed", "Failed"),
    StepStatus.SKIPPED: Status("skipped", "idle", "skipped", "Skipped"),
    StepStatus.CANCELLED: Status("cancelled", "idle", "close", "Cancelled"),
    StepStatus.COMPENSATED: Status("compensated", "human", "rerouted", "Undone"),
}

VERDICTS = {
    "allow": Status("allow", "ok", "done", "Allowed"),
    "deny": Status("deny", "bad", "stopped", "Stopped"),
    "require_approval": Status("require_approval", "wait", "person", "Asks a person"),
}
REFUSED_ACCESS = Status("deny", "bad", "stopped", "Refused")


def of_run(run: Run, *, asks_people: bool = True) -> Status:
    """Return how a run's state looks; who stopped it, or what it waits for, is part of the word."""
    if run.status == RunStatus.WAITING and not asks_people:
        return RESTING
    return _because(run.error, run.status == RunStatus.FAILED) or RUNS[RunStatus(run.status)]


def of_step(step: Step) -> Status:
    """Return how a step's state looks."""
    if step.status == StepStatus.WAITING:
        return ESCALATED if step.error else STEPS[StepStatus.WAITING] if asks_people(step) else RESTING
    if step.status == StepStatus.READY and step.error:
        return AGAIN
    return _because(step.error, step.status == StepStatus.FAILED) or STEPS[StepStatus(step.status)]


def asks_people(step: Step) -> bool:
    """Tell whether a step waits for a person, not for a time or a signal."""
    return step.status == StepStatus.WAITING and (step.kind != "wait" or bool(step.error))


def of_verdict(outcome: str) -> Status:
    """Return how a policy's outcome looks."""
    return VERDICTS.get(outcome, REFUSED_ACCESS)


def of_risk(score: int | None, bands: Bands = DEFAULT.bands, band: str = "") -> Status | None:
    """Return how a risk of 0 to 100 looks; None where none was scored. `band` is given where it is on record."""
    if score is None:
        return None
    tone, icon = _OF_BAND[band or band_of(score, bands)]
    return Status(str(score), tone, icon, str(score), why=f"Risk {score} of 100")


def has_ended(run: Run) -> bool:
    """Tell whether the run is over."""
    return run.status in RUN_ENDED


def _because(error: dict[str, str] | None, failed: bool) -> Status | None:
    if not failed:
        return None
    code = (error or {}).get("code", "")
    return STOPPED_BY_POLICY if code in POLICY_CODES else REFUSED_BY_PERSON if code in PERSON_CODES else None
