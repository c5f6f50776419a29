"""What an agent may take in a day holds wherever it is called: reserved before, settled after, never overspent."""

import threading
from typing import Any

import pytest
from django.db import connection

from coordination.accounts.actors import SYSTEM
from coordination.audit.models import AuditEvent
from coordination.engine.flow.budget import Amounts
from coordination.runs.models import Purse, Run
from coordination.runs.queue import reserve
from coordination.runs.selectors import children_of
from coordination.runs.services import cancel_run, sweep
from coordination.runs.services.advancing import Advancer
from coordination.runs.services.claiming import Hand
from tests.integration.runs.conftest import World, make_world
from tests.integration.runs.test_budgets import CENT, buy, buy_each, n_done
from tests.working import Held, by_turns, claim, expire_leases


def hire(world: World, name: str = "dear", **budget: Any) -> None:
    """Have an agent that takes at most ten cents and a hundred tokens a call, and so much in a day."""
    limits = {"max_cost_usd_per_call": 0.10, "max_tokens_per_call": 100, "budget_per_day": budget or None}
    world.agent(name, "spend", capabilities=["buy"], **limits)


def day(name: str = "dear") -> Purse:
    return Purse.objects.get(scope__endswith=f"/agent:{name}")


def begun(worker: str) -> list[Held]:
    found = Advancer(Hand(worker, "io")).advance(reserve(worker, "io", 20))
    return [Held(item, work, worker) for item, work in found]


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        ({"cost_usd": 0.25}, "$0.25 a day for the agent dear is spent: $0.20 used, $0.00 reserved, this call may cost"),
        ({"tokens": 250}, "250 tokens a day for the agent dear is spent: 200 tokens used"),
        ({"calls": 2}, "2 calls a day for the agent dear is spent: 2 calls used"),
    ],
)
def test_an_agent_takes_no_more_in_a_day_than_it_may(world: World, budget: dict[str, Any], words: str) -> None:
    hire(world, **budget)
    world.workflow(buy())
    world.workflow(buy(), name="other")
    assert [world.run().status for _ in range(3)] == ["succeeded", "succeeded", "failed"]
    run = Run.objects.latest("id")
    assert run.error["code"] == "budget-exhausted"
    assert f"The budget of {words}" in run.stop_reason
    told = AuditEvent.objects.get(kind="BudgetRefused").data
    assert (told["scope"].partition("/")[2], told["spent"]["calls"]) == ("agent:dear", 2)


def test_what_is_put_aside_of_an_agents_day_is_settled(world: World) -> None:
    hire(world, cost_usd=1)
    world.workflow(buy(cost=3 * CENT, tokens=7))
    run = world.start()
    held = claim(run.pk, "buy")
    assert held is not None
    assert (day().reserved, day().spent) == (Amounts(10 * CENT, 100, 1), Amounts())
    held.finish()
    assert (day().spent, day().reserved) == (Amounts(3 * CENT, 7, 1), Amounts())


def test_what_was_called_off_is_given_back_and_a_late_answer_is_counted(world: World) -> None:
    hire(world, cost_usd=1)
    world.workflow(buy())
    run = world.start()
    held = claim(run.pk, "buy")
    assert held is not None
    cancel_run(world.organization, run.pk, SYSTEM)
    assert (day().spent, day().reserved) == (Amounts(calls=1), Amounts())
    held.finish()
    assert (day().spent, day().reserved) == (Amounts(10 * CENT, 100, 1), Amounts())


def test_a_lost_worker_gives_back_what_it_did_not_spend_of_an_agents_day(world: World) -> None:
    hire(world, cost_usd=0.10)
    world.workflow(buy())
    run = world.start()
    assert claim(run.pk, "buy") is not None
    expire_leases()
    sweep()
    assert day().reserved == Amounts()
    assert world.work(run).status == "succeeded"


def test_another_able_agent_takes_over_when_the_day_of_the_first_is_spent(world: World) -> None:
    hire(world, "alpha", calls=1)
    hire(world, "beta")
    world.workflow(buy())
    assert [world.run().steps.get().agent for _ in range(2)] == ["alpha", "beta"]


def test_a_fallback_takes_over_when_the_day_of_the_agent_is_spent(world: World) -> None:
    hire(world, calls=1)
    world.workflow({**buy(), "agent": {"name": "dear", "fallback": [{"name": "echo"}]}})
    assert [world.run().steps.get().agent for _ in range(2)] == ["dear", "echo"]


