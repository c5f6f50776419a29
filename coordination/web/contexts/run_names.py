"""What steps are called: those of the workflow, and the items, rounds, racers and compensations inside them."""

from coordination.engine.flow.graph import Plan, is_undo
from coordination.runs.models import Run, Step
from coordination.workflows.selectors import plan_of


def called(run: Run, key: str) -> str:
    """Return the name of a step by its key: "Score", "Score, item 4", "Refine, round 2", "Undo of Book"."""
    plan = plan_of(run.workflow_version_id)
    parent = plan.parent_of(key)
    if not parent:
        return _title(plan, key)
    outer = _title(plan, parent)
    return f"Undo of {outer}" if is_undo(key) else f"{outer}, {_counted(plan, parent, _index_in(key))}"


def called_inside(run: Run, step: Step) -> str:
    """Return the name of a child beside its siblings: "Item 4", "Round 2", the agent, "Undo"."""
    if not step.parent or is_undo(step.key):
        return "Undo" if step.parent else called(run, step.key)
    plan = plan_of(run.workflow_version_id)
    counted = _counted(plan, step.parent, step.index)
    negotiate = plan.steps[step.parent].negotiate if step.parent in plan.steps else None
    if negotiate is not None and negotiate.takes_turns:
        return f"{counted.capitalize()}: {step.agent}"
    return step.agent if step.agent and _races(plan, step.parent) else counted.capitalize()


def _title(plan: Plan, key: str) -> str:
    known = plan.steps.get(key)
    return (known.title if known else "") or key


def _counted(plan: Plan, parent: str, index: int) -> str:
    step = plan.steps.get(parent)
    if step is not None and step.negotiate is not None and step.negotiate.takes_turns:
        return f"round {index + 1:,}"
    inside = "item" if step is not None and step.map else "round" if step is not None and step.loop else "agent"
    return f"{inside} {index + 1:,}"


def _races(plan: Plan, parent: str) -> bool:
    step = plan.steps.get(parent)
    return step is not None and step.body is None


def _index_in(key: str) -> int:
    digits = key.partition("[")[2].rstrip("]")
    return int(digits) if digits.isdecimal() else 0
