"""What a party to a negotiation tells its mediator is for nobody else: not for other agents, and not for every member.

It stays with the step and in the record, so that a run can be replayed; those who may read the record may read it.
"""

from collections.abc import Mapping
from typing import Any, Final

from coordination.engine.flow.graph import Plan, is_undo

SEALED: Final = {"sealed": "only the mediator and those who may read the record see this"}


def is_sealed(plan: Plan, key: str) -> bool:
    """Tell whether what a step gives back is for the mediator of a negotiation alone."""
    parent = plan.parent_of(key)
    return bool(parent) and not is_undo(key) and plan.steps[parent].negotiate is not None


def without_sealed(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a record says without what is sealed in it."""
    return {**data, "output": SEALED} if data.get("sealed") and "output" in data else dict(data)
