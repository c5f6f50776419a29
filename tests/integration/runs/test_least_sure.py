"""What a step rests on says how sure one may be of it: the lowest confidence counts, also of what is inside a step."""

from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.approvals.models import ApprovalRequest
from coordination.runs.models import Run, Step
from coordination.runs.services import retry_step
from tests.integration.runs.conftest import World

SEND: dict[str, Any] = {"id": "send", "action": {"tool": "mail.send", "args": {"text": "hi"}}}


def sure(run: Run, key: str) -> float | None:
    found: float | None = Step.objects.get(run=run, key=key).least_sure
    return found


def each(key: str, *needs: str, **more: Any) -> dict[str, Any]:
    body = {"over": "${input.sure}", "agent": {"name": "echo"}, "input": {"confidence": "${item}"}}
    return {"id": key, "needs": list(needs), "map": body | more}


def test_a_map_is_as_sure_as_its_least_sure_item(world: World) -> None:
    world.workflow(each("m"), {**SEND, "needs": ["m"]})
    run = world.run({"sure": [0.9, 0.4, 0.7]})
    assert (sure(run, "m"), sure(run, "m[2]")) == (0.4, 0.7)
    assert ApprovalRequest.objects.get().confidence == 0.4


def test_items_are_no_surer_than_what_the_map_rests_on(world: World) -> None:
    first = {"id": "a", "agent": {"name": "echo"}, "input": {"confidence": 0.2}}
    world.workflow(first, each("m", "a"))
    assert sure(world.run({"sure": [0.9, 0.8]}), "m") == 0.2


@pytest.mark.parametrize(("strategy", "lowest"), [("race", 0.9), ("all", 0.8)])
def test_several_agents_are_as_sure_as_the_least_sure_that_counts(world: World, strategy: str, lowest: float) -> None:
    world.agent("echo", priority=90)
    world.agent("shy", "propose", priority=10)
    both = {"capability": "work", "strategy": strategy, "n": 2}
    world.workflow({"id": "ask", "agent": both}, {**SEND, "needs": ["ask"]})
    run = world.run()
    assert sure(run, "ask") == lowest
    assert ApprovalRequest.objects.get().confidence == lowest


def test_a_loop_is_as_sure_as_its_least_sure_round(world: World) -> None:
    loop = {
        "max": 2,
        "until": "${false}",
        "agent": {"name": "echo"},
        "input": {"confidence": "${round == 1 ? 0.3 : 0.9}"},
    }
    world.workflow({"id": "again", "loop": loop, "on_error": "continue"})
    assert sure(world.run(), "again") == 0.3


def test_a_step_that_begins_anew_forgets_how_sure_it_was(world: World) -> None:
    first = {"id": "a", "agent": {"name": "echo"}, "input": {"confidence": 0.9}}
    world.workflow(first, each("m", "a"))
    run = world.run({"sure": [0.4]})
    Run.objects.filter(pk=run.pk).update(input={"sure": [0.8]})
    retry_step(world.organization, run.pk, "a", SYSTEM)
    run = world.work(run)
    assert (run.status, sure(run, "m")) == ("succeeded", 0.8)


def test_what_is_undone_says_nothing_of_the_step(world: World) -> None:
    world.agent("broken", "fail")
    undo = {"agent": {"name": "echo"}, "input": {"confidence": 0.1}}
    world.workflow(
        {"id": "a", "agent": {"name": "echo"}, "input": {"confidence": 0.9}, "compensate": undo},
        {"id": "b", "needs": ["a"], "agent": {"name": "broken"}, "on_error": "compensate"},
    )
    assert sure(world.run(), "a") == 0.9


@pytest.mark.parametrize("between", [{"set": {"x": 1}}, {"wait": {"for": "1s"}}])
def test_steps_that_only_compute_or_wait_pass_on_what_they_rest_on(world: World, between: dict[str, Any]) -> None:
    world.workflow(
        {"id": "a", "agent": {"name": "echo"}, "input": {"confidence": 0.25}},
        {"id": "b", "needs": ["a"], **between},
        {**SEND, "needs": ["b"]},
    )
    world.run()
    assert ApprovalRequest.objects.get().confidence == 0.25
