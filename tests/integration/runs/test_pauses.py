"""What comes after a pause, a timeout or another run's end is done by whoever takes note of it."""

from tests.integration.runs.conftest import World


def test_an_agent_that_comes_after_a_pause_is_called_and_its_answer_taken(world: World) -> None:
    world.workflow({"id": "pause", "wait": {"for": "1s"}}, {"id": "a", "needs": ["pause"], "agent": {"name": "echo"}})
    run = world.run()
    assert (run.status, run.steps.get(key="a").status) == ("succeeded", "succeeded")


def test_an_agent_that_comes_after_another_run_is_called_and_its_answer_taken(world: World) -> None:
    world.workflow({"id": "inside", "set": {"n": 1}}, name="inner")
    world.workflow(
        {"id": "child", "workflow": {"name": "inner"}}, {"id": "a", "needs": ["child"], "agent": {"name": "echo"}}
    )
    run = world.run()
    assert (run.status, run.steps.get(key="a").status) == ("succeeded", "succeeded")