def test_a_chain_spends_the_day_to_the_last_call(world: World) -> None:
    hire(world, calls=3, cost_usd=0.30)
    world.workflow(buy("a"), buy("b", "a"), buy("c", "b"), buy("d", "c"))
    run = world.run()
    assert (run.error["step"], run.error["code"], day().spent.calls) == ("d", "budget-exhausted", 3)


def test_what_the_call_before_did_not_take_is_there_for_the_next_one(world: World) -> None:
    hire(world, cost_usd=0.12)
    world.workflow(buy("a", cost=2 * CENT), buy("b", "a"))
    assert world.run().status == "succeeded"


def test_runs_that_begin_together_do_not_spend_the_same_twice(world: World) -> None:
    hire(world, cost_usd=0.35)
    world.workflow(buy())
    for _ in range(5):
        world.start()
    held = begun("one")
    assert (len(held), day().reserved.calls) == (3, 3)
    assert sorted(Run.objects.values_list("status", flat=True)) == ["failed"] * 2 + ["running"] * 3


def test_two_workers_by_turns_never_have_more_of_an_agent_under_way_than_is_left(world: World) -> None:
    hire(world, cost_usd=0.5)
    world.workflow(buy_each(20))
    run = world.start()
    for _ in by_turns(run):
        assert day().spent_cost_microusd + day().reserved_cost_microusd <= 50 * CENT
    assert (n_done(run), day().reserved) == (5, Amounts())


def test_a_new_day_has_its_own(world: World) -> None:
    hire(world, calls=1)
    world.workflow(buy())
    assert [world.run().status, world.run().status] == ["succeeded", "failed"]
    Purse.objects.update(scope="day:2000-01-01/agent:dear", day="2000-01-01")
    assert world.run().status == "succeeded"


def test_the_smaller_of_an_agents_and_an_organizations_day_counts(world: World) -> None:
    hire(world, calls=5)
    world.workflow(buy_each(8), budget_per_day={"calls": 3})
    assert n_done(world.run()) == 3
    assert day().spent.calls == 3


def test_agents_that_race_each_pay_from_their_own_day(world: World) -> None:
    hire(world, "alpha", calls=5)
    hire(world, "beta", calls=5)
    step = {"id": "ask", "agent": {"capability": "buy", "strategy": "all", "n": 2}, "input": {"cost": CENT}}
    world.workflow(step)
    run = world.run()
    assert children_of(run, "ask").filter(status="succeeded").count() == 2
    assert (day("alpha").spent.calls, day("beta").spent.calls) == (1, 1)


def test_what_an_agent_proposed_is_not_a_call_of_it(world: World) -> None:
    world.policy("free", when="true", effect="allow")
    world.agent("pushy", "propose", budget_per_day={"calls": 1})
    send = {"tool": "mail.send", "args": {"text": "hi"}}
    world.workflow({"id": "a", "agent": {"name": "pushy"}}, {"id": "send", "needs": ["a"], "action": send})
    assert world.run().status == "succeeded"
    assert day("pushy").spent.calls == 1


def test_what_is_undone_is_never_refused_by_an_agents_day(world: World) -> None:
    hire(world, calls=1)
    world.workflow(
        {**buy("a"), "compensate": {"agent": {"capability": "buy"}, "input": {"cost": CENT}}},
        {**buy("b", "a"), "on_error": "compensate"},
    )
    run = world.run()
    assert (run.steps.get(key="a").status, day().spent.calls) == ("compensated", 2)


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_take_no_more_of_an_agent_than_its_day_allows(settings: Any) -> None:
    world = make_world(settings)
    hire(world, "alpha", cost_usd=0.5)
    hire(world, "beta", cost_usd=0.3)
    world.workflow(buy_each(6))
    for _ in range(4):
        world.start()
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        try:
            worker = threading.current_thread().name
            idle = 0
            while idle < 40:
                held = begun(worker)
                idle = 0 if held else idle + 1
                for one in held:
                    one.finish()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sweep()
    assert sum(n_done(run) for run in Run.objects.all()) == 8
    assert (day("alpha").spent.cost_microusd, day("alpha").reserved) == (50 * CENT, Amounts())
    assert (day("beta").spent.cost_microusd, day("beta").reserved) == (30 * CENT, Amounts())
