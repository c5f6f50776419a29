"""A run of the pure machine that a test plays through by hand."""

import json
from typing import Any

from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from coordination.engine.flow.definition import WorkflowSpec
from coordination.engine.flow.graph import Plan
from coordination.engine.flow.records import as_record
from coordination.engine.flow.replay import Record


def plan(*steps: dict[str, Any], **rest: Any) -> Plan:
    return Plan(WorkflowSpec.model_validate({"steps": list(steps), **rest}))


def agent(step_id: str, *needs: str, **rest: Any) -> dict[str, Any]:
    return {"id": step_id, "needs": list(needs), "agent": {"capability": "work"}, **rest}


def each(step_id: str, *needs: str, **rest: Any) -> dict[str, Any]:
    """A map over the run's items; what is not about the map itself says more about the step."""
    of_step = {name: rest.pop(name) for name in ("on_error", "timeout", "compensate", "when") if name in rest}
    body = {"over": "${input.items}", "agent": {"capability": "work"}, **rest}
    return {"id": step_id, "needs": list(needs), "map": body, **of_step}


class Play:
    """A started run; everything it asked for, noted and took is kept in order."""

    def __init__(self, *steps: dict[str, Any], value: Any = None, **rest: Any) -> None:
        self.plan = plan(*steps, **rest)
        self.state = machine.begin(self.plan, value or {}, {})
        self.effects: list[ev.Effect] = []
        self.notes: list[ev.Note] = []
        self.records: list[Record] = []
        self.take(ev.RunStarted())

    def take(self, event: ev.Event) -> machine.Transition:
        transition = machine.apply(self.plan, self.state, event)
        self.effects += transition.effects
        self.notes += transition.notes
        kind, step, data = as_record(event)
        self.records.append((kind, step, json.loads(json.dumps(data))))
        return transition

    def claim(self, step: str) -> machine.Transition:
        return self.take(ev.StepClaimed(step))

    def succeed(self, step: str, output: Any = None, **rest: Any) -> machine.Transition:
        self.claim(step)
        return self.take(ev.StepSucceeded(step, {} if output is None else output, **rest))

    def fail(self, step: str, code: str = "broken", *, retryable: bool = False) -> machine.Transition:
        self.claim(step)
        return self.take(ev.StepFailed(step, code, f"{step} broke.", retryable=retryable))

    def status(self, step: str) -> str:
        return str(self.state.steps[step].status)

    def statuses(self) -> dict[str, str]:
        return {key: str(step.status) for key, step in self.state.steps.items()}

    def asked(self, kind: type) -> list[Any]:
        """Return all effects of one kind so far."""
        return [effect for effect in self.effects if isinstance(effect, kind)]

    @property
    def ending(self) -> tuple[str, Any]:
        """Return how the run ended, and its output or the code of its error."""
        error = self.state.error
        return str(self.state.status), error["code"] if error else self.state.output
