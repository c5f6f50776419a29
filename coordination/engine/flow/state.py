"""What a run is at one moment, as the machine sees it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class RunStatus(StrEnum):
    """Where a run is."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StepStatus(StrEnum):
    """Where a step is."""

    PENDING = "pending"
    READY = "ready"
    RUNNING = "running"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    COMPENSATED = "compensated"


RUN_ENDED = frozenset({RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED})
STEP_ENDED = frozenset(
    {
        StepStatus.SUCCEEDED,
        StepStatus.FAILED,
        StepStatus.SKIPPED,
        StepStatus.CANCELLED,
        StepStatus.COMPENSATED,
    }
)


@dataclass(slots=True)
class StepState:
    """One step: `attempt` counts all tries, `tries` those on the present target, `target` indexes the route."""

    id: str
    status: StepStatus = StepStatus.PENDING
    attempt: int = 0
    tries: int = 0
    target: int = 0
    approved: bool = False
    output: Any = None
    error: dict[str, Any] | None = None

    @property
    def ended(self) -> bool:
        """Tell whether nothing more happens to this step by itself."""
        return self.status in STEP_ENDED


@dataclass(slots=True)
class RunState:
    """A whole run; the machine changes it in place and names the steps it touched."""

    input: Any
    steps: dict[str, StepState]
    status: RunStatus = RunStatus.PENDING
    output: Any = None
    error: dict[str, Any] | None = None
    about: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Tell whether the run is over."""
        return self.status in RUN_ENDED

    def scope(self) -> dict[str, Any]:
        """Return what expressions may name."""
        steps = {
            step.id: {"status": str(step.status), "output": step.output if step.output is not None else {}}
            for step in self.steps.values()
        }
        return {"input": self.input, "steps": steps, "run": self.about, "context": self.context}
