"""What a worker holds between its two transactions."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from coordination.adapters.ports import Result, Task
from coordination.engine.flow.budget import Planned

UNKNOWN = Planned()
TOOL_CALL = Planned(cost_microusd=0, tokens=0)


@dataclass(frozen=True, slots=True)
class AgentWork:
    """A claimed agent step."""

    run_id: UUID
    organization_id: UUID
    item_id: UUID
    step_key: str
    attempt: int
    adapter: dict[str, Any]
    task: Task
    reads: tuple[str, ...]
    purpose: str
    fixed_cost_microusd: int
    # The step's row, which an item that is made anew does not share, and where budgets count this call.
    step_id: UUID
    began_at: datetime
    scopes: tuple[str, ...] = ()
    # The agent, if its calls are counted.
    limited_agent: UUID | None = None
    planned: Planned = UNKNOWN
    # What the record says about its beginning.
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def timeout_s(self) -> float:
        """Return the seconds that the call may take."""
        return self.task.timeout_s


@dataclass(frozen=True, slots=True)
class ActionWork:
    """A released action."""

    run_id: UUID
    organization_id: UUID
    item_id: UUID
    step_key: str
    attempt: int
    adapter: dict[str, Any]
    args: dict[str, Any]
    idempotency_key: str
    timeout_s: float
    only_reads: bool = False
    planned: Planned = TOOL_CALL
    said: dict[str, Any] = field(default_factory=dict)


Work = AgentWork | ActionWork


@dataclass(frozen=True, slots=True)
class Done:
    """The work has a result."""

    result: Result


@dataclass(frozen=True, slots=True)
class Failed:
    """The work failed; `retryable` says whether the same attempt may succeed later."""

    code: str
    message: str
    retryable: bool


@dataclass(frozen=True, slots=True)
class Abandoned:
    """An agent's work was given up because its agent or its organization was stopped; the step is to be done anew."""

    message: str


Outcome = Done | Failed
