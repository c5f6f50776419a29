"""A plan: tasks that capabilities can do, what each takes from whom, and what all of it costs and risks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from math import prod
from typing import Final

# Where something comes from that no task of the plan gives.
GIVEN: Final = ""
HIGH_RISK: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """What some agent can do: what it needs, what it gives, and what once of it costs, risks and asks for."""

    capability: str
    needs: frozenset[str]
    gives: frozenset[str]
    cost: float = 0.0
    # How likely it is that it fails or harms.
    risk: float = 0.0
    authority: int = 0
    n_agents: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is wanted, what is there already, and within which bounds."""

    wants: frozenset[str]
    has: frozenset[str] = frozenset()
    budget: float | None = None
    authority: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task: by which capability, what it takes and from which task (or `GIVEN`), and what it gives."""

    id: str
    capability: str
    takes: Mapping[str, str] = field(default_factory=dict)
    gives: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    cost: float = 0.0
    risk: float = 0.0
    authority: int = 0
    success: str = ""
    compensation: str = ""

    @property
    def needs(self) -> frozenset[str]:
        """Return the tasks that come before."""
        return self.after | {source for source in self.takes.values() if source != GIVEN}


@dataclass(frozen=True, slots=True)
class Plan:
    """Tasks in an order in which they can be done; where the plan came from is told to people."""

    tasks: tuple[Task, ...]
    origin: str = ""

    @property
    def cost(self) -> float:
        """Return what all tasks cost."""
        return sum(task.cost for task in self.tasks)

    @property
    def risk(self) -> float:
        """Return how likely at least one task fails or harms."""
        return 1 - prod(1 - task.risk for task in self.tasks)

    @property
    def is_high(self) -> bool:
        """Tell whether people must approve the plan as a whole, and each risky task again when it comes to it."""
        return any(task.risk >= HIGH_RISK for task in self.tasks)

    def task(self, name: str) -> Task:
        """Return one task."""
        return next(task for task in self.tasks if task.id == name)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a plan cannot be done: about which task (or "" for the whole), by which rule, in words."""

    task: str
    code: str
    message: str


def in_order(tasks: Iterable[Task]) -> tuple[Task, ...]:
    """Return the tasks so that each comes after what it needs; raises CycleError."""
    of_name = {task.id: task for task in tasks}
    graph = {name: sorted(task.needs & of_name.keys()) for name, task in sorted(of_name.items())}
    return tuple(of_name[name] for name in TopologicalSorter(graph).static_order())


def problems_of(plan: Plan, goal: Goal, skills: Sequence[Skill]) -> list[Problem]:
    """Return everything that speaks against a plan, however it was made."""
    known = {skill.capability: skill for skill in skills if skill.n_agents}
    names = [task.id for task in plan.tasks]
    found = [
        Problem(name, "task-twice", f"There are two tasks {name}.") for name in set(names) if names.count(name) > 1
    ]
    try:
        in_order(plan.tasks)
    except CycleError as error:
        circle = " → ".join(reversed(error.args[1]))
        return [*found, Problem("", "plan-cyclic", f"The tasks wait for each other in a circle: {circle}.")]
    for task in plan.tasks:
        found += _problems_of_task(task, plan, goal, known)
    given = goal.has.union(*(task.gives for task in plan.tasks))
    found += [Problem("", "goal-missed", f"Nothing in the plan gives {one}.") for one in sorted(goal.wants - given)]
    if goal.budget is not None and plan.cost > goal.budget:
        found.append(Problem("", "over-budget", f"The plan costs {plan.cost:g}; the goal allows {goal.budget:g}."))
    return found


def _problems_of_task(task: Task, plan: Plan, goal: Goal, known: Mapping[str, Skill]) -> list[Problem]:
    found = []
    gives = {other.id: other.gives for other in plan.tasks}
    if task.capability not in known:
        found.append(Problem(task.id, "no-agent", f"No active agent can {task.capability}."))
    for name, source in sorted(task.takes.items()):
        there = goal.has if source == GIVEN else gives.get(source, frozenset[str]())
        if name not in there:
            whose = "what is given" if source == GIVEN else f"what {source} gives"
            found.append(Problem(task.id, "input-missing", f"{task.id} takes {name}, which is not in {whose}."))
    if goal.authority is not None and task.authority > goal.authority:
        message = f"{task.id} needs authority {task.authority}; whoever asks has {goal.authority}."
        found.append(Problem(task.id, "authority-exceeded", message))
    return found
