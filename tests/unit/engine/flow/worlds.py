"""A world around the pure machine: it answers everything a run asks for, in any order, and keeps count."""

import json
from dataclasses import asdict
from random import Random
from typing import Any

from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from coordination.engine.flow.graph import Plan
from coordination.engine.flow.records import as_record
from coordination.engine.flow.replay import Record
from coordination.engine.flow.state import STEP_ENDED, RunState, StepStatus

Thing = tuple[Any, ...]


class World:
    """What is under way outside: offers, attempts, questions, other runs and timers, each waiting for its answer."""

    def __init__(self, plan: Plan, value: Any) -> None:
        self.plan = plan
        self.value = value
        self.state = machine.begin(plan, value, {})
        self.open: dict[Thing, None] = {}
        self.records: list[Record] = []
        self.succeeded: set[str] = set()
        # Which of the attempts from now on is lost with its worker; none, as long as it is negative.
        self.crash_at = -1
        self.take(ev.RunStarted())

    def take(self, event: ev.Event) -> machine.Transition:
        transition = self._apply(event)
        kind, step, data = as_record(event)
        self.records.append((kind, step, json.loads(json.dumps(data))))
        self.succeeded -= set(transition.repeated)
        for effect in transition.effects:
            self._carry_out(effect)
        self._forget_what_is_over()
        if isinstance(event, ev.StepSucceeded):
            assert step not in self.succeeded, f"{step} succeeded twice"
            self.succeeded.add(step)
        check_tally(self.state)
        return transition

    def answerable(self) -> list[Thing]:
        """Return what may come to its end now: nobody takes an offer of a paused run."""
        return [thing for thing in self.open if thing[0] != "offer" or self.state.status != "paused"]

    def answer(self, thing: Thing, fate: str) -> None:
        """Let one thing that is under way come to its end: well, badly, for now, or by a crash."""
        del self.open[thing]
        match thing:
            case ("offer", key) if machine.spreads(self.plan, self.state, key):
                agents = ("ann", "ben", "cleo")[: 1 + len(key) % 3]
                self.take(ev.StepSpread(key, agents))
            case ("offer", key):
                if fate == "held":
                    self.take(ev.StepHeld(key))
                    self.open["question", key] = None
                else:
                    self.take(ev.StepClaimed(key))
                    self.open["attempt", key] = None
            case ("attempt", key):
                is_lost, self.crash_at = self.crash_at == 0, self.crash_at - 1
                self.take(self._outcome(key, "crash" if is_lost else fate))
            case ("question", key):
                self.take(self._approved(key) if fate != "bad" else ev.StepRejected(key, "rejected", "No."))
            case ("run", key, attempt) if fate == "bad":
                self.take(ev.ChildEnded(key, "failed", None, {"code": "x", "message": "It broke."}, attempt))
            case ("run", key, attempt):
                self.take(ev.ChildEnded(key, "succeeded", {"n": 1}, None, attempt))
            case ("timer" | "run", key, *_, attempt) if fate == "lost":
                self.take(ev.StepGivenUp(key, "x", "It went wrong.", attempt))
            case ("timer", key, purpose, attempt):
                self.take(ev.TimerFired(key, purpose, attempt))

    def calm_down(self) -> None:
        """Answer everything well and in time until nothing is left; what failed for good is not tried again."""
        if self.state.status == "paused":
            self.take(ev.RunResumed())
        for _ in range(3_000):
            if self.state.ended:
                return
            thing = next((thing for thing in self.open if "timeout" not in thing), None)
            if thing is not None:
                has_failed = thing[0] == "question" and self.state.steps[thing[1]].escalated
                self.answer(thing, "bad" if has_failed else "good")
            else:
                self._send_what_is_waited_for()
        raise AssertionError(f"the run does not end: {self.records[-6:]} {self.open}")

    def _apply(self, event: ev.Event) -> machine.Transition:
        return machine.apply(self.plan, self.state, event)

    def _outcome(self, key: str, fate: str) -> ev.Event:
        match fate:
            case "bad":
                return ev.StepFailed(key, "x", "It broke.")
            case "flaky":
                return ev.StepFailed(key, "x", "It broke.", retryable=True)
            case "crash":
                return ev.LeaseExpired(key)
        parent = self.plan.parent_of(key)
        if parent and self.plan.steps[parent].council is not None:
            return ev.StepSucceeded(key, _said_in_council(key, self.state.steps[key].tries), 0.5)
        return ev.StepSucceeded(key, {"n": self.state.steps[key].tries})

    def _approved(self, key: str) -> ev.Event:
        """Return a person's yes; between both cases of a conflict, the choice of the last."""
        left = (self.state.steps[key].item or {}).get("left") if key in self.plan.steps else None
        return ev.StepApproved(key, {"n": 1, "parameters": {"choose": left[-1]}} if left else {"n": 1})

    def _carry_out(self, effect: ev.Effect) -> None:
        match effect:
            case ev.Offer(key):
                self.open["offer", key] = None
            case ev.AskHuman(key):
                self.open["question", key] = None
            case ev.WithdrawQuestion(key):
                self.open.pop(("question", key), None)
            case ev.StartChild(key, _, _, attempt):
                self.open["run", key, attempt] = None
            case ev.SetTimer(key, purpose, _, _, attempt):
                self.open["timer", key, purpose, attempt] = None
            case ev.StopWork(key):
                del self.open["attempt", key]
            case ev.DropChildren(parent):
                self.succeeded = {key for key in self.succeeded if self.plan.parent_of(key) != parent}

    def _forget_what_is_over(self) -> None:
        """Drop offers nobody may take any more, as workers do; late runs and timers are delivered all the same."""
        for thing in list(self.open):
            stands = {"offer": "ready", "attempt": "running", "question": "waiting"}.get(thing[0])
            if stands and self._status(thing[1]) != stands:
                assert thing[0] == "offer", f"nobody called off {thing}"
                del self.open[thing]

    def _status(self, key: str) -> str:
        try:
            return str(self.state.steps[key].status)
        except KeyError:
            return "gone"

    def _send_what_is_waited_for(self) -> None:
        for key, step in self.state.steps.items():
            if step.held_by and self._status(key) == "waiting":
                self.take(ev.StepHandedBack(key))
                return
        for name, keys in self.plan.waiting_for.items():
            if any(self._status(key) == "waiting" for key in keys):
                self.take(ev.SignalSent(name, {"n": 1}))
                return
        raise AssertionError(f"a run that is {self.state.status} waits for nothing: {self.state}")


