"""Hands on a run: a person takes a step over, tells agents something, says how good an output was."""

import pytest

from coordination.accounts.actors import Actor
from coordination.audit.models import AuditEvent
from coordination.runs.errors import NotPossibleNow, ReasonMissing
from coordination.runs.models import Quality, Run, RunMessage, Step, StepVerdict, WorkItem
from coordination.runs.services import (
    hand_back_step,
    judge_output,
    message_agent,
    override_step,
    retry_step,
    take_over_step,
)
from tests.integration.runs.conftest import World
from tests.working import claim

ANN = Actor("user", "ann")
ASK = {"id": "a", "agent": {"name": "echo"}, "input": {"text": "hello"}}
THEN = {"id": "b", "needs": ["a"], "agent": {"name": "echo"}, "input": {"text": "bye"}}


@pytest.fixture
def desk(world: World) -> World:
    world.workflow(ASK, THEN, output={"said": "${steps.a.output}"})
    return world


def step(run: Run, key: str = "a") -> Step:
    return Step.objects.get(run=run, key=key)


def records(run: Run, kind: str) -> list[dict[str, object]]:
    return [event.data for event in AuditEvent.objects.filter(stream=f"run:{run.pk}", kind=kind).order_by("stream_no")]


def test_a_step_taken_over_is_nobody_elses_until_it_has_its_output(desk: World) -> None:
    run = desk.start()
    held = claim(run.pk, "a")
    take_over_step(desk.organization, run.pk, "a", ANN, "I know this one.")
    assert not WorkItem.objects.filter(run=run).exists()
    assert held is not None
    held.finish()
    assert (step(run).status, step(run).progress["held_by"]) == ("waiting", "user:ann")
    override_step(desk.organization, run.pk, "a", {"text": "mine"}, "done", ANN)
    done = desk.work(run)
    assert (done.status, done.output) == ("succeeded", {"said": {"text": "mine"}})
    assert [said["by"] for said in records(run, "StepTakenOver")] == ["user:ann"]


def test_a_step_given_back_is_done_by_its_agent(desk: World) -> None:
    run = desk.start()
    take_over_step(desk.organization, run.pk, "a", ANN)
    assert desk.work(run).status == "waiting"
    hand_back_step(desk.organization, run.pk, "a", ANN)
    assert desk.work(run).output == {"said": {"text": "hello"}}


def test_a_message_is_given_to_the_next_call_it_is_meant_for_and_to_no_other(world: World) -> None:
    world.agent("other", does="heard")
    world.agent("hears", does="heard")
    world.workflow(
        {"id": "a", "agent": {"name": "other"}, "input": {}},
        {"id": "b", "needs": ["a"], "agent": {"name": "hears"}, "input": {}},
        {"id": "c", "needs": ["b"], "agent": {"name": "hears"}, "input": {}},
    )
    run = world.start()
    sent = message_agent(world.organization, run.pk, "Mind the gap.", ANN, agent="hears")
    world.work(run)
    heard = {key: step(run, key).output["heard"] for key in "abc"}
    assert heard == {"a": [], "b": [["ann", "Mind the gap."]], "c": []}
    sent.refresh_from_db()
    assert (sent.given_to, sent.given_step, sent.given_attempt) == ("hears", "b", 1)
    assert records(run, "AgentMessaged")[0]["text"] == "Mind the gap."
    assert [said.get("messages") for said in records(run, "StepClaimed")] == [None, [str(sent.pk)], None]


def test_a_message_for_a_step_reaches_whoever_repeats_it(world: World) -> None:
    world.agent("hears", does="heard")
    world.workflow({"id": "a", "agent": {"name": "hears"}, "input": {}}, {"id": "b", "wait": {"signal": "go"}})
    run = world.run()
    message_agent(world.organization, run.pk, "Shorter, please.", ANN, step_key="a")
    retry_step(world.organization, run.pk, "a", ANN)
    world.work(run)
    assert step(run).output["heard"] == [["ann", "Shorter, please."]]


def test_nobody_tells_a_run_anything_that_has_ended(desk: World) -> None:
    run = desk.run()
    with pytest.raises(NotPossibleNow, match="succeeded"):
        message_agent(desk.organization, run.pk, "Too late.", ANN)
    assert not RunMessage.objects.exists()


def test_one_person_has_one_word_on_each_version_of_an_output(desk: World) -> None:
    run = desk.run()
    judge_output(desk.organization, run.pk, "a", Quality.RIGHT, "", ANN)
    judge_output(desk.organization, run.pk, "a", Quality.HARMFUL, "It told a secret.", ANN)
    judge_output(desk.organization, run.pk, "a", Quality.RIGHT, "", Actor("user", "bob"))
    said = StepVerdict.objects.filter(run=run).order_by("person_name")
    assert [(one.person_name, one.quality, one.agent, one.attempt) for one in said] == [
        ("ann", "harmful", "echo", 1),
        ("bob", "right", "echo", 1),
    ]
    retry_step(desk.organization, run.pk, "a", ANN)
    desk.work(run)
    judge_output(desk.organization, run.pk, "a", Quality.RIGHT, "", ANN)
    assert StepVerdict.objects.filter(run=run, person_name="ann").count() == 2
    assert len(records(run, "OutputJudged")) == 4


def test_who_calls_an_output_wrong_says_why(desk: World) -> None:
    run = desk.run()
    with pytest.raises(ReasonMissing):
        judge_output(desk.organization, run.pk, "a", Quality.WRONG, "", ANN)


def test_an_output_that_a_person_gave_is_not_held_against_the_agent(desk: World) -> None:
    run = desk.start()
    take_over_step(desk.organization, run.pk, "a", ANN)
    override_step(desk.organization, run.pk, "a", {"text": "mine"}, "done", ANN)
    assert judge_output(desk.organization, run.pk, "a", Quality.WRONG, "No.", ANN).agent == ""
