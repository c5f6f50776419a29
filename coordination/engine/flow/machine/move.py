"""One event on its way through a run: the state it changes, and what it leads to."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from coordination.engine.duration import seconds
from coordination.engine.flow import events as ev
from coordination.engine.flow.definition import Step
from coordination.engine.flow.graph import Plan
from coordination.engine.flow.state import RunState, RunStatus, StepState, StepStatus

# What has come of a step is looked at in turns, one after the other, so that a thousand steps that compute
# are no deeper than one.
Turn = Literal["open", "begin", "followers", "parent", "items", "reopen", "compensate", "undone", "undo"]
_WORKED_ON = frozenset({"agent", "vote", "negotiate", "action"})
_STARTS = (ev.Offer, ev.AskHuman, ev.StartChild, ev.SetTimer)


class ImpossibleEvent(Exception):
    """The event does not fit the present state; nothing was changed."""


@dataclass(slots=True)
class Transition:
    """What one event led to.

    `touched` names every step whose state changed, `created` the children that are new, and `repeated` the steps that
    people let begin anew, so that what they do is done again.
    """

    effects: list[ev.Effect] = field(default_factory=list)
    notes: list[ev.Note] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    created: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)


class Move:
    """The small acts that every change of a run is made of; they keep the tally."""

    __slots__ = ("agenda", "plan", "state", "transition")

    def __init__(self, plan: Plan, state: RunState) -> None:
        self.plan = plan
        self.state = state
        self.transition = Transition()
        self.agenda: deque[tuple[Turn, str]] = deque()

    @property
    def paused(self) -> bool:
        """Tell whether nothing may start now."""
        return self.state.status is RunStatus.PAUSED

    def step(self, key: str, *allowed: StepStatus) -> StepState:
        """Return the step, provided that it exists and the event fits it; raises ImpossibleEvent."""
        try:
            step = self.state.steps[key]
        except KeyError:
            raise ImpossibleEvent(f"there is no step {key}") from None
        if allowed and (self.state.ended or step.status not in allowed):
            raise ImpossibleEvent(f"{key} is {step.status} in a run that is {self.state.status}")
        return step

    def worked_on(self, key: str, *allowed: StepStatus) -> StepState:
        """Return a step that workers take on, provided that the event fits it; raises ImpossibleEvent."""
        step = self.step(key, *allowed)
        if step.holds_children or self.definition(step).kind not in _WORKED_ON:
            raise ImpossibleEvent(f"{key} is not worked on itself")
        return step

    def present(self, key: str, attempt: int) -> StepState | None:
        """Return the step if it is still in this attempt; what comes from outside may come late."""
        try:
            step = self.state.steps[key]
        except KeyError:
            return None
        is_past = self.state.ended or step.ended or step.escalated or step.attempt != attempt
        return None if is_past else step

    def definition(self, step: StepState) -> Step:
        """Return what the step is."""
        return self.plan.definition(step.id)

    def mark(self, step: StepState, status: StepStatus, size: int | None = None) -> None:
        """Change a step's status, and how many children it has when these do its work from now on."""
        self._count(step, -1)
        if step.status is StepStatus.PENDING:
            self.state.tally.met.pop(step.id, None)
        step.status = status
        if size is not None:
            step.size = size
        self._count(step, 1)
        self.transition.touched.add(step.id)

    def create(self, child: StepState) -> None:
        """Add a child to the run."""
        self.state.steps[child.id] = child
        self.state.tally.total += 1
        self.transition.created.append(child.id)

    def drop(self, parent: StepState, keys: list[str]) -> None:
        """Forget children, all of which have ended."""
        self.state.steps.forget(keys)
        self.state.tally.total -= len(keys)
        self.state.tally.ended -= len(keys)
        self.effect(ev.DropChildren(parent.id))

    def child(self, key: str) -> StepState | None:
        """Return a child if the run has it."""
        try:
            return self.state.steps[key]
        except KeyError:
            return None

    def passes(self, need: StepState) -> bool:
        """Tell whether followers may go on: done, skipped, or failed where failing was allowed."""
        if need.status is StepStatus.FAILED:
            return self.plan.steps[need.id].on_error == "continue"
        return need.status in {StepStatus.SUCCEEDED, StepStatus.SKIPPED}

    def effect(self, effect: ev.Effect) -> None:
        """Ask for something."""
        self.transition.effects.append(effect)

    def offer(self, step: StepState, after_s: float = 0.0) -> None:
        """Let workers take the step, unless nothing may start now."""
        if not self.paused:
            self.effect(ev.Offer(step.id, after_s))

    def limit(self, step: StepState) -> None:
        """Let the step's present attempt end in time; agents and tools have their limit from whoever calls them."""
        timeout = self.definition(step).timeout
        if timeout is not None and step.status in {StepStatus.RUNNING, StepStatus.WAITING}:
            self.effect(ev.SetTimer(step.id, "timeout", seconds(timeout), None, step.attempt))

    def withhold_starts(self) -> set[str]:
        """Take back what this event was about to start, and return of which steps: the run is not going on."""
        effects = self.transition.effects
        self.transition.effects = [effect for effect in effects if not isinstance(effect, _STARTS)]
        return {effect.step for effect in effects if isinstance(effect, _STARTS)}

    def note(self, kind: str, step_id: str, **data: Any) -> None:
        """Put down what became of a step, or of the run."""
        self.transition.notes.append(ev.Note(kind, step_id, data))

    def later(self, turn: Turn, key: str = "") -> None:
        """Look at something when what was there before has been looked at."""
        self.agenda.append((turn, key))

    def _count(self, step: StepState, by: int) -> None:
        tally = self.state.tally
        if step.ended:
            tally.ended += by
            if self._stands_in_the_way(step):
                tally.standing += by
        elif step.status is StepStatus.WAITING:
            tally.waiting += by
        elif step.holds_children:
            tally.containers += by
        elif step.status is not StepStatus.PENDING:
            tally.active += by

    def _stands_in_the_way(self, step: StepState) -> bool:
        if step.status is StepStatus.FAILED and not step.parent:
            return not self.passes(step)
        return step.status is StepStatus.COMPENSATED
