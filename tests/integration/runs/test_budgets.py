"""Money, tokens, calls, time and depth: reserved before a call, settled after it, never overspent."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coordination.accounts.actors import SYSTEM
from coordination.audit.models import AuditEvent
from coordination.engine.flow.budget import Amounts
from coordination.runs.models import Purse, Run, Step
from coordination.runs.selectors import children_of
from coordination.runs.services import cancel_run, retry_step, sweep
from coordination.runs.services.budgeting import remove_budget, set_budget
from tests.integration.runs.conftest import World, make_world
from tests.working import Held, by_turns, claim, expire_leases

CENT = 10_000
DEAR: dict[str, Any] = {"name": "dear", "does": "spend", "capabilities": ["buy"]}


@pytest.fixture
def shop(world: World) -> World:
    """Return a world with an agent that takes at most ten cents and a hundred tokens."""
    world.agent(**DEAR, max_cost_usd_per_call=0.10, max_tokens_per_call=100)
    return world


def buy(step_id: str = "buy", *needs: str, cost: int = 10 * CENT, tokens: int = 100, **more: Any) -> dict[str, Any]:
    call = {"agent": {"capability": "buy"}, "input": {"cost": cost, "tokens": tokens}}
    return {"id": step_id, "needs": list(needs), **call, **more}


def buy_each(n: int, **more: Any) -> dict[str, Any]:
    call = {"agent": {"capability": "buy"}, "input": {"cost": 10 * CENT, "tokens": 100}}
    return {"id": "each", "map": {"over": list(range(n)), "max_failures": n, "concurrency": 10, **call}, **more}


def purse(scope: str) -> Purse:
    return Purse.objects.get(scope__startswith=scope)


def n_done(run: Run) -> int:
    return children_of(run, "each").filter(status="succeeded").count()


def held(run: Run, key: str) -> Held:
    found = claim(run.pk, key)
    assert found is not None
    return found


# --- each scope --------------------------------------------------------------------------------------------------


def test_a_run_says_which_budget_stopped_it_and_how_much_of_it_was_used(shop: World) -> None:
    shop.workflow(buy("a"), buy("b", "a"), budget={"cost_usd": 0.15})
    run = shop.run()
    sentence = "The run's budget of $0.15 is spent: $0.10 used, $0.00 reserved, this call may cost $0.10."
    assert (run.status, run.error["code"], run.stop_reason) == ("failed", "budget-exhausted", sentence)
    noted = AuditEvent.objects.get(kind="BudgetRefused").content["data"]
    assert (noted["scope"], noted["spent"]["cost_microusd"], noted["limits"]) == (
        f"run:{run.pk}",
        100_000,
        {"cost_usd": 0.15},
    )


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        ({"cost_usd": 0.5}, "$0.50 is spent: $0.50 used"),
        ({"tokens": 500}, "500 tokens is spent: 500 tokens used"),
        ({"calls": 5}, "5 calls is spent: 5 calls used"),
    ],
)
def test_a_map_does_as_many_items_as_the_budget_allows(shop: World, budget: dict[str, Any], words: str) -> None:
    shop.workflow(buy_each(20), budget=budget)
    run = shop.run()
    assert (run.status, n_done(run)) == ("succeeded", 5)
    refused = children_of(run, "each").filter(status="failed").first()
    assert refused is not None
    assert words in refused.error["message"]


def test_items_rounds_and_attempts_count_to_the_budget_of_their_step(shop: World) -> None:
    shop.workflow(buy_each(8, budget={"calls": 3}), buy("after", "each"), budget={"calls": 10})
    run = shop.run()
    assert (run.status, n_done(run)) == ("succeeded", 3)
    assert "The budget of 3 calls for step each" in children_of(run, "each").filter(status="failed")[0].error["message"]
    assert purse(f"run:{run.pk}/step:each").spent.calls == 3
    assert Purse.objects.get(scope=f"run:{run.pk}").spent.calls == 4


def test_tools_are_calls_too(world: World) -> None:
    world.policy("free", when="true", effect="allow")
    send = {"tool": "mail.send", "args": {"text": "${item}"}}
    world.workflow(
        {"id": "each", "map": {"over": ["a", "b", "c"], "max_failures": 3, "action": send}}, budget={"calls": 2}
    )
    assert n_done(world.run()) == 2


def test_what_is_undone_is_counted_but_never_refused(world: World) -> None:
    world.policy("free", when="true", effect="allow")
    undo = {"action": {"tool": "mail.send", "args": {"text": "sorry"}}}
    world.workflow(
        {"id": "a", "agent": {"name": "echo"}, "compensate": undo},
        {"id": "b", "needs": ["a"], "agent": {"name": "echo"}, "on_error": "compensate"},
        budget={"calls": 1},
    )
    run = world.run()
    assert (run.status, run.steps.get(key="a").status) == ("failed", "compensated")
    assert purse("run:").spent.calls == 2


def test_all_runs_of_a_workflow_share_its_budget_for_a_day(shop: World) -> None:
    shop.workflow(buy(), budget_per_day={"cost_usd": 0.25})
    assert [shop.run().status for _ in range(3)] == ["succeeded", "succeeded", "failed"]
    assert "The budget of $0.25 a day for flow is spent" in Run.objects.latest("id").stop_reason


def test_an_organization_has_a_budget_for_a_day(shop: World) -> None:
    set_budget(shop.organization, "", {"calls": 2}, SYSTEM)
    shop.workflow(buy())
    shop.workflow(buy(), name="other")
    assert [shop.run().status for _ in range(3)] == ["succeeded", "succeeded", "failed"]
    assert "The organization's budget of 2 calls a day is spent" in Run.objects.latest("id").stop_reason
    remove_budget(shop.organization, "", SYSTEM)
    assert shop.run().status == "succeeded"


def test_a_day_has_its_own_budget(shop: World) -> None:
    shop.workflow(buy())
    set_budget(shop.organization, "flow", {"calls": 1}, SYSTEM)
    assert [shop.run().status, shop.run().status] == ["succeeded", "failed"]
    Purse.objects.update(scope="day:2000-01-01/workflow:flow", day="2000-01-01")
    assert shop.run().status == "succeeded"


def test_after_its_time_a_run_begins_no_step(shop: World) -> None:
    shop.workflow(buy("a"), buy("b", "a"), budget={"time": "1h"})
    run = shop.start()
    work = held(run, "a")
    Run.objects.filter(pk=run.pk).update(created_at=run.created_at - timedelta(hours=2))
    work.finish()
    run = shop.work(run)
    assert (run.status, run.error["code"], run.steps.get(key="a").status) == ("failed", "budget-exhausted", "succeeded")
    assert run.stop_reason.startswith("The run's time is over: by its budget no step begins after ")


def test_nobody_knows_what_a_call_takes_and_it_may_begin_while_anything_is_left(world: World) -> None:
    world.agent(**DEAR)
    world.workflow(buy("a"), buy("b", "a"), buy("c", "b"), budget={"cost_usd": 0.15})
    run = world.run()
    assert (run.steps.get(key="b").status, run.steps.get(key="c").status) == ("succeeded", "failed")
    assert "$0.20 used, $0.00 reserved." in run.stop_reason


def test_a_cheaper_agent_takes_over_what_the_dear_one_may_not_do(shop: World) -> None:
    step = {"id": "a", "agent": {"capability": "buy", "fallback": [{"name": "echo"}]}}
    shop.workflow(step, budget={"cost_usd": 0.05})
    run = shop.run()
    assert (run.status, run.steps.get(key="a").agent) == ("succeeded", "echo")


# --- runs within runs --------------------------------------------------------------------------------------------


def test_runs_within_a_run_share_its_budget_and_the_one_of_its_step(shop: World) -> None:
    shop.workflow(buy_each(6), name="inner", output={})
    each = {"over": [1, 2, 3], "workflow": {"name": "inner"}, "max_failures": 3}
    shop.workflow({"id": "all", "map": each, "budget": {"calls": 7}}, buy("after", "all"), budget={"calls": 8})
    run = shop.run()
    inner = Run.objects.filter(parent=run)
    assert sum(n_done(one) for one in inner) == 7
    assert (run.status, purse(f"run:{run.pk}/step:all").spent.calls) == ("succeeded", 7)
    told = [step.error["message"] for one in inner for step in children_of(one, "each").filter(status="failed")]
    assert "The budget of 7 calls for step all of the run above this one is spent" in told[0]


def test_runs_within_a_run_count_to_the_day_of_the_workflow_that_started_them(shop: World) -> None:
    shop.workflow(buy(), name="inner")
    shop.workflow({"id": "in", "workflow": {"name": "inner"}}, budget_per_day={"calls": 1})
    assert [shop.run().status, shop.run().status] == ["succeeded", "failed"]
    assert "The budget of 1 call a day for flow is spent" in Run.objects.filter(parent=None).latest("id").stop_reason


def test_a_run_within_a_run_keeps_to_its_own_budget_too(shop: World) -> None:
    shop.workflow(buy_each(4), name="inner", budget={"calls": 2})
    shop.workflow({"id": "in", "workflow": {"name": "inner"}}, buy("after", "in"), budget={"calls": 9})
    run = shop.run()
    assert (run.status, purse(f"run:{run.pk}").spent.calls) == ("succeeded", 3)


def test_a_budget_says_how_deep_runs_may_go(world: World) -> None:
    world.workflow({"id": "in", "workflow": {"name": "flow"}, "on_error": "continue"}, budget={"depth": 2})
    world.run()
    assert Run.objects.count() == 3
    deepest = Run.objects.latest("depth")
    assert "Runs within runs may be 2 deep; flow would be deeper." in deepest.steps.get(key="in").error["message"]


def test_the_time_of_a_run_is_over_for_the_runs_within_it(shop: World) -> None:
    shop.workflow(buy(), name="inner")
    shop.workflow({"id": "in", "workflow": {"name": "inner"}}, budget={"time": "1h"})
    run = shop.start()
    child = Run.objects.get(parent=run)
    bounds = {**child.bounds, "until": (run.created_at - timedelta(hours=1)).isoformat()}
    Run.objects.filter(pk=child.pk).update(bounds=bounds)
    assert "The run's time is over" in shop.work(run).stop_reason


# --- what is put aside comes back --------------------------------------------------------------------------------


def test_what_is_put_aside_is_settled_with_what_the_call_took(shop: World) -> None:
    shop.workflow(buy(cost=3 * CENT, tokens=7), budget={"cost_usd": 1, "tokens": 1000})
    run = shop.start()
    work = held(run, "buy")
    assert purse("run:").reserved == Amounts(10 * CENT, 100, 1)
    assert Step.objects.get(run=run, key="buy").reserved["cost_microusd"] == 10 * CENT
    work.finish()
    assert (purse("run:").spent, purse("run:").reserved) == (Amounts(3 * CENT, 7, 1), Amounts())
    assert Step.objects.get(run=run, key="buy").reserved == {}


def test_a_lost_worker_gives_back_what_it_did_not_spend(shop: World) -> None:
    shop.workflow(buy(), budget={"cost_usd": 0.10})
    run = shop.start()
    held(run, "buy")
    expire_leases()
    sweep()
    assert (purse("run:").spent, purse("run:").reserved) == (Amounts(calls=1), Amounts())
    assert shop.work(run).status == "succeeded"


def test_a_cancelled_run_gives_back_what_it_put_aside_for_the_day(shop: World) -> None:
    set_budget(shop.organization, "", {"cost_usd": 0.20}, SYSTEM)
    shop.workflow(buy())
    run = shop.start()
    late = held(run, "buy")
    cancel_run(shop.organization, run.pk, SYSTEM)
    assert (purse("day:").spent, purse("day:").reserved) == (Amounts(calls=1), Amounts())
    late.finish()
    assert (purse("day:").spent.cost_microusd, purse("day:").reserved) == (10 * CENT, Amounts())
    assert [shop.run().status, shop.run().status] == ["succeeded", "failed"]


def test_an_item_that_is_dropped_gives_back_what_it_put_aside(shop: World) -> None:
    set_budget(shop.organization, "", {"cost_usd": 1}, SYSTEM)
    each = {"over": [1, 2], "agent": {"capability": "buy"}}
    shop.workflow({"id": "a", "agent": {"name": "echo"}}, {"id": "each", "needs": ["a"], "map": each})
    run = shop.start()
    held(run, "a").finish()
    held(run, "each[0]")
    held(run, "each[1]").finish()
    assert purse("day:").reserved.calls == 1
    retry_step(shop.organization, run.pk, "a", SYSTEM, "once more")
    assert not Step.objects.filter(run=run, parent="each").exists()
    assert purse("day:").reserved == Amounts()


def test_a_budget_that_was_removed_meanwhile_is_still_settled(shop: World) -> None:
    set_budget(shop.organization, "", {"cost_usd": 1}, SYSTEM)
    shop.workflow(buy())
    run = shop.start()
    work = held(run, "buy")
    remove_budget(shop.organization, "", SYSTEM)
    work.finish()
    assert (purse("day:").spent.cost_microusd, purse("day:").reserved) == (10 * CENT, Amounts())


# --- many at once ------------------------------------------------------------------------------------------------


def test_two_workers_by_turns_never_have_more_under_way_than_is_left(shop: World) -> None:
    shop.workflow(buy_each(20), budget={"cost_usd": 0.5})
    run = shop.start()
    for _ in by_turns(run):
        now = purse("run:")
        assert now.spent_cost_microusd + now.reserved_cost_microusd <= 50 * CENT
    assert (n_done(run), purse("run:").reserved) == (5, Amounts())


def test_a_run_without_a_budget_costs_no_statement(shop: World) -> None:
    shop.workflow(buy())
    run = shop.start()
    with CaptureQueriesContext(connection) as made:
        held(run, "buy").finish()
    assert not [query["sql"] for query in made if "runs_purse" in query["sql"]]


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_spend_no_more_than_the_day_allows(settings: Any) -> None:
    world = make_world(settings)
    world.agent(**DEAR, max_cost_usd_per_call=0.10)
    set_budget(world.organization, "", {"cost_usd": 0.5}, SYSTEM)
    world.workflow(buy())
    runs = [world.start() for _ in range(12)]
    start = threading.Barrier(6)

    def work(mine: list[Run]) -> None:
        start.wait()
        try:
            for run in mine:
                work = claim(run.pk, "buy", threading.current_thread().name)
                if work is not None:
                    work.finish()
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(runs[i::6],)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(Run.objects.values_list("status", flat=True)) == ["failed"] * 7 + ["succeeded"] * 5
    assert (purse("day:").spent.cost_microusd, purse("day:").reserved) == (50 * CENT, Amounts())