def _said_in_council(key: str, tries: int) -> dict[str, Any]:
    """Return what an agent says in a vote or a negotiation: something of everything, and now and then nonsense."""
    chance = Random(f"{key} {tries}")
    option = chance.choice(["a", "b", "1", "2", "nonsense", ""])
    worth = {"a": chance.random(), "b": chance.random(), "c": chance.random(), **{str(n): 0.5 for n in range(1, 5)}}
    said: dict[str, Any] = {
        "choice": option,
        "ranking": ["b", "a"],
        "beliefs": [{"options": ["a"], "weight": chance.random()}],
        "values": chance.choice([worth, {"a": 1}, None]),
        "reservation": chance.random(),
        "cost": chance.choice([chance.randint(1, 9), {"a": 1, "b": 2}, {"a": -1}, "dear", None]),
        "capacity": chance.choice([None, 1, 2]),
        "offer": option,
    }
    return said | ({"accept": True} if chance.random() < 0.3 else {})


def meddle(world: World, chance: Random) -> None:
    """Let a person do something to the run; what does not fit is refused and changes nothing."""
    keys = sorted({*world.plan.steps, *world.state.steps})
    key = chance.choice(keys)
    event = chance.choice(
        [
            ev.RunPaused(),
            ev.RunResumed(),
            ev.RunResumed(),
            ev.StepSkipped(key, "enough"),
            ev.StepOverridden(key, {"n": 9}),
            ev.StepTakenOver(key, "user:ann"),
            ev.StepHandedBack(key),
            ev.StepRetried(key),
            ev.StepRetried(key),
            ev.RunCancelled("enough"),
            ev.SignalSent("paid", {"n": 1}),
        ]
    )
    before = snapshot(world.state)
    try:
        world.take(event)
    except machine.ImpossibleEvent:
        assert snapshot(world.state) == before


def check_tally(state: RunState) -> None:
    """Hold what the machine counted against a recount of everything."""
    plan, steps = state.plan, state.steps
    everything = [steps[key] for key in {*plan.steps, *steps}]
    of = [step.status for step in everything]
    tally = state.tally
    assert tally.total == len(everything)
    assert tally.ended == sum(status in STEP_ENDED for status in of)
    assert tally.waiting == of.count(StepStatus.WAITING)
    parents = {step.parent for step in everything if not step.ended and not plan.definition(step.id).compensate}
    running = [step for step in everything if step.status in {StepStatus.READY, StepStatus.RUNNING}]
    has_children = {step.id for step in running if step.id in parents and step.status is StepStatus.RUNNING}
    assert tally.containers == len(has_children)
    assert tally.active == len(running) - len(has_children)
    in_the_way = [
        step.id
        for step in everything
        if not step.parent
        and (
            step.status is StepStatus.COMPENSATED
            or (step.status is StepStatus.FAILED and plan.steps[step.id].on_error != "continue")
        )
    ]
    assert tally.standing == len(in_the_way)
    if not state.ended and not state.compensating and state.status != "pending":
        assert tally.met == _met(state)


def snapshot(state: RunState) -> dict[str, Any]:
    """Return a run's state as plain values, without the steps nothing has happened to."""
    steps = {key: asdict(step) for key, step in state.steps.items() if step.status != "pending" or step.parent}
    rest = (state.status, state.output, state.error, state.remembered())
    return {"steps": steps, "rest": json.loads(json.dumps(rest))}


def _met(state: RunState) -> dict[str, int]:
    found = {}
    for key, definition in state.plan.steps.items():
        if state.steps[key].status is StepStatus.PENDING and len(definition.needs) > 1:
            n_met = sum(_lets_go_on(state, need) for need in definition.needs)
            if n_met:
                found[key] = n_met
    return found


def _lets_go_on(state: RunState, need: str) -> bool:
    status = state.steps[need].status
    if status is StepStatus.FAILED:
        return state.plan.steps[need].on_error == "continue"
    return status in {StepStatus.SUCCEEDED, StepStatus.SKIPPED}
