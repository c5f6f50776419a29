"""What can happen to a run (events) and what the machine asks for in answer (effects)."""

from dataclasses import dataclass
from typing import Any, Literal

Purpose = Literal["wake", "timeout"]


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
class StepSpread:
    """These agents work on the step at once, each as a step of its own.

    For a vote or a negotiation, `standings` says what is known of each of them, so that a replay weighs them alike.
    """

    step: str
    agents: tuple[str, ...]
    standings: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class StepSucceeded:
    """The step has its output; an agent may say how sure it is."""

    step: str
    output: Any
    confidence: float | None = None


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
    """People agreed; `answer` is what an approval step gives as its output. An escalated step is tried again."""

    step: str
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StepRejected:
    """People refused, or nobody answered in time."""

    step: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ChildEnded:
    """The run that attempt `attempt` of the step started is over."""

    step: str
    status: str
    output: Any
    error: dict[str, Any] | None
    attempt: int
    jitter: float = 1.0


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A time that the step set in attempt `attempt` has come; a step that has moved on takes no notice."""

    step: str
    purpose: Purpose
    attempt: int
    jitter: float = 1.0


@dataclass(frozen=True, slots=True)
class StepGivenUp:
    """What attempt `attempt` of the step waits for has come, and could not be taken however often it was tried."""

    step: str
    code: str
    message: str
    attempt: int


@dataclass(frozen=True, slots=True)
class SignalSent:
    """A signal has come for whichever step waits for it first."""

    name: str
    payload: Any


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
class StepTakenOver:
    """A person does the step in the agent's place: nobody else works on it until it has its output or is given back."""

    step: str
    by: str


@dataclass(frozen=True, slots=True)
class StepHandedBack:
    """The person who had taken the step over leaves it to agents again."""

    step: str


@dataclass(frozen=True, slots=True)
class StepRetried:
    """A person repeats a step and everything after it."""

    step: str


Event = (
    RunStarted
    | StepClaimed
    | StepHeld
    | StepSpread
    | StepSucceeded
    | StepFailed
    | LeaseExpired
    | StepApproved
    | StepRejected
    | ChildEnded
    | TimerFired
    | StepGivenUp
    | SignalSent
    | RunPaused
    | RunResumed
    | RunCancelled
    | StepSkipped
    | StepOverridden
    | StepTakenOver
    | StepHandedBack
    | StepRetried
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A worker may claim the step, after a delay."""

    step: str
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class AskHuman:
    """The step is a question to people; an escalated one has failed, and they say whether to try again."""

    step: str
    escalated: bool = False


@dataclass(frozen=True, slots=True)
class WithdrawQuestion:
    """Whoever was asked about the step need not answer any more."""

    step: str


@dataclass(frozen=True, slots=True)
class StartChild:
    """The step is a run of another workflow: start it, and say by ChildEnded how it ended."""

    step: str
    workflow: str
    input: Any
    attempt: int


@dataclass(frozen=True, slots=True)
class CancelChild:
    """The run that the step started is not wanted any more."""

    step: str


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Tell by TimerFired when so many seconds have passed, or when a moment (ISO 8601, UTC) has come."""

    step: str
    purpose: Purpose
    after_s: float | None
    at: str | None
    attempt: int


@dataclass(frozen=True, slots=True)
class StopWork:
    """The result of the step's running attempt is not wanted any more: tell whoever works on it."""

    step: str


@dataclass(frozen=True, slots=True)
class CancelRest:
    """Every child of the step that is still pending is cancelled, loaded or not."""

    step: str


@dataclass(frozen=True, slots=True)
class RestorePending:
    """Every child of the step that was cancelled before it was opened is pending again, loaded or not."""

    step: str
    opened: int


@dataclass(frozen=True, slots=True)
class DropChildren:
    """The step begins anew: what is kept of its children, and of its compensation, is forgotten."""

    step: str


@dataclass(frozen=True, slots=True)
class EndRun:
    """The run is over."""


Effect = (
    Offer
    | AskHuman
    | WithdrawQuestion
    | StartChild
    | CancelChild
    | SetTimer
    | StopWork
    | CancelRest
    | RestorePending
    | DropChildren
    | EndRun
)


@dataclass(frozen=True, slots=True)
class Note:
    """One line for the record: what became of a step (or of the run, when `step` is empty)."""

    kind: str
    step: str
    data: dict[str, Any]
