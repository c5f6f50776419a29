"""Items, rounds, racers and compensations on rows: each its own agent, its own action, and counted once."""

from typing import Any

from coordination.accounts.actors import SYSTEM
from coordination.runs.models import Run, Step, ToolCall
from coordination.runs.selectors import children_of
from coordination.runs.services import retry_step
from tests import acting
from tests.integration.runs.conftest import World
from tests.integration.runs.test_oversight import answer, question
from tests.working import claim

ANYTHING: dict[str, Any] = {"when": "true", "effect": "allow"}


def again(world: World, run: Run, key: str) -> Run:
    retry_step(world.organization, run.pk, key, SYSTEM, "once more")
    return world.work(run)


def test_each_racer_is_another_agent_and_no_more_than_asked_for(world: World) -> None:
    for name in ("ann", "ben", "cleo", "dora"):
        world.agent(name, "sign", capabilities=["sign"])
    world.workflow({"id": "ask", "agent": {"capability": "sign", "strategy": "all", "n": 3}})
    run = world.run()
    assert [child.agent for child in children_of(run, "ask")] == ["ann", "ben", "cleo"]
    results = run.steps.get(key="ask").output["results"]
    assert [(one["agent"], one["output"]["by"]) for one in results] == [(name, name) for name in ("ann", "ben", "cleo")]


def test_the_winner_of_a_race_says_how_sure_the_step_is(world: World) -> None:
    world.workflow({"id": "ask", "agent": {"capability": "work", "strategy": "race", "n": 2}})
    assert world.run({"confidence": 0.7}).steps.get(key="ask").confidence == 0.7


def test_an_item_that_its_fallback_did_says_so(world: World) -> None:
    world.agent("broken", "fail")
    body = {"agent": {"name": "broken", "fallback": [{"name": "echo"}]}}
    world.workflow({"id": "each", "map": {"over": [1, 2], **body}})
    run = world.run()
    assert run.status == "succeeded"
    assert {child.agent for child in children_of(run, "each")} == {"echo"}


def test_an_item_whose_agent_failed_is_taken_over_by_another_worker(world: World) -> None:
    world.agent("broken", "fail")
    body = {"agent": {"name": "broken", "fallback": [{"name": "echo"}]}}
    world.workflow({"id": "each", "map": {"over": [1], **body}})
    run = world.start()
    held = claim(run.pk, "each[0]")
    assert held is not None
    held.finish()
    run = world.work(run)
    assert (run.status, children_of(run, "each").get().agent) == ("succeeded", "echo")


def test_the_actions_of_a_map_that_is_repeated_are_new_actions(world: World) -> None:
    world.policy("free", **ANYTHING)
    send = {"tool": "mail.send", "args": {"text": "${item}"}}
    world.workflow({"id": "each", "map": {"over": ["a", "b"], "action": send}})
    run = again(world, world.run(), "each")
    assert run.status == "succeeded", run.error
    assert len({key for key, _ in acting.sent}) == 4
    assert ToolCall.objects.filter(run=run, status="succeeded").count() == 4


def test_the_actions_of_a_loop_that_is_repeated_are_new_actions(world: World) -> None:
    world.policy("free", **ANYTHING)
    send = {"tool": "mail.send", "args": {"text": "round ${round}"}}
    world.workflow({"id": "until", "loop": {"max": 3, "until": "${steps.until.output.sent}", "action": send}})
    run = again(world, world.run(), "until")
    assert run.status == "succeeded", run.error
    assert len({key for key, _ in acting.sent}) == 2


def test_compensations_are_counted_as_steps_of_the_run(world: World) -> None:
    world.agent("broken", "fail")
    undo = {"agent": {"name": "echo"}}
    world.workflow(
        {"id": "a", "agent": {"name": "echo"}, "compensate": undo},
        {"id": "b", "needs": ["a"], "agent": {"name": "broken"}, "on_error": "compensate"},
    )
    run = world.run()
    assert (run.status, run.steps.get(key="a").status) == ("failed", "compensated")
    assert (run.steps_total, run.steps_done) == (3, 3)
    assert Step.objects.filter(run=run).count() == 3


def test_a_step_that_is_no_child_of_its_parent_is_unknown(world: World) -> None:
    world.workflow({"id": "each", "map": {"over": [1], "agent": {"name": "echo"}}})
    run = world.run()
    assert not Step.objects.filter(run=run, key="each[7]").exists()


def test_a_failure_is_put_to_a_lead_or_to_any_reviewer_where_there_is_none(world: World) -> None:
    world.agent("broken", "fail")
    world.workflow({"id": "a", "agent": {"name": "broken"}, "on_error": "escalate"})
    reviewer = world.member("rita", "reviewer")
    alone = world.run()
    world.member("lena", "reviewer", groups=("lead",))
    led = world.run()
    assert (question(alone).stage["group"], question(led).stage["group"]) == ("", "lead")
    answer(world, alone, reviewer, "reject")
    alone.refresh_from_db()
    assert (alone.status, alone.error["code"]) == ("failed", "broken")
