"""A goal becomes a plan that can be done, the cheapest there is, or words that say what is missing."""

from itertools import permutations
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.plan import search
from coordination.engine.plan.methods import Method, decompose
from coordination.engine.plan.plan import Goal, Plan, Skill, Task, in_order, problems_of
from coordination.engine.plan.search import plan_for, reachable, repaired


def skill(capability: str, needs: str, gives: str, **more: float) -> Skill:
    known = {"authority": int(more.pop("authority", 0)), "n_agents": int(more.pop("n_agents", 1))}
    return Skill(capability=capability, needs=frozenset(needs.split()), gives=frozenset(gives.split()), **known, **more)


def goal(wants: str, has: str = "", **more: float) -> Goal:
    return Goal(wants=frozenset(wants.split()), has=frozenset(has.split()), **more)  # type: ignore[arg-type]


SKILLS = [
    skill("read.message", "message", "intent language", cost=1),
    skill("find.articles", "intent", "articles", cost=2),
    skill("write.reply", "intent articles language", "reply", cost=5, risk=0.1),
    skill("check.reply", "reply", "verdict", cost=1),
    skill("guess.reply", "message", "reply", cost=20, risk=0.6),
]
names = st.sampled_from("abcdefg")
skills_of = st.lists(
    st.tuples(st.frozensets(names, max_size=2), st.frozensets(names, min_size=1, max_size=2), st.integers(1, 9)),
    min_size=1,
    max_size=6,
)


def made(found: object) -> Plan:
    assert isinstance(found, Plan), found
    return found


def test_the_cheapest_way_to_what_is_wanted_is_found_and_joined() -> None:
    plan = made(plan_for(goal("verdict", "message"), SKILLS))
    assert [task.capability for task in plan.tasks] == ["read.message", "find.articles", "write.reply", "check.reply"]
    assert plan.task("write-reply").takes == {
        "articles": "find-articles", "intent": "read-message", "language": "read-message",
    }  # fmt: skip
    assert (plan.cost, round(plan.risk, 3), plan.is_high) == (9, 0.1, False)
    assert problems_of(plan, goal("verdict", "message"), SKILLS) == []


def test_what_is_missing_is_named_and_who_would_give_it() -> None:
    found = plan_for(goal("verdict refund", "order"), [*SKILLS, skill("pay.back", "order consent", "refund")])
    assert [str(one) for one in found] == [  # type: ignore[union-attr]
        "Nothing leads to refund: pay.back would, but lacks consent.",
        "Nothing leads to verdict: check.reply would, but lacks reply.",
    ]
    assert [str(one) for one in plan_for(goal("wonder"), SKILLS)] == ["No capability gives wonder."]  # type: ignore[union-attr]


def test_nothing_is_planned_for_what_is_there() -> None:
    assert made(plan_for(goal("message", "message"), SKILLS)).tasks == ()


def test_a_capability_without_agents_is_not_used() -> None:
    idle = [
        one if one.capability != "write.reply" else skill("write.reply", "intent", "reply", n_agents=0)
        for one in SKILLS
    ]
    assert [task.capability for task in made(plan_for(goal("reply", "message"), idle)).tasks] == ["guess.reply"]


def test_every_problem_of_a_plan_is_named() -> None:
    tasks = (
        Task(id="x", capability="fly", takes={"wings": ""}, gives=frozenset({"height"}), cost=9, authority=5),
        Task(id="y", capability="check.reply", takes={"reply": "x"}),
    )
    found = problems_of(Plan(tasks), goal("reply", budget=5, authority=1), SKILLS)
    assert [(one.task, one.code) for one in found] == [
        ("x", "no-agent"), ("x", "input-missing"), ("x", "authority-exceeded"), ("y", "input-missing"),
        ("", "goal-missed"), ("", "over-budget"),
    ]  # fmt: skip
    circle = Plan(
        (Task(id="a", capability="c", after=frozenset("b")), Task(id="b", capability="c", after=frozenset("a")))
    )
    assert [one.code for one in problems_of(circle, goal(""), [skill("c", "", "")])] == ["plan-cyclic"]


