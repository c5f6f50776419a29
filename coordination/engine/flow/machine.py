"""What happens next in a run: state × event → state, effects and notes. No I/O, no clock, no chance."""

from dataclasses import dataclass, field
from typing import Any

from coordination.engine.cel import EvaluationError, ExpressionError
from coordination.engine.flow import events as ev
from coordination.engine.flow.definition import Step, Target
from coordination.engine.flow.expressions import render, truth
from coordination.engine.flow.graph import Plan
from coordination.engine.flow.retry import delay_s
from coordination.engine.flow.state import RunState, RunStatus, StepState, StepStatus

_DONE = frozenset({StepStatus.SUCCEEDED, StepStatus.SKIPPED})
_ACTIVE = frozenset({StepStatus.READY, StepStatus.RUNNING})


class ImpossibleEvent(Exception):
    """The event does not fit the present state; nothing was changed."""


@dataclass(slots=True)
class Transition:
    """What one event led to; `touched` names every step whose state changed."""

    effects: list[ev.Effect] = field(default_factory=list)
    notes: list[ev.Note] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)


def begin(plan: Plan, value: Any, about: dict[str, Any]) -> RunState:
    """Return the state of a run that has not started."""
    return RunState(input=value, steps={step_id: StepState(step_id) for step_id in plan.steps}, about=about)


def apply(plan: Plan, state: RunState, event: ev.Event) -> Transition:
    """Change `state` by one event; raises ImpossibleEvent."""
    move = _Move(plan, state)
    move.take(event)
    return move.transition


def target_of(plan: Plan, state: RunState, step_id: str) -> Target:
    """Return the target that the step's next attempt goes to."""
    call = plan.steps[step_id].agent
    if call is None:
        raise ImpossibleEvent(f"{step_id} calls no agent")
    return call.route[state.steps[step_id].target]


