"""What a worker holds between its two transactions."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from coordination.adapters.ports import Result, Task


@dataclass(frozen=True, slots=True)
class AgentWork:
    """A claimed agent step."""

    run_id: UUID
    organization_id: UUID
    step_id: UUID
    step_key: str
    fence: int
    adapter: dict[str, Any]
    task: Task
    reads: tuple[str, ...]
    purpose: str
    fixed_cost_microusd: int


@dataclass(frozen=True, slots=True)
class ActionWork:
    """A released action."""

    run_id: UUID
    organization_id: UUID
    step_id: UUID
    step_key: str
    fence: int
    adapter: dict[str, Any]
    args: dict[str, Any]
    idempotency_key: str
    timeout_s: float
    only_reads: bool = False


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


Outcome = Done | Failed
