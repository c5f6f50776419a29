"""What a run is at one moment, as the machine sees it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from coordination.engine.flow.graph import Plan


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
    """One step: `attempt` counts all tries, `tries` those on the present target, `target` indexes the route.

    An item, a round, a racer or a compensation is a step too: it has a `parent` and an `index` in it. Its parent counts
    them: `size` in all (for a loop, the most rounds), the first `opened` of them opened so far, `done` ended,
    `failed` of these in vain, and `again` are those opened before that must be done again. `held_by` is the person who
    does the step in an agent's place.
    """

    id: str
    status: StepStatus = StepStatus.PENDING
    attempt: int = 0
    tries: int = 0
    target: int = 0
    approved: bool = False
    output: Any = None
    error: dict[str, Any] | None = None
    confidence: float | None = None
    parent: str = ""
    index: int = 0
    item: Any = None
    agent: str = ""
    size: int = 0
    opened: int = 0
    done: int = 0
    failed: int = 0
    again: list[int] = field(default_factory=list)
    held_by: str = ""

    @property
    def ended(self) -> bool:
        """Tell whether nothing more happens to this step by itself."""
        return self.status in STEP_ENDED

    @property
    def escalated(self) -> bool:
        """Tell whether the step failed and people are asked whether to try again."""
        return self.status is StepStatus.WAITING and self.error is not None

    @property
    def holds_children(self) -> bool:
        """Tell whether the work of this step is done by its items, rounds or racers."""
        return self.size > 0 and self.status is StepStatus.RUNNING


class Steps(dict[str, StepState]):
    """The steps of a run by key; a step of the plan that nothing has happened to yet is pending.

    Whoever keeps steps elsewhere overrides the methods and loads what is asked for.
    """

    def __init__(self, plan: Plan, present: Iterable[StepState] = ()) -> None:
        super().__init__((step.id, step) for step in present)
        self.plan = plan

    def __missing__(self, key: str) -> StepState:
        if key not in self.plan.steps:
            raise KeyError(key)
        step = self[key] = StepState(key)
        return step

    def complete(self, within: str = "") -> None:
        """Make sure that no step is missing but pending children; with `within`, only among that step's children."""

    def forget(self, keys: Iterable[str]) -> None:
        """Let go of children: wherever steps are kept, none of these comes back unless it is made anew."""
        for key in keys:
            self.pop(key, None)


@dataclass(slots=True)
class Tally:
    """What the machine counts so that it never looks at all steps."""

    # How many steps there are, children included, and how many of them have ended.
    total: int = 0
    ended: int = 0
    # Steps that are offered or worked on; that wait for people, a time or a signal; whose children do the work.
    active: int = 0
    waiting: int = 0
    containers: int = 0
    # Steps of the plan whose end keeps the run from succeeding: failed where that is not allowed, or undone.
    standing: int = 0
    # For each pending step with several needs, how many of these let it go on.
    met: dict[str, int] = field(default_factory=dict)

    @property
    def open(self) -> int:
        """Return how many steps something still happens to by itself."""
        return self.active + self.waiting + self.containers


@dataclass(slots=True)
class RunState:
    """A whole run; the machine changes it in place and names the steps it touched."""

    input: Any
    steps: Steps
    status: RunStatus = RunStatus.PENDING
    output: Any = None
    error: dict[str, Any] | None = None
    about: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    # Signals that came before a step waited for them, each {"name", "payload"}; the oldest is taken first.
    signals: list[dict[str, Any]] = field(default_factory=list)
    # Steps that would have to be undone, in the order of their success: the last is undone first.
    undo: list[str] = field(default_factory=list)

    @property
    def plan(self) -> Plan:
        """Return the plan that the run follows."""
        return self.steps.plan

    @property
    def ended(self) -> bool:
        """Tell whether the run is over."""
        return self.status in RUN_ENDED

    @property
    def compensating(self) -> bool:
        """Tell whether a step has failed the run, and what was done before is being undone."""
        return self.error is not None and not self.ended

    def scope(self, key: str = "") -> dict[str, Any]:
        """Return what the expressions of a step may name; without a step, those of the run's output."""
        named = self.plan.reads(key) if key else self.plan.output_reads
        steps = {name: self._seen(name) for name in named}
        return {"input": self.input, "steps": steps, "run": self.about, "context": self.context, **self._place(key)}

    def remembered(self) -> dict[str, Any]:
        """Return as JSON what is known of the run beside its steps, its status, its output and its error."""
        counted = {name: getattr(self.tally, name) for name in Tally.__slots__}
        known = {**counted, "signals": self.signals, "undo": self.undo}
        return {name: value for name, value in known.items() if value}

    def recall(self, remembered: dict[str, Any]) -> None:
        """Take over what `remembered` gave."""
        known = dict(remembered)
        self.signals, self.undo = known.pop("signals", []), known.pop("undo", [])
        self.tally = Tally(**known)

    def _seen(self, name: str) -> dict[str, Any]:
        step = self.steps[name]
        return {"status": str(step.status), "output": {} if step.output is None else step.output}

    def _place(self, key: str) -> dict[str, Any]:
        """Return what only the body of a map or a loop may name."""
        parent = self.plan.steps.get(self.plan.parent_of(key))
        if parent is None or parent.body is None:
            return {}
        step = self.steps[key]
        return {"item": step.item, "index": step.index} if parent.map else {"round": step.index + 1}
