"""Find the cheapest tasks that lead to a goal, backwards from what is wanted to what is there.

A state is what is still missing. A step back adds a capability that gives some of it, and then misses what that needs.
A* with the dearest of the missing as the estimate (h-max of Bonet and Geffner, Artificial Intelligence 129, 2001).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from math import inf

from coordination.engine.plan.plan import GIVEN, Goal, Plan, Skill, Task, in_order

MOST_TASKS = 40
# After so many states the search takes the plan that gives each single thing most cheaply: good, not proven best.
MOST_STATES = 3_000
# What a task costs at least in the search: of two plans at the same price the shorter is better.
_EFFORT = 1e-3


@dataclass(frozen=True, slots=True)
class Missing:
    """Something wanted that nothing leads to, and who would give it if only it had what it needs."""

    wanted: str
    would_give: tuple[tuple[str, tuple[str, ...]], ...]

    def __str__(self) -> str:
        if not self.would_give:
            return f"No capability gives {self.wanted}."
        ways = "; ".join(f"{capability} would, but lacks {', '.join(lacks)}" for capability, lacks in self.would_give)
        return f"Nothing leads to {self.wanted}: {ways}."


def plan_for(goal: Goal, skills: Sequence[Skill], without: Collection[str] = ()) -> Plan | list[Missing]:
    """Return the cheapest plan, or what is missing; capabilities in `without` are not used."""
    usable = [skill for skill in skills if skill.n_agents and skill.capability not in without]
    reached = reachable(goal.has, usable)
    lacking = sorted(goal.wants - reached)
    if lacking:
        return [_missing(wanted, reached, usable) for wanted in lacking]
    helpful = [skill for skill in usable if skill.needs <= reached]
    least = _least_costs(goal.has, helpful)
    chosen = _search(goal, helpful, least) or _by_single_things(goal, helpful, least)
    return Plan(in_order(_tasks(goal, chosen)), "search")


def reachable(has: Iterable[str], skills: Sequence[Skill]) -> frozenset[str]:
    """Return everything that can come about from what is there."""
    reached = frozenset(has)
    while more := frozenset[str]().union(*(skill.gives for skill in skills if skill.needs <= reached)) - reached:
        reached |= more
    return reached


def _least_costs(has: Iterable[str], skills: Sequence[Skill]) -> dict[str, float]:
    """Return what each thing costs at the very least: its giver's cost, and that of the dearest thing it needs."""
    least = dict.fromkeys(has, 0.0)
    changed = True
    while changed:
        changed = False
        for skill in skills:
            if skill.needs <= least.keys():
                reached = skill.cost + _EFFORT + max((least[need] for need in skill.needs), default=0.0)
                for given in skill.gives:
                    if reached < least.get(given, inf):
                        least[given], changed = reached, True
    return least


def _search(goal: Goal, skills: Sequence[Skill], least: Mapping[str, float]) -> list[Skill] | None:
    """Return the skills of the cheapest plan, the first to be used first, or None if it is not found soon."""
    ordered = sorted(skills, key=lambda skill: skill.capability)
    givers: dict[str, list[int]] = {}
    for at, skill in enumerate(ordered):
        for given in skill.gives:
            givers.setdefault(given, []).append(at)
    ticket = count()

    def estimate(missing: frozenset[str]) -> float:
        return max((least[one] for one in missing), default=0.0)

    start = goal.wants - goal.has
    waiting: list[tuple[float, int, float, frozenset[str], tuple[int, ...]]] = [(0.0, next(ticket), 0.0, start, ())]
    best: dict[tuple[frozenset[str], frozenset[int]], float] = {}
    for _ in range(MOST_STATES):
        if not waiting:
            return None
        _estimate, _ticket, cost, missing, used = heappop(waiting)
        if not missing:
            return [ordered[at] for at in reversed(used)]
        if len(used) == MOST_TASKS:
            continue
        # The one before which all others come. Used twice, it would have to come before itself.
        for at in sorted({at for one in missing for at in givers[one]} - {*used}):
            skill = ordered[at]
            after = (missing - skill.gives) | (skill.needs - goal.has)
            reached = cost + skill.cost + _EFFORT
            key = (after, frozenset((*used, at)))
            if reached < best.get(key, inf):
                best[key] = reached
                heappush(waiting, (reached + estimate(after), next(ticket), reached, after, (*used, at)))
    return None


