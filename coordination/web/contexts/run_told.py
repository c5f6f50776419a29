"""A run's records as sentences."""

from collections.abc import Callable
from typing import Any

from coordination.audit.models import AuditEvent
from coordination.runs.models import Run
from coordination.web import words
from coordination.web.contexts.run_names import called

Data = dict[str, Any]
# Each is given the step's name, who did it, and what the record says.
_Tell = Callable[[str, str, Data], str]


def told(run: Run, event: AuditEvent) -> str:
    """Say in a sentence what a record is about."""
    key = event.object.partition("/step:")[2]
    tell = _TELL.get(event.kind)
    name = called(run, key) if key else ""
    if tell is None:
        said = words.event(event.kind)
        return f"{name}: {said.lower()}." if name else f"{said}."
    return tell(name, who(event.actor), event.data)


def who(actor: str) -> str:
    """Return the name in an actor: user:ada → ada."""
    kind, _, name = actor.partition(":")
    return name if kind in ("user", "agent", "token", "system") and name else actor


def _because(data: Data) -> str:
    return f": {data['reason']}" if data.get("reason") else "."


def _error(data: Data) -> str:
    error = data.get("error") or data
    return str(error.get("message") or "no reason was given")


def _begun(name: str, _: str, data: Data) -> str:
    return f"{data['agent']} began to work on {name}." if data.get("agent") else f"{name} began."


def _over(name: str, _: str, data: Data) -> str:
    return f"{data['agent']} finished its work on {name}." if data.get("agent") else f"{name} was done."


def _time(name: str, _: str, data: Data) -> str:
    is_up = data.get("purpose") == "timeout"
    return f"The time of {name} was up." if is_up else f"{name} could go on: its time had come."


def _late(name: str, _: str, data: Data) -> str:
    cost = words.money(data.get("cost_microusd") or 0)
    return f"{data.get('agent')} answered {name} when nobody waited for it any longer; it cost {cost}."


def _agreed(name: str, _: str, data: Data) -> str:
    answer = data.get("answer")
    by = answer.get("by") if isinstance(answer, dict) else ""
    return f"{by or 'A person'} agreed to {name}."


def _rung(name: str, _: str, data: Data) -> str:
    winner = data.get("winner")
    return f"{name}, {data.get('rung')}: {data.get('reason')}" + (f" So it is {winner}." if winner else "")


def _offer(name: str, _: str, data: Data) -> str:
    about = f" {data['option']}" if data.get("option") else ""
    return f"{name}, round {data.get('round')}: {data.get('party')} {data.get('act')}{about}."


def _undoing(name: str, _: str, data: Data) -> str:
    steps = data.get("steps") or []
    return f"{name} failed; {words.plural(len(steps), 'step')} before it had to be undone."


def _decided(name: str, _: str, data: Data) -> str:
    outcome = {"deny": "no", "require_approval": "only if a person agrees"}.get(str(data.get("outcome")), "yes")
    return f"Policy was asked about {name} and said: {outcome}."


_TELL: dict[str, _Tell] = {
    "RunStarted": lambda *_: "The run began.",
    "RunPaused": lambda _, actor, data: f"{actor} paused the run{_because(data)}",
    "RunResumed": lambda _, actor, data: f"{actor} let the run go on{_because(data)}",
    "RunCancelled": lambda _, actor, data: f"{actor} cancelled the run{_because(data)}",
    "RunSucceeded": lambda *_: "The run was done.",
    "RunFailed": lambda _, __, data: f"The run failed: {_error(data)}",
    "StepClaimed": _begun,
    "StepHeld": lambda name, *_: f"{name} was held until a person agrees.",
    "StepSpread": lambda name, _, data: f"{name} was given to {', '.join(data.get('agents') or [])}.",
    "RungClimbed": _rung,
    "OfferMade": _offer,
    "StepSucceeded": _over,
    "StepCompleted": lambda name, *_: f"{name} was done.",
    "AttemptFailed": lambda name, _, data: f"An attempt of {name} failed: {_error(data)}",
    "StepFailed": lambda name, _, data: f"{name} failed: {_error(data)}",
    "StepRetried": lambda name, _, data: f"{name} was to be tried again in {words.duration(data.get('after_s') or 0)}.",
    "StepRerouted": lambda name, _, data: f"{name} went to {data.get('to')} instead.",
    "StepEscalated": lambda name, *_: f"{name} failed, and people were asked whether to try it again.",
    "StepApproved": _agreed,
    "StepRejected": lambda name, _, data: f"{name} was refused: {_error(data)}",
    "StepSkipped": lambda name, actor, data: f"{actor} skipped {name}{_because(data)}",
    "StepOverridden": lambda name, actor, data: f"{actor} gave the output of {name}{_because(data)}",
    "StepTakenOver": lambda name, actor, data: f"{actor} took {name} over{_because(data)}",
    "StepHandedBack": lambda name, actor, data: f"{actor} handed {name} back{_because(data)}",
    "AgentMessaged": lambda _, actor, data: f"{actor} told {data.get('to') or 'the agents'}: {data.get('text')}",
    "OutputJudged": lambda name, actor, data: (
        f"{actor} called the output of {name} {data.get('quality')}{_because(data)}"
    ),
    "StepRepeated": lambda name, actor, data: f"{actor} had {name} repeated{_because(data)}",
    "ConditionUnmet": lambda name, _, data: f"{name} was skipped{_because(data)}",
    "LeaseExpired": lambda name, _, data: (
        f"{data.get('reason') or f'The worker of {name} was lost.'} Another takes over."
    ),
    "ChildEnded": lambda name, _, data: f"The run that {name} started {data.get('status')}.",
    "TimerFired": _time,
    "StepGivenUp": lambda name, _, data: f"What {name} waited for could not be taken: {_error(data)}",
    "SignalSent": lambda _, actor, data: f"{actor} sent the signal {data.get('name')}.",
    "CompensationStarted": _undoing,
    "StepUndone": lambda name, *_: f"{name} was undone.",
    "StepNotUndone": lambda name, _, data: f"{name} could not be undone: {_error(data)}",
    "PolicyDecided": lambda name, _, data: (
        f"Policy decided about {name}: {str(data.get('outcome')).replace('_', ' ')}."
    ),
    "ActionReleased": lambda name, _, data: f"{name}: {data.get('tool')} was released.",
    "BudgetRefused": lambda name, _, data: f"No call for {name}: {data.get('message')}",
    "CallSettled": _late,
    "InnerCostCounted": lambda name, _, data: (
        f"What the run of {name} cost beyond its end was counted: {words.money(data.get('cost_microusd') or 0)}."
    ),
    "ActionSettled": lambda name, *_: f"What became of {name} was told late.",
}
