"""A run whose steps are kept elsewhere: each event begins with nothing but what `neighbours` names."""

import copy
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from coordination.engine.flow.graph import Plan
from coordination.engine.flow.neighbours import neighbours
from coordination.engine.flow.state import RunState, RunStatus, Steps, StepState, StepStatus

Rows = dict[str, dict[str, Any]]


class LoadedSteps(Steps):
    """Steps that are read from rows when something asks for them, and remember what nobody foresaw."""

    def __init__(self, plan: Plan, rows: Rows, wanted: set[str]) -> None:
        self.rows = rows
        self.missed: list[str] = []
        self.gone: set[str] = set()
        super().__init__(plan, [_read(rows[key]) for key in wanted if key in rows])

    def __missing__(self, key: str) -> StepState:
        if key not in self.rows or key in self.gone:
            return super().__missing__(key)
        self.missed.append(key)
        step = self[key] = _read(self.rows[key])
        return step

    def complete(self, within: str = "") -> None:
        for key, row in self.rows.items():
            is_unopened = row["parent"] and row["status"] == "pending"
            is_elsewhere = within and row["parent"] != within
            if not (is_unopened or is_elsewhere or key in self or key in self.gone):
                self[key] = _read(row)

    def forget(self, keys: Iterable[str]) -> None:
        gone = list(keys)
        super().forget(gone)
        self.gone.update(gone)


@dataclass
class Kept:
    """The rows of one run, and what the last event loaded of them."""

    plan: Plan
    value: Any
    rows: Rows = field(default_factory=dict)
    run: dict[str, Any] = field(default_factory=dict)
    loaded: LoadedSteps | None = None

    def __post_init__(self) -> None:
        self._keep(machine.begin(self.plan, self.value, {}))

    def take(self, event: ev.Event) -> list[str]:
        """Apply one event and write back what it touched; return the steps it read without having named them."""
        keys = self._named_by(event)
        state = self._load({*keys, *(self.plan.parent_of(key) for key in keys)})
        state = self._load(neighbours(self.plan, state, keys) | set(state.steps))
        self.loaded = state.steps  # type: ignore[assignment]  # it is what _load made
        transition = machine.apply(self.plan, state, event)
        for effect in transition.effects:
            self._change_rows(effect)
        for key in [*transition.created, *transition.touched]:
            if key in state.steps:
                self.rows[key] = json.loads(json.dumps(asdict(state.steps[key])))
        self._keep(state)
        assert self.loaded is not None
        return self.loaded.missed

    def snapshot(self) -> dict[str, Any]:
        steps = {key: row for key, row in self.rows.items() if row["status"] != "pending" or row["parent"]}
        rest = (self.run["status"], self.run["output"], self.run["error"], self.run["remembered"])
        return {"steps": steps, "rest": json.loads(json.dumps(rest))}

    def _named_by(self, event: ev.Event) -> list[str]:
        if isinstance(event, ev.SignalSent):
            return list(self.plan.waiting_for.get(event.name, ()))
        return [event.step] if hasattr(event, "step") else []

    def _load(self, wanted: set[str]) -> RunState:
        kept = copy.deepcopy(self.run)
        state = RunState(self.value, LoadedSteps(self.plan, self.rows, wanted), RunStatus(kept["status"]))
        state.output, state.error = kept["output"], kept["error"]
        state.recall(kept["remembered"])
        return state

    def _keep(self, state: RunState) -> None:
        self.run = {
            "status": str(state.status),
            "output": state.output,
            "error": state.error,
            "remembered": json.loads(json.dumps(state.remembered())),
        }

    def _change_rows(self, effect: ev.Effect) -> None:
        """Do to rows that nobody loaded what the machine asks for; rows that it touched are written afterwards."""
        match effect:
            case ev.CancelRest(parent):
                for row in self._children(parent):
                    if row["status"] == "pending":
                        row["status"] = "cancelled"
            case ev.RestorePending(parent, opened):
                for row in self._children(parent):
                    if row["status"] == "cancelled" and row["index"] >= opened:
                        row["status"] = "pending"
            case ev.DropChildren(parent):
                for row in self._children(parent):
                    del self.rows[row["id"]]

    def _children(self, parent: str) -> list[dict[str, Any]]:
        return [row for row in self.rows.values() if row["parent"] == parent]


def _read(row: dict[str, Any]) -> StepState:
    return StepState(**{**copy.deepcopy(row), "status": StepStatus(row["status"])})