def _by_single_things(goal: Goal, skills: Sequence[Skill], least: Mapping[str, float]) -> list[Skill]:
    """Return skills that give each needed thing in its cheapest way, in an order in which they can be used."""
    chosen: dict[str, Skill] = {}
    waiting = sorted(goal.wants - goal.has)
    while waiting:
        wanted = waiting.pop()
        # The cheapest givers never wait for each other in a circle: each needs only what costs less than it gives.
        best = min(
            (skill for skill in skills if wanted in skill.gives),
            key=lambda skill: (skill.cost + max((least[need] for need in skill.needs), default=0.0), skill.capability),
        )
        if best.capability not in chosen:
            chosen[best.capability] = best
            waiting += sorted(best.needs - goal.has)
    there, left, order = set(goal.has), list(chosen.values()), list[Skill]()
    while usable := [skill for skill in left if skill.needs <= there]:
        order += usable
        there = there.union(*(skill.gives for skill in usable))
        left = [skill for skill in left if skill not in usable]
    return order


def _tasks(goal: Goal, chosen: Sequence[Skill]) -> list[Task]:
    """Return the chosen skills as tasks, each taking what it needs from the last one before it that gives it."""
    source = dict.fromkeys(goal.has, GIVEN)
    tasks = []
    for skill in chosen:
        name = skill.capability.replace(".", "-")
        tasks.append(
            Task(
                id=name,
                capability=skill.capability,
                takes={need: source[need] for need in sorted(skill.needs)},
                gives=skill.gives,
                cost=skill.cost,
                risk=skill.risk,
                authority=skill.authority,
            )
        )
        # What is there already is not made anew for those that come later.
        source |= {given: name for given in skill.gives if source.get(given) != GIVEN}
    return tasks


def _missing(wanted: str, reached: frozenset[str], skills: Sequence[Skill]) -> Missing:
    ways = [(skill.capability, tuple(sorted(skill.needs - reached))) for skill in skills if wanted in skill.gives]
    return Missing(wanted, tuple(sorted(ways)))


def repaired(
    plan: Plan, failed: str, done: Collection[str], goal: Goal, skills: Sequence[Skill]
) -> Plan | list[Missing]:
    """Return the plan with another way to what a failed task would have given; what is done, or not touched, stays.

    The failed task and those of its helpers that nobody else needs any more are replaced: the smallest part.
    """
    lost = plan.task(failed)
    kept = [task for task in plan.tasks if task.id != failed]
    needed = frozenset(
        name for task in kept for name, source in task.takes.items() if source == failed and task.id not in done
    ) | (lost.gives & goal.wants)
    there = goal.has.union(*(task.gives for task in kept if task.id in done))
    # What other tasks will give can be used too, unless they wait for the failed one.
    waiting = _after(failed, kept)
    coming = [task for task in kept if task.id not in done and task.id not in waiting]
    there = there.union(*(task.gives for task in coming))
    part = plan_for(Goal(wants=needed, has=there), skills, {lost.capability, *(task.capability for task in coming)})
    if isinstance(part, list):
        return part
    giver = {name: task.id for task in kept for name in task.gives if task.id in done or task in coming}
    new = [_joined(task, giver) for task in part.tasks]
    gives = {name: task.id for task in new for name in task.gives}
    again = [_redirected(task, failed, gives, giver) for task in kept]
    return Plan(in_order(_still_needed([*again, *new], done, goal)), "repair")


def _after(name: str, tasks: Sequence[Task]) -> set[str]:
    """Return the tasks that wait for one, directly or through others."""
    found: set[str] = set()
    while more := {task.id for task in tasks if task.needs & {name, *found}} - found:
        found |= more
    return found


def _joined(task: Task, giver: dict[str, str]) -> Task:
    """Return a task of the new part with what it takes from the kept ones."""
    takes = {name: giver.get(name, GIVEN) if source == GIVEN else source for name, source in task.takes.items()}
    return _with(task, takes, task.after)


def _redirected(task: Task, failed: str, gives: dict[str, str], giver: dict[str, str]) -> Task:
    takes = {
        name: gives.get(name, giver.get(name, GIVEN)) if source == failed else source
        for name, source in task.takes.items()
    }
    return _with(task, takes, task.after - {failed})


def _with(task: Task, takes: dict[str, str], after: frozenset[str]) -> Task:
    return Task(
        id=task.id,
        capability=task.capability,
        takes=takes,
        gives=task.gives,
        after=after,
        cost=task.cost,
        risk=task.risk,
        authority=task.authority,
        success=task.success,
        compensation=task.compensation,
    )


def _still_needed(tasks: Sequence[Task], done: Collection[str], goal: Goal) -> list[Task]:
    """Leave out what nobody needs any more: neither the goal nor another task that is left."""
    left = list(tasks)
    while True:
        used = frozenset[str]().union(*(task.needs for task in left))
        idle = [task for task in left if task.id not in done and task.id not in used and not task.gives & goal.wants]
        if not idle:
            return left
        left = [task for task in left if task not in idle]
