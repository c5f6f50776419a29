"""What workers say about a step: claimed, held, done, failed, lost."""

import pytest

from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from tests.unit.engine.flow.plays import Play, agent, each


def test_a_claim_is_a_new_attempt() -> None:
    play = Play(agent("a"))
    play.claim("a")
    assert (play.status("a"), play.state.steps["a"].attempt) == ("running", 1)


def test_a_step_is_claimed_once() -> None:
    play = Play(agent("a"))
    play.claim("a")
    with pytest.raises(machine.ImpossibleEvent, match="a is running"):
        play.claim("a")


def test_a_retryable_failure_is_repeated_after_its_backoff_and_then_gives_up() -> None:
    play = Play(agent("a", retry={"max": 1, "backoff": "4s"}))
    assert play.fail("a", retryable=True).effects == [ev.Offer("a", 4.0)]
    assert play.fail("a", retryable=True).effects == [ev.EndRun()]
    assert play.state.steps["a"].attempt == 2


def test_the_backoff_grows_up_to_its_limit() -> None:
    play = Play(agent("a", retry={"max": 4, "backoff": "1s", "factor": 3, "limit": "8s"}))
    for _ in range(4):
        play.fail("a", retryable=True)
    assert [offer.after_s for offer in play.asked(ev.Offer)] == [0, 1, 3, 8, 8]


def test_jitter_takes_any_part_of_the_backoff() -> None:
    play = Play(agent("a", retry={"max": 1, "backoff": "4s"}))
    play.claim("a")
    effects = play.take(ev.StepFailed("a", "busy", "Busy.", retryable=True, jitter=0.25)).effects
    assert effects == [ev.Offer("a", 1.0)]


def test_only_the_named_errors_are_retried_and_these_always() -> None:
    play = Play(agent("a", retry={"max": 5, "on": ["busy"]}))
    assert play.fail("a", "busy", retryable=False).effects == [ev.Offer("a", 1.0)]
    assert play.fail("a", "timeout", retryable=True).effects == [ev.EndRun()]


def test_a_step_that_cannot_even_begin_uses_up_its_retries() -> None:
    play = Play(agent("a", retry={"max": 1, "on": ["no-agent"]}))
    no_agent = ev.StepFailed("a", "no-agent", "Nobody can.")
    assert play.take(no_agent).effects == [ev.Offer("a", 1.0)]
    assert play.take(no_agent).effects == [ev.EndRun()]


def test_a_failure_that_cannot_be_retried_goes_to_the_fallback() -> None:
    play = Play({"id": "a", "agent": {"name": "first", "fallback": [{"name": "second"}]}, "retry": {"max": 3}})
    transition = play.fail("a")
    assert transition.effects == [ev.Offer("a")]
    assert [note.kind for note in transition.notes] == ["StepRerouted"]
    assert machine.target_of(play.plan, play.state, "a").name == "second"


def test_the_fallback_has_all_retries_again() -> None:
    call = {"name": "first", "fallback": [{"name": "second"}]}
    play = Play({"id": "a", "agent": call, "retry": {"max": 1, "backoff": "1s"}})
    for _ in range(4):
        play.fail("a", retryable=True)
    assert [offer.after_s for offer in play.asked(ev.Offer)] == [0, 1, 0, 1]
    assert play.status("a") == "failed"


def test_failing_ends_the_run_and_cancels_what_is_open() -> None:
    play = Play(agent("a"), agent("b"), agent("c", "a"))
    play.claim("b")
    effects = play.fail("a").effects
    assert play.ending == ("failed", "broken")
    assert play.statuses() == {"a": "failed", "b": "cancelled", "c": "cancelled"}
    assert effects == [ev.StopWork("b"), ev.EndRun()]


def test_a_failure_that_may_happen_lets_the_run_go_on() -> None:
    play = Play(agent("a", on_error="continue"), agent("b", "a"))
    assert play.fail("a").effects == [ev.Offer("b")]


def test_a_held_step_is_offered_again_once_people_agree() -> None:
    play = Play(agent("a"))
    play.take(ev.StepHeld("a"))
    assert play.state.status == "waiting"
    assert play.take(ev.StepApproved("a", {})).effects == [ev.Offer("a")]
    assert play.state.steps["a"].approved


def test_a_rejected_step_fails_the_run() -> None:
    play = Play(agent("a"))
    play.take(ev.StepHeld("a"))
    play.take(ev.StepRejected("a", "rejected", "No."))
    assert play.ending == ("failed", "rejected")


def test_a_lost_lease_offers_the_step_again_without_using_up_a_retry() -> None:
    play = Play(agent("a", retry={"max": 0}))
    play.claim("a")
    assert play.take(ev.LeaseExpired("a")).effects == [ev.Offer("a")]
    play.succeed("a")
    assert play.state.status == "succeeded"


def test_a_step_whose_children_do_the_work_is_not_claimed() -> None:
    play = Play(each("a"), value={"items": [1]})
    with pytest.raises(machine.ImpossibleEvent, match="a is not worked on itself"):
        play.take(ev.StepSucceeded("a", []))


def test_what_the_run_does_not_have_is_refused() -> None:
    play = Play(agent("a"))
    with pytest.raises(machine.ImpossibleEvent, match="there is no step b"):
        play.claim("b")
