"""What people think of outputs counts in the record of the agent that gave them."""

from typing import Any

import pytest

from coordination.accounts.actors import Actor
from coordination.insights.services import collect_outcomes, heed_verdicts
from coordination.risk.models import Outcome
from coordination.runs.models import Quality, Run
from coordination.runs.services import cancel_run, judge_output
from tests.integration.runs.conftest import World, make_world

ANN, BOB, CAT = (Actor("user", name) for name in ("ann", "bob", "cat"))


@pytest.fixture
def world(db: None, settings: Any) -> World:
    return make_world(settings)


def outcome(run: Run) -> Outcome:
    return Outcome.objects.get(run_id=run.pk, kind="answer")


def answered(world: World) -> Run:
    world.workflow({"id": "a", "agent": {"name": "echo"}, "input": {"text": "hello"}})
    run = world.run()
    collect_outcomes()
    return run


def test_a_verdict_marks_the_outcome_and_a_later_one_changes_it(world: World) -> None:
    run = answered(world)
    judge_output(world.organization, run.pk, "a", Quality.WRONG, "Missed it.", ANN)
    assert heed_verdicts() == 1
    assert (outcome(run).is_wrong, outcome(run).marked_by, outcome(run).marked_reason) == (True, "ann", "Missed it.")
    assert heed_verdicts() == 0
    judge_output(world.organization, run.pk, "a", Quality.RIGHT, "", ANN)
    heed_verdicts()
    assert outcome(run).is_wrong is False


def test_most_people_decide_and_harm_is_never_outvoted(world: World) -> None:
    run = answered(world)
    for who, quality in ((ANN, Quality.RIGHT), (BOB, Quality.RIGHT), (CAT, Quality.WRONG)):
        judge_output(world.organization, run.pk, "a", quality, "because", who)
    heed_verdicts()
    assert outcome(run).is_wrong is False
    judge_output(world.organization, run.pk, "a", Quality.HARMFUL, "It told a secret.", CAT)
    heed_verdicts()
    assert outcome(run).is_wrong is True


def test_a_verdict_on_a_run_that_goes_on_waits_for_its_end(world: World) -> None:
    ask, wait = {"id": "a", "agent": {"name": "echo"}}, {"id": "w", "wait": {"signal": "go"}}
    world.workflow(ask, {**wait, "needs": ["a"]})
    run = world.run()
    judge_output(world.organization, run.pk, "a", Quality.WRONG, "Missed it.", ANN)
    assert heed_verdicts() == 0
    cancel_run(world.organization, run.pk, ANN)
    collect_outcomes()
    assert heed_verdicts() == 1