def test_a_failed_task_is_replaced_and_the_rest_stays() -> None:
    plan = made(plan_for(goal("verdict", "message"), SKILLS))
    new = made(repaired(plan, "write-reply", {"read-message"}, goal("verdict", "message"), SKILLS))
    # The other way needs no articles, so that they are not looked for any more.
    assert {task.id for task in new.tasks} == {"read-message", "guess-reply", "check-reply"}
    assert new.task("check-reply").takes == {"reply": "guess-reply"}
    assert problems_of(new, goal("verdict", "message"), SKILLS) == []


def test_where_there_is_no_other_way_a_repair_says_what_is_missing() -> None:
    plan = made(plan_for(goal("verdict", "message"), SKILLS))
    found = repaired(plan, "check-reply", {"read-message"}, goal("verdict", "message"), SKILLS)
    assert [str(one) for one in found] == ["No capability gives verdict."]  # type: ignore[union-attr]


METHODS = [
    Method(task="answer", name="carefully", subtasks=("understand", "write.reply", "check.reply"), when="is_serious"),
    Method(task="answer", name="quickly", subtasks=("guess.reply",)),
    Method(task="understand", name="both", subtasks=("read.message", "find.articles")),
]


def test_a_method_is_used_where_its_condition_holds() -> None:
    careful = decompose(
        "answer", METHODS, SKILLS, goal("reply", "message"), lambda condition: condition == "is_serious"
    )
    assert [task.capability for task in made(careful).tasks] == [
        "read.message", "find.articles", "write.reply", "check.reply",
    ]  # fmt: skip
    quick = decompose("answer", METHODS, SKILLS, goal("reply", "message"))
    assert [task.capability for task in made(quick).tasks] == ["guess.reply"]


def test_a_method_whose_parts_lack_something_is_passed_over() -> None:
    side_by_side = [Method(task="answer", name="at once", subtasks=("read.message", "find.articles"), order="parallel")]
    assert decompose("answer", side_by_side, SKILLS, goal("", "message")) is None
    assert decompose("answer", [*side_by_side, *METHODS[1:]], SKILLS, goal("", "message")) is not None


def test_methods_that_call_each_other_for_ever_end() -> None:
    assert decompose("a", [Method(task="a", name="x", subtasks=("a",))], SKILLS, goal("")) is None


@given(skills_of, st.frozensets(names, min_size=1, max_size=2), st.frozensets(names, max_size=2))
def test_a_search_that_takes_too_long_still_ends_in_a_plan_that_can_be_done(
    drawn: list[tuple[frozenset[str], frozenset[str], int]], wants: frozenset[str], has: frozenset[str]
) -> None:
    skills = [
        Skill(capability=f"c{at}", needs=needs, gives=gives, cost=cost) for at, (needs, gives, cost) in enumerate(drawn)
    ]
    wanted = Goal(wants=wants, has=has)
    with patch.object(search, "MOST_STATES", 0):
        found = plan_for(wanted, skills)
    assert isinstance(found, Plan) == (wants <= reachable(has, skills))
    assert not isinstance(found, Plan) or problems_of(found, wanted, skills) == []


@given(skills_of, st.frozensets(names, min_size=1, max_size=2), st.frozensets(names, max_size=2))
def test_a_plan_can_be_done_and_none_is_cheaper(
    drawn: list[tuple[frozenset[str], frozenset[str], int]], wants: frozenset[str], has: frozenset[str]
) -> None:
    skills = [
        Skill(capability=f"c{at}", needs=needs, gives=gives, cost=cost) for at, (needs, gives, cost) in enumerate(drawn)
    ]
    wanted = Goal(wants=wants, has=has)
    found = plan_for(wanted, skills)
    if not isinstance(found, Plan):
        assert not wants <= reachable(has, skills)
        return
    assert problems_of(found, wanted, skills) == []
    assert in_order(found.tasks) == found.tasks
    assert found.cost == min(_cost(order, wanted) for n in range(len(skills) + 1) for order in permutations(skills, n))


def _cost(order: tuple[Skill, ...], wanted: Goal) -> float:
    """Return what doing these in this order costs, or infinity if it does not lead there."""
    there = set(wanted.has)
    for one in order:
        if not one.needs <= there:
            return float("inf")
        there |= one.gives
    return sum(one.cost for one in order) if wanted.wants <= there else float("inf")
