"""What can happen to a run (events) and what the machine asks for in answer (effects)."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run may begin."""


@dataclass(frozen=True, slots=True)
class StepClaimed:
    """A worker has taken the step; this is a new attempt."""

    step: str


@dataclass(frozen=True, slots=True)
class StepHeld:
    """Policy wants a person to agree before this step goes on."""

    step: str


@dataclass(frozen=True, slots=True)
class StepSucceeded:
    """The step has its output."""

    step: str
    output: Any


@dataclass(frozen=True, slots=True)
class StepFailed:
    """An attempt failed; `jitter` in [0, 1) spreads the retries of many runs."""

    step: str
    code: str
    message: str
    retryable: bool = False
    jitter: float = 1.0


@dataclass(frozen=True, slots=True)
class LeaseExpired:
    """The worker that held the step is gone; the attempt does not count against retries."""

    step: str


@dataclass(frozen=True, slots=True)
class StepApproved:
    """People agreed; `answer` is what an approval step gives as its output."""

    step: str
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StepRejected:
    """People refused, or nobody answered in time."""

    step: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class RunPaused:
    """A person holds the run: running steps finish, none starts."""


@dataclass(frozen=True, slots=True)
class RunResumed:
    """A person lets the run go on."""


@dataclass(frozen=True, slots=True)
class RunCancelled:
    """A person ends the run."""

    reason: str


@dataclass(frozen=True, slots=True)
class StepSkipped:
    """A person lets the run go on without the step."""

    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class StepOverridden:
    """A person gives the step's output."""

    step: str
    output: Any


@dataclass(frozen=True, slots=True)
class StepRetried:
    """A person repeats a step and everything after it."""

    step: str


Event = (
    RunStarted
    | StepClaimed
    | StepHeld
    | StepSucceeded
    | StepFailed
    | LeaseExpired
    | StepApproved
    | StepRejected
    | RunPaused
    | RunResumed
    | RunCancelled
    | StepSkipped
    | StepOverridden
    | StepRetried
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A worker may claim the step, after a delay."""

    step: str
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class AskHuman:
    """The step is a question to people."""

    step: str


@dataclass(frozen=True, slots=True)
class WithdrawQuestion:
    """Whoever was asked about the step need not answer any more."""

    step: str


@dataclass(frozen=True, slots=True)
class EndRun:
    """The run is over."""


Effect = Offer | AskHuman | WithdrawQuestion | EndRun


@dataclass(frozen=True, slots=True)
class Note:
    """One line for the record: what became of a step (or of the run, when `step` is empty)."""

    kind: str
    step: str
    data: dict[str, Any]
