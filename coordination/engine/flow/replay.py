"""A run's state from its records: at its end, or at any moment before."""

from collections.abc import Iterable, Mapping
from typing import Any

from coordination.engine.flow import machine
from coordination.engine.flow.graph import Plan
from coordination.engine.flow.records import from_record
from coordination.engine.flow.state import RunState

Record = tuple[str, str, Mapping[str, Any]]


def replay(plan: Plan, value: Any, about: dict[str, Any], records: Iterable[Record]) -> RunState:
    """Return the state that a run's records, each its kind, step and data, lead to."""
    state = machine.begin(plan, value, about)
    for kind, step, data in records:
        event = from_record(kind, step, data)
        if event is not None:
            machine.apply(plan, state, event)
    return state