class _Move:
    """One event on its way through the graph."""

    def __init__(self, plan: Plan, state: RunState) -> None:
        self.plan = plan
        self.state = state
        self.transition = Transition()

    # --- one method an event ---------------------------------------------------------------------------------

    def take(self, event: ev.Event) -> None:  # noqa: PLR0912  (one branch an event is the clearest form)
        """Dispatch on the kind of event."""
        match event:
            case ev.RunStarted():
                self._start()
            case ev.StepClaimed(step):
                self._claim(self._step(step, StepStatus.READY))
            case ev.StepHeld(step):
                self._hold(self._step(step, StepStatus.READY, StepStatus.RUNNING))
            case ev.StepSucceeded(step, output):
                self._succeed(self._step(step, StepStatus.RUNNING), output)
            case ev.StepFailed():
                self._fail_attempt(self._step(event.step, StepStatus.RUNNING, StepStatus.READY), event)
            case ev.LeaseExpired(step):
                self._reoffer(self._step(step, StepStatus.RUNNING))
            case ev.StepApproved(step, answer):
                self._approve(self._step(step, StepStatus.WAITING), answer)
            case ev.StepRejected(step, code, message):
                self._fail(self._step(step, StepStatus.WAITING), {"code": code, "message": message})
            case ev.RunPaused():
                self._pause()
            case ev.RunResumed():
                self._resume()
            case ev.RunCancelled(reason):
                self._cancel(reason)
            case ev.StepSkipped(step, reason):
                self._skip_by_person(self._step(step), reason)
            case ev.StepOverridden(step, output):
                self._override(self._step(step), output)
            case ev.StepRetried(step):
                self._retry_from(self._step(step))
        self._settle()

    def _start(self) -> None:
        if self.state.status is not RunStatus.PENDING:
            raise ImpossibleEvent("the run has already started")
        self.state.status = RunStatus.RUNNING
        for step in self.plan.spec.steps:
            if not step.needs:
                self._try_open(step.id)

    def _claim(self, step: StepState) -> None:
        if self.state.status is RunStatus.PAUSED:
            raise ImpossibleEvent("the run is paused")
        step.attempt += 1
        step.tries += 1
        self._set(step, StepStatus.RUNNING)

    def _hold(self, step: StepState) -> None:
        step.approved = False
        self._set(step, StepStatus.WAITING)
        self._note("StepWaiting", step.id)

    def _succeed(self, step: StepState, output: Any) -> None:
        step.output, step.error = output, None
        self._set(step, StepStatus.SUCCEEDED)
        self._open_followers(step.id)

    def _fail_attempt(self, step: StepState, event: ev.StepFailed) -> None:
        error = {"code": event.code, "message": event.message}
        definition = self.plan.steps[step.id]
        if event.retryable and step.tries <= definition.retry.max:
            step.error = error
            self._set(step, StepStatus.READY)
            after_s = delay_s(definition.retry, step.tries, event.jitter)
            self._note("StepRetried", step.id, error=error, after_s=round(after_s, 3))
            self._offer(step.id, after_s)
        elif definition.agent is not None and step.target + 1 < len(definition.agent.route):
            step.error, step.tries = error, 0
            step.target += 1
            self._set(step, StepStatus.READY)
            self._note("StepRerouted", step.id, error=error, to=str(definition.agent.route[step.target]))
            self._offer(step.id)
        else:
            self._fail(step, error)

    def _reoffer(self, step: StepState) -> None:
        step.tries = max(0, step.tries - 1)
        self._set(step, StepStatus.READY)
        self._note("StepReoffered", step.id)
        self._offer(step.id)

    def _approve(self, step: StepState, answer: dict[str, Any]) -> None:
        if self.plan.steps[step.id].approval is not None:
            self._succeed(step, answer)
            return
        step.approved = True
        self._set(step, StepStatus.READY)
        self._offer(step.id)

    def _pause(self) -> None:
        if self.state.status not in (RunStatus.RUNNING, RunStatus.WAITING):
            raise ImpossibleEvent(f"a run that is {self.state.status} cannot be paused")
        self.state.status = RunStatus.PAUSED

    def _resume(self) -> None:
        if self.state.status is not RunStatus.PAUSED:
            raise ImpossibleEvent("the run is not paused")
        self.state.status = RunStatus.RUNNING
        for step in self.state.steps.values():
            if step.status is StepStatus.READY:
                self._offer(step.id)

    def _cancel(self, reason: str) -> None:
        if self.state.ended:
            raise ImpossibleEvent("the run has already ended")
        self._end(RunStatus.CANCELLED, {"code": "cancelled", "message": reason})

    def _skip_by_person(self, step: StepState, reason: str) -> None:
        self._stand_in_for(step)
        self._skip(step, reason)
        self._open_pending()

    def _override(self, step: StepState, output: Any) -> None:
        self._stand_in_for(step)
        self._succeed(step, output)
        self._open_pending()

    def _stand_in_for(self, step: StepState) -> None:
        if step.status in _DONE:
            raise ImpossibleEvent(f"{step.id} has already {step.status}")
        self._withdraw(step)
        self._revive()

    def _retry_from(self, step: StepState) -> None:
        if not step.ended:
            raise ImpossibleEvent(f"{step.id} has not ended")
        for step_id in self.plan.downstream(step.id):
            again = self.state.steps[step_id]
            self._withdraw(again)
            again.target, again.tries, again.approved = 0, 0, False
            again.output = again.error = None
            self._set(again, StepStatus.PENDING)
        self._revive()
        self._open_pending()

    def _revive(self) -> None:
        """Let a run that has ended go on: steps that its end had cut off belong to it again."""
        if not self.state.ended:
            return
        self.state.status, self.state.error, self.state.output = RunStatus.RUNNING, None, None
        for step in self.state.steps.values():
            if step.status is StepStatus.CANCELLED:
                step.target, step.tries, step.approved, step.error = 0, 0, False, None
                self._set(step, StepStatus.PENDING)

    def _open_pending(self) -> None:
        for step_id in self.plan.steps:
            self._try_open(step_id)

    # --- how a step moves ------------------------------------------------------------------------------------

    def _step(self, step_id: str, *allowed: StepStatus) -> StepState:
        """Return the step, provided that the event fits it."""
        step = self.state.steps.get(step_id)
        if step is None:
            raise ImpossibleEvent(f"there is no step {step_id}")
        if allowed and (self.state.ended or step.status not in allowed):
            raise ImpossibleEvent(f"{step_id} is {step.status} in a run that is {self.state.status}")
        return step

    def _try_open(self, step_id: str) -> None:
        """Let a pending step begin if all it waits for has ended well."""
        step, definition = self.state.steps[step_id], self.plan.steps[step_id]
        if step.status is not StepStatus.PENDING or not self._needs_met(definition):
            return
        try:
            if definition.when is not None and not truth(definition.when, self.state.scope()):
                self._skip(step, "its condition was not met")
            elif definition.set is not None:
                step.attempt += 1
                output = render(definition.set, self.state.scope())
                self._note("StepSucceeded", step_id, output=output)
                self._succeed(step, output)
            elif definition.approval is not None:
                self._set(step, StepStatus.WAITING)
                self.transition.effects.append(ev.AskHuman(step_id))
            else:
                self._set(step, StepStatus.READY)
                self._offer(step_id)
        except (EvaluationError, ExpressionError) as error:
            self._fail(step, {"code": "expression-failed", "message": str(error)})

    def _needs_met(self, definition: Step) -> bool:
        needs = [self.state.steps[need] for need in definition.needs]
        passed = [self._passes(need) for need in needs]
        if definition.join == "any" and needs:
            return any(need.status is StepStatus.SUCCEEDED for need in needs) or all(passed)
        return all(passed)

    def _passes(self, need: StepState) -> bool:
        """Tell whether followers may go on: done, skipped, or failed where failing was allowed."""
        if need.status is StepStatus.FAILED:
            return self.plan.steps[need.id].on_error == "continue"
        return need.status in _DONE

    def _stands_failed(self, step: StepState) -> bool:
        return step.status is StepStatus.FAILED and not self._passes(step)

    def _skip(self, step: StepState, reason: str) -> None:
        step.error = None
        self._set(step, StepStatus.SKIPPED)
        self._note("StepSkipped", step.id, reason=reason)
        self._open_followers(step.id)

    def _fail(self, step: StepState, error: dict[str, Any]) -> None:
        step.error = error
        self._set(step, StepStatus.FAILED)
        self._note("StepFailed", step.id, error=error)
        if self.plan.steps[step.id].on_error == "continue":
            self._open_followers(step.id)
        else:
            self._end(RunStatus.FAILED, {**error, "step": step.id})

    def _open_followers(self, step_id: str) -> None:
        if self.state.ended:
            return
        for follower in self.plan.followers[step_id]:
            self._try_open(follower)

    def _end(self, status: RunStatus, error: dict[str, Any] | None) -> None:
        self.state.status, self.state.error = status, error
        for step in self.state.steps.values():
            if not step.ended:
                self._withdraw(step)
                self._set(step, StepStatus.CANCELLED)
        self.transition.effects = [e for e in self.transition.effects if isinstance(e, ev.WithdrawQuestion)]
        self.transition.effects.append(ev.EndRun())
        data = {"output": self.state.output} if error is None else {"error": error}
        self._note(f"Run{status.capitalize()}", "", **data)

    def _settle(self) -> None:
        """Derive the run's status from its steps after an event."""
        if self.state.ended or self.state.status is RunStatus.PENDING:
            return
        statuses = {step.status for step in self.state.steps.values()}
        open_statuses = statuses & (_ACTIVE | {StepStatus.WAITING})
        if not open_statuses:
            self._finish()
        elif self.state.status is not RunStatus.PAUSED:
            self.state.status = RunStatus.RUNNING if statuses & _ACTIVE else RunStatus.WAITING

    def _finish(self) -> None:
        failed = next((step for step in self.state.steps.values() if self._stands_failed(step)), None)
        if failed is not None:
            # A person let the run go on past the failure, but not past all that waited for the failed step.
            self._end(RunStatus.FAILED, {**(failed.error or {}), "step": failed.id})
            return
        try:
            self.state.output = render(self.plan.spec.output, self.state.scope())
        except (EvaluationError, ExpressionError) as error:
            self._end(RunStatus.FAILED, {"code": "expression-failed", "message": f"output: {error}"})
        else:
            self._end(RunStatus.SUCCEEDED, None)

    # --- small things ----------------------------------------------------------------------------------------

    def _set(self, step: StepState, status: StepStatus) -> None:
        step.status = status
        self.transition.touched.add(step.id)

    def _offer(self, step_id: str, after_s: float = 0.0) -> None:
        if self.state.status is not RunStatus.PAUSED:
            self.transition.effects.append(ev.Offer(step_id, after_s))

    def _withdraw(self, step: StepState) -> None:
        if step.status is StepStatus.WAITING:
            self.transition.effects.append(ev.WithdrawQuestion(step.id))

    def _note(self, kind: str, step_id: str, **data: Any) -> None:
        self.transition.notes.append(ev.Note(kind, step_id, data))
