"""An answer that nobody waits for any longer is not used, but what it took is counted: once."""

import time
from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.adapters.ports import Result, Usage
from coordination.audit.models import AuditEvent
from coordination.audit.services import verify
from coordination.engine.flow.budget import Amounts
from coordination.runs.carrier import Carrier
from coordination.runs.models import Purse, Run, Step, ToolCall, WorkItem
from coordination.runs.selectors import explain, length_of, run_at
from coordination.runs.selectors.usage import agent_use
from coordination.runs.services import cancel_run, retry_step, settling, sweep
from coordination.runs.services.budgeting import set_budget
from coordination.runs.services.settling import settle_late
from coordination.runs.work import Done, Failed
from tests import acting
from tests.integration.runs.conftest import World, make_world
from tests.working import Held, claim, expire_leases

CENT = 10_000
DEAR = Done(Result(output={}, usage=Usage(input_tokens=60, output_tokens=40, cost_microusd=10 * CENT)))
LATE = Failed("timeout", "There was no answer within 30 seconds.", retryable=True)
RACE = {"id": "ask", "agent": {"capability": "buy", "strategy": "race", "n": 2}}


@pytest.fixture
def shop(world: World) -> World:
    """A world with two agents that cost a cent a call and what they say, and a budget for the day."""
    for name in ("ann", "ben"):
        world.agent(name, "spend", capabilities=["buy"], cost_microusd_per_call=CENT)
    set_budget(world.organization, "", {"cost_usd": 10}, SYSTEM)
    world.workflow({"id": "ask", "agent": {"name": "ann"}})
    return world


def held(run: Run, key: str = "ask") -> Held:
    found = claim(run.pk, key)
    assert found is not None
    return found


def raced(shop: World) -> tuple[Run, Held]:
    """Return a run with a race that is won, and the work of the one that lost it."""
    shop.workflow(RACE)
    run = shop.start()
    first, second = held(run), held(run, "ask[1]")
    first.finish(DEAR)
    return run, second


def day() -> Purse:
    return Purse.objects.get(scope__startswith="day:")


def cost(run: Run) -> int:
    run.refresh_from_db()
    return run.cost_microusd


def test_the_answer_of_the_one_that_lost_a_race_is_paid_once(shop: World) -> None:
    run, loser = raced(shop)
    assert (cost(run), day().spent) == (11 * CENT, Amounts(11 * CENT, 100, 2))
    for _ in range(2):
        loser.finish(DEAR)
    assert (cost(run), day().spent, day().reserved) == (22 * CENT, Amounts(22 * CENT, 200, 2), Amounts())
    child = Step.objects.get(run=run, key="ask[1]")
    assert (child.status, child.cost_microusd, child.attempts[0]["status"]) == ("cancelled", 11 * CENT, "unused")
    told = AuditEvent.objects.get(kind="CallSettled")
    assert (told.actor, told.data["cost_microusd"], told.data["tokens"]) == ("agent:ben@1", 11 * CENT, 100)
    assert verify().first_bad is None


def test_what_came_late_costs_its_agent_something_but_is_no_failure_of_its(shop: World) -> None:
    run, loser = raced(shop)
    loser.finish(DEAR)
    use = agent_use(shop.organization, ["ben"])["ben"]
    assert (use.calls, use.succeeded, use.cost_microusd) == (0, 0, 11 * CENT)
    line = next(one for one in explain(run).agents if one.agent == "ben")
    assert (line.n_failed, line.cost_microusd) == (0, 11 * CENT)


def test_a_call_that_was_called_off_and_failed_still_costs_its_fixed_price(shop: World) -> None:
    run, loser = raced(shop)
    loser.finish(LATE)
    assert cost(run) == 12 * CENT


def test_an_answer_after_the_time_was_up_is_paid_beside_the_fixed_price(shop: World) -> None:
    run = shop.start()
    work = held(run)
    work.finish(LATE)
    assert (cost(run), run.status) == (CENT, "failed")
    for _ in range(2):
        settle_late(work.work, DEAR)
    assert (cost(run), day().spent) == (11 * CENT, Amounts(11 * CENT, 100, 1))
    (attempt,) = Step.objects.get(run=run).attempts
    assert (attempt["status"], attempt["error"]["code"], attempt["cost_microusd"]) == ("failed", "timeout", 11 * CENT)


def test_the_answer_of_an_earlier_attempt_is_paid_while_a_later_one_is_under_way(shop: World) -> None:
    shop.workflow({"id": "ask", "agent": {"name": "ann"}, "retry": {"max": 1}})
    run = shop.start()
    slow = held(run)
    slow.finish(LATE)
    again = held(run)
    settle_late(slow.work, DEAR)
    again.finish(DEAR)
    assert (cost(run), run.status, day().spent.calls, day().reserved) == (22 * CENT, "succeeded", 2, Amounts())
    assert [one["cost_microusd"] for one in Step.objects.get(run=run).attempts] == [11 * CENT, 11 * CENT]


