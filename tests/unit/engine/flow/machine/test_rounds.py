"""A loop does the same again until a condition holds."""

from typing import Any

from coordination.engine.flow import events as ev
from tests.unit.engine.flow.plays import Play, agent


def loop(until: str = "${steps.refine.output.good}", **rest: Any) -> dict[str, Any]:
    body = {"until": until, "max": 3, "agent": {"capability": "work"}, **rest}
    return {"id": "refine", "loop": body}


GOOD, BAD = {"good": True, "n": 1}, {"good": False, "n": 2}


def test_a_round_is_made_when_it_begins() -> None:
    play = Play(agent("a"), {**loop(), "needs": ["a"]})
    transition = play.succeed("a")
    assert (transition.created, transition.effects) == (["refine[0]"], [ev.Offer("refine[0]")])


def test_the_loop_ends_when_its_condition_holds_with_the_last_output() -> None:
    play = Play(loop(), output={"said": "${steps.refine.output.n}"})
    assert play.succeed("refine[0]", BAD).effects == [ev.Offer("refine[1]")]
    play.succeed("refine[1]", GOOD)
    assert play.ending == ("succeeded", {"said": 1})
    assert play.notes[-2] == ev.Note("StepCompleted", "refine", {"rounds": 2})


def test_a_loop_that_never_gets_there_fails() -> None:
    play = Play(loop())
    for index in range(3):
        play.succeed(f"refine[{index}]", BAD)
    assert play.ending == ("failed", "loop-exhausted")


def test_or_its_last_output_is_accepted() -> None:
    play = Play(loop(exhausted="accept"))
    for index in range(3):
        play.succeed(f"refine[{index}]", BAD)
    assert (play.ending[0], play.state.steps["refine"].output) == ("succeeded", BAD)


def test_rounds_count_from_one_and_see_the_output_before() -> None:
    body = {"until": "${round == 3}", "set": {"said": "${has(steps.refine.output.n) ? steps.refine.output.n : 0}"}}
    body["set"]["n"] = "${round * 10}"
    play = Play({"id": "refine", "loop": {**body, "max": 5}})
    outputs = [play.state.steps[f"refine[{index}]"].output for index in range(3)]
    assert outputs == [{"said": 0, "n": 10}, {"said": 10, "n": 20}, {"said": 20, "n": 30}]


def test_a_round_is_retried_by_itself() -> None:
    play = Play(loop(retry={"max": 1, "backoff": "2s"}))
    assert play.fail("refine[0]", retryable=True).effects == [ev.Offer("refine[0]", 2.0)]


def test_a_round_that_fails_fails_the_loop_with_its_error() -> None:
    play = Play(loop())
    play.succeed("refine[0]", BAD)
    play.fail("refine[1]")
    message = "Round 2 failed: refine[1] broke."
    assert play.state.error == {"code": "broken", "message": message, "step": "refine"}


def test_a_condition_without_a_value_fails_the_loop() -> None:
    play = Play(loop(until="${steps.refine.output.nothing}"))
    play.succeed("refine[0]", BAD)
    assert play.ending == ("failed", "expression-failed")


def test_a_skipped_round_leaves_the_output_as_it_was() -> None:
    play = Play(loop(until="${round == 2}"))
    play.succeed("refine[0]", BAD)
    play.take(ev.StepSkipped("refine[1]", "not needed"))
    assert play.state.steps["refine"].output == BAD


def test_a_thousand_rounds_that_compute_are_done_at_once() -> None:
    play = Play({"id": "refine", "loop": {"until": "${round == 1000}", "max": 1_000, "set": {"n": "${round}"}}})
    assert play.state.steps["refine"].output == {"n": 1_000}
