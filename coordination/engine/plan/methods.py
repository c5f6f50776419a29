"""Methods that people wrote: how a task is done by smaller ones, and when (a hierarchical task network)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from coordination.engine.plan.plan import GIVEN, Goal, Plan, Skill, Task, in_order

DEEPEST = 20
MOST_TRIED = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One way to do a task: when it may be used, and the smaller tasks, one after the other or side by side."""

    task: str
    name: str
    subtasks: tuple[str, ...]
    order: Literal["sequence", "parallel"] = "sequence"
    # A condition over what is known, as the caller evaluates it; empty: always.
    when: str = ""


@dataclass(frozen=True, slots=True)
class _Leaf:
    capability: str
    after: frozenset[int]


def decompose(
    task: str,
    methods: Sequence[Method],
    skills: Sequence[Skill],
    goal: Goal,
    holds: Callable[[str], bool] = lambda condition: not condition,
) -> Plan | None:
    """Return the first way to do a task all of whose smallest tasks somebody can do, or None.

    Methods are tried in the order in which they are given, so that people decide what is better.
    """
    able = {skill.capability: skill for skill in skills if skill.n_agents}
    usable: dict[str, list[Method]] = {}
    for method in methods:
        if not method.when or holds(method.when):
            usable.setdefault(method.task, []).append(method)
    for tried, leaves in enumerate(_ways(task, usable, able, frozenset(), DEEPEST)):
        plan = _plan(leaves, able, goal)
        if plan is not None or tried == MOST_TRIED:
            return plan
    return None


def _ways(
    task: str,
    methods: Mapping[str, list[Method]],
    able: Mapping[str, Skill],
    after: frozenset[int],
    depth: int,
    base: int = 0,
) -> Iterator[list[_Leaf]]:
    """Yield the lists of leaves that a task can be done by; `after` are the numbers of those that come before."""
    if task in able:
        yield [_Leaf(task, after)]
    if depth == 0:
        return
    for method in methods.get(task, []):
        yield from _expanded(method.subtasks, method, methods, able, after, depth - 1, base)


def _expanded(
    subtasks: Sequence[str],
    method: Method,
    methods: Mapping[str, list[Method]],
    able: Mapping[str, Skill],
    after: frozenset[int],
    depth: int,
    base: int,
) -> Iterator[list[_Leaf]]:
    if not subtasks:
        yield []
        return
    first, *others = subtasks
    for leaves in _ways(first, methods, able, after, depth, base):
        own = frozenset(range(base, base + len(leaves)))
        following = own if method.order == "sequence" and own else after
        for rest in _expanded(others, method, methods, able, following, depth, base + len(leaves)):
            yield [*leaves, *rest]


def _plan(leaves: Sequence[_Leaf], able: Mapping[str, Skill], goal: Goal) -> Plan | None:
    """Return the leaves as a plan, or None where one of them would lack what it needs."""
    names = _names([leaf.capability for leaf in leaves])
    tasks: list[Task] = []
    for at, leaf in enumerate(leaves):
        skill = able[leaf.capability]
        before = _all_before(at, leaves)
        source = dict.fromkeys(goal.has, GIVEN) | {
            name: names[other] for other in sorted(before) for name in able[leaves[other].capability].gives
        }
        if not skill.needs <= source.keys():
            return None
        tasks.append(
            Task(
                id=names[at],
                capability=leaf.capability,
                takes={need: source[need] for need in sorted(skill.needs)},
                gives=skill.gives,
                after=frozenset(names[other] for other in leaf.after),
                cost=skill.cost,
                risk=skill.risk,
                authority=skill.authority,
            )
        )
    return Plan(in_order(tasks), "methods")


def _all_before(at: int, leaves: Sequence[_Leaf]) -> set[int]:
    found: set[int] = set()
    waiting = set(leaves[at].after)
    while waiting:
        one = waiting.pop()
        found.add(one)
        waiting |= leaves[one].after - found
    return found


def _names(capabilities: Sequence[str]) -> list[str]:
    """Return a name for each leaf: its capability, numbered where it is done more than once."""
    counted: dict[str, int] = {}
    names = []
    for capability in capabilities:
        counted[capability] = counted.get(capability, 0) + 1
        name = capability.replace(".", "-")
        names.append(name if counted[capability] == 1 else f"{name}-{counted[capability]}")
    return names