def test_an_answer_to_a_run_that_was_cancelled_is_paid(shop: World) -> None:
    run = shop.start()
    work = held(run)
    cancel_run(shop.organization, run.pk, SYSTEM)
    settle_late(work.work, DEAR)
    assert (cost(run), run.status, day().spent.cost_microusd) == (11 * CENT, "cancelled", 11 * CENT)


def test_a_worker_that_was_taken_for_dead_is_paid_for_its_answer(shop: World) -> None:
    run = shop.start()
    slow = held(run)
    expire_leases()
    sweep()
    held(run).finish(DEAR)
    slow.finish(DEAR)
    assert (cost(run), run.status) == (22 * CENT, "succeeded")


def test_an_outcome_that_is_told_twice_because_the_database_went_away_is_counted_once(shop: World) -> None:
    run = shop.start()
    work = held(run)
    work.finish(DEAR)
    work.finish(DEAR)
    assert (cost(run), day().spent.cost_microusd) == (11 * CENT, 11 * CENT)


def test_the_answer_to_an_item_that_is_gone_is_paid(shop: World) -> None:
    shop.workflow({"id": "a", "agent": {"name": "echo"}}, {**RACE, "needs": ["a"]})
    run = shop.start()
    held(run, "a").finish()
    work = held(run)
    assert work.work.step_key == "ask[0]"
    retry_step(shop.organization, run.pk, "a", SYSTEM, "once more")
    assert not Step.objects.filter(run=run, parent="ask").exists()
    for _ in range(2):
        settle_late(work.work, DEAR)
    assert (cost(run), day().spent.cost_microusd, day().reserved) == (11 * CENT, 11 * CENT, Amounts())


def test_what_costs_nothing_leaves_no_record(world: World) -> None:
    world.workflow({"id": "ask", "agent": {"name": "echo"}})
    run = world.start()
    work = held(run)
    cancel_run(world.organization, run.pk, SYSTEM)
    before = length_of(run)
    work.finish()
    assert length_of(run) == before


