"""Random workflows in which every kind of step and every modifier comes up."""

from collections.abc import Callable
from random import Random
from typing import Any

Step = dict[str, Any]
CHILD = "soak-child"
# Kinds that call somebody, and so may have a budget.
_CALLING = {"agent", "vote", "negotiate", "action", "map", "loop", "workflow"}
# How agents behave, and how often each is taken.
AGENTS = {"echo": 8, "napper": 6, "flaky": 2, "crash": 1, "broken": 1}


class Author:
    """Writes workflows; the same chance writes the same ones."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._kinds: list[Callable[[], Step]] = [
            self._agent, self._agent, self._several_agents, self._vote, self._negotiation, self._action, self._set,
            self._map, self._map_of_actions, self._map_of_runs, self._loop, self._workflow, self._pause, self._signal,
            self._approval, self._timeout,
        ]  # fmt: skip

    def workflow(self) -> list[Step]:
        """Return the steps of a new workflow."""
        steps: list[Step] = []
        for number in range(self._chance.randint(3, 9)):
            step = {"id": f"s{number}", **self._chance.choice(self._kinds)()}
            before = [other["id"] for other in steps]
            step["needs"] = self._chance.sample(before, min(len(before), self._chance.randint(0, 2)))
            steps.append(self._with_modifiers(step))
        return steps

    def _with_modifiers(self, step: Step) -> Step:
        if len(step["needs"]) > 1 and self._one_in(3):
            step["join"] = "any"
        if self._one_in(8):
            step["when"] = self._chance.choice(["${input.n > 5}", "${input.n <= 5}"])
        if "on_error" not in step:
            step["on_error"] = self._chance.choices(["continue", "fail", "escalate", "compensate"], [6, 1, 1, 1])[0]
        if step.keys() & _CALLING and self._one_in(4):
            step["budget"] = {"calls": self._chance.choice([1, 3, 20])}
        if "action" in step and self._one_in(2):
            step["compensate"] = {"action": {"tool": "mail.send", "args": {"text": "never mind"}}}
        return step

    def _agent(self) -> Step:
        call: Step = {"name": self._name()}
        if self._one_in(3):
            call["fallback"] = [{"name": self._name()}, {"capability": "work"}]
        return {"agent": call, **self._retry(), "input": {"n": "${input.n}"}}

    def _several_agents(self) -> Step:
        strategy = self._chance.choice(["race", "all"])
        return {"agent": {"capability": "work", "strategy": strategy, "n": self._chance.randint(2, 3)}}

    def _vote(self) -> Step:
        rule = self._chance.choice(["majority", "weighted", "unanimous"])
        return {
            "vote": {"voters": [{"capability": "work"}], "n": 3, "rule": rule, "options": ["x", "y"]},
            **self._retry(),
        }

    def _negotiation(self) -> Step:
        protocol = self._chance.choice(["alternating", "mediated"])
        return {
            "negotiate": {"protocol": protocol, "parties": [{"capability": "work"}], "options": ["x", "y"], "rounds": 2}
        }

    def _action(self) -> Step:
        return {"action": {"tool": self._chance.choice(["mail.send", "pay.refund"]), "args": {"text": "hi"}}}

    def _set(self) -> Step:
        return {"set": {"n": "${input.n + 1}", "list": [1, "${input.n}"]}}

    def _map(self) -> Step:
        size = self._chance.choice([0, 1, 5, 30, 60])
        body = {"agent": {"name": self._name()}, **self._retry(), "input": {"n": "${item}"}}
        concurrency = self._chance.choice([1, 4, 20])
        return {"map": {"over": list(range(size)), "concurrency": concurrency, "max_failures": size, **body}}

    def _map_of_actions(self) -> Step:
        return {
            "map": {"over": [1, 2, 3], "max_failures": 3, "action": {"tool": "mail.send", "args": {"n": "${item}"}}}
        }

    def _map_of_runs(self) -> Step:
        return {"map": {"over": [1, 2, 3], "max_failures": 3, "workflow": {"name": CHILD, "input": {"n": "${item}"}}}}

    def _loop(self) -> Step:
        body = {"agent": {"name": self._name()}, **self._retry(), "input": {"n": "${round}"}}
        return {"loop": {"max": self._chance.randint(1, 4), "until": "${false}", "exhausted": "accept", **body}}

    def _workflow(self) -> Step:
        return {"workflow": {"name": CHILD, "input": {"n": "${input.n}"}}, **self._retry()}

    def _pause(self) -> Step:
        return {"wait": {"for": self._chance.choice(["100ms", "1s", "3s"])}}

    def _signal(self) -> Step:
        payload = {"type": "object", "properties": {"n": {"type": "integer"}}}
        return {"wait": {"signal": "go", "payload": payload}, "timeout": "20s", "on_error": "continue"}

    def _approval(self) -> Step:
        return {
            "approval": {"role": "reviewer", "title": "Go on?", "show": {"n": "${input.n}"}},
            "on_error": "continue",
        }

    def _timeout(self) -> Step:
        return {"agent": {"name": "hanging"}, "timeout": "500ms", "on_error": "continue"}

    def _retry(self) -> Step:
        return {"retry": {"max": 2, "backoff": "200ms"}} if self._one_in(2) else {}

    def _name(self) -> str:
        return self._chance.choices(list(AGENTS), list(AGENTS.values()))[0]

    def _one_in(self, n: int) -> bool:
        return self._chance.randrange(n) == 0