def test_an_answer_is_counted_only_once_the_run_knows_that_nobody_waits_for_it(
    shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = shop.start()
    work = held(run)
    paused: list[float] = []

    def time_is_up(seconds: float) -> None:
        paused.append(seconds)
        work.finish(LATE)

    monkeypatch.setattr(settling.time, "sleep", time_is_up)
    settle_late(work.work, DEAR)
    assert (len(paused), cost(run), run.status) == (1, 11 * CENT, "failed")


def test_the_replay_knows_what_was_paid_late(shop: World) -> None:
    shop.workflow({"id": "ask", "agent": {"name": "ann"}, "retry": {"max": 1}})
    run = shop.start()
    slow = held(run)
    slow.finish(LATE)
    held(run).finish(DEAR)
    finished = Step.objects.get(run=run).finished_at
    settle_late(slow.work, DEAR)
    past = run_at(run, length_of(run))
    (step,) = past.steps
    assert (past.run.cost_microusd, step.cost_microusd) == (22 * CENT, 22 * CENT)
    assert [one["cost_microusd"] for one in step.attempts] == [11 * CENT, 11 * CENT]
    assert step.finished_at is not None
    assert abs((step.finished_at - finished).total_seconds()) < 0.1


def test_what_a_tool_did_after_its_time_is_written_down(world: World) -> None:
    world.policy("free", when="true", effect="allow")
    world.workflow({"id": "send", "action": {"tool": "mail.send", "args": {"text": "hi"}}})
    run = world.start()
    work = held(run, "send")
    work.finish(LATE)
    assert ToolCall.objects.get().status == "unknown"
    settle_late(work.work, Done(Result(output={"sent": True})))
    assert (ToolCall.objects.get().status, ToolCall.objects.get().result) == ("succeeded", {"sent": True})


# --- runs within runs --------------------------------------------------------------------------------------------


@pytest.fixture
def nested(shop: World) -> tuple[World, Run, Run]:
    """A run with a run within it with a run within it."""
    shop.workflow({"id": "ask", "agent": {"name": "ann"}}, name="inner")
    shop.workflow({"id": "in", "workflow": {"name": "inner"}}, name="middle")
    shop.workflow({"id": "in", "workflow": {"name": "middle"}})
    run = shop.start()
    return shop, run, Run.objects.get(depth=2)


def test_a_run_costs_what_the_runs_within_it_cost_although_it_was_cancelled(nested: tuple[World, Run, Run]) -> None:
    shop, run, inner = nested
    work = held(inner)
    cancel_run(shop.organization, run.pk, SYSTEM)
    shop.work(run)
    assert (cost(inner), inner.status) == (0, "cancelled")
    settle_late(work.work, DEAR)
    shop.work(run)
    assert [cost(one) for one in Run.objects.order_by("depth")] == [11 * CENT] * 3
    assert not WorkItem.objects.exists()


def test_what_comes_after_the_end_of_a_run_is_counted_above_it_once(nested: tuple[World, Run, Run]) -> None:
    shop, run, inner = nested
    slow = held(inner)
    expire_leases()
    sweep()
    held(inner).finish(DEAR)
    assert shop.work(run).status == "succeeded"
    assert cost(run) == 11 * CENT
    slow.finish(DEAR)
    shop.work(run)
    assert [cost(one) for one in Run.objects.order_by("depth")] == [22 * CENT] * 3
    assert run_at(run, length_of(run)).run.cost_microusd == 22 * CENT


def test_what_a_run_cost_that_ended_just_before_the_one_above_it_is_counted(shop: World) -> None:
    shop.workflow({"id": "ask", "agent": {"name": "ann"}}, name="inner")
    shop.workflow({"id": "in", "workflow": {"name": "inner"}})
    run = shop.start()
    held(Run.objects.get(parent=run)).finish(DEAR)
    cancel_run(shop.organization, run.pk, SYSTEM)
    assert shop.work(run).status == "cancelled"
    assert (cost(run), run_at(run, length_of(run)).run.cost_microusd) == (11 * CENT, 11 * CENT)


def test_what_a_run_cost_that_ended_just_before_its_item_was_dropped_is_counted(shop: World) -> None:
    shop.workflow({"id": "ask", "agent": {"name": "ann"}}, name="inner")
    body = {"over": [1], "workflow": {"name": "inner"}}
    shop.workflow({"id": "a", "agent": {"name": "echo"}}, {"id": "each", "needs": ["a"], "map": body})
    run = shop.start()
    held(run, "a").finish()
    held(Run.objects.get(parent=run)).finish(DEAR)
    retry_step(shop.organization, run.pk, "a", SYSTEM, "once more")
    shop.work(run)
    assert cost(run) == 12 * CENT


def test_a_run_that_is_repeated_within_a_run_is_counted_for_what_it_cost_anew(shop: World) -> None:
    shop.workflow({"id": "ask", "agent": {"name": "ann"}}, name="inner")
    shop.workflow({"id": "in", "workflow": {"name": "inner"}}, {"id": "w", "wait": {"signal": "go"}})
    run = shop.start()
    inner = Run.objects.get(parent=run)
    held(inner).finish(DEAR)
    shop.work(run)
    retry_step(shop.organization, inner.pk, "ask", SYSTEM)
    held(inner).finish(DEAR)
    shop.work(run)
    assert (cost(inner), cost(run)) == (22 * CENT, 22 * CENT)


def test_the_runs_of_a_map_that_is_repeated_are_those_that_count(shop: World) -> None:
    shop.workflow({"id": "ask", "agent": {"name": "ann"}}, name="inner", output={"n": "${input.n}"})
    body = {"over": "${input.items}", "workflow": {"name": "inner", "input": {"n": "${run.title}"}}}
    shop.workflow({"id": "each", "map": body}, output={"all": "${steps.each.output}"})
    run = shop.start({"items": [1]}, title="first")
    held(Run.objects.get(parent=run)).finish(DEAR)
    assert shop.work(run).status == "succeeded"
    Run.objects.filter(pk=run.pk).update(title="second")
    retry_step(shop.organization, run.pk, "each", SYSTEM)
    held(Run.objects.filter(parent=run).latest("id")).finish(DEAR)
    run = shop.work(run)
    assert (run.status, cost(run)) == ("succeeded", 22 * CENT)
    assert run.output == {"all": [{"n": "second"}]}


# --- by a worker -------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_gave_an_agent_up_pays_for_its_answer(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(task: Any, reach: Any) -> Result:
        time.sleep(1.5)
        return DEAR.result

    monkeypatch.setattr(acting, "slow", acting.agent(slow), raising=False)
    world = make_world(settings)
    world.agent("slow", "slow", timeout="1s")
    world.workflow({"id": "ask", "agent": {"name": "slow"}})
    run = world.start()
    Carrier("io", 2).answer(time.monotonic() + 1.2)
    run.refresh_from_db()
    assert (run.status, run.error["code"], run.cost_microusd) == ("failed", "timeout", 0)
    until = time.monotonic() + 5
    while cost(run) == 0 and time.monotonic() < until:
        time.sleep(0.05)
    assert cost(run) == 10 * CENT
