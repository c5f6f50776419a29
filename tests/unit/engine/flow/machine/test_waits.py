"""Steps that wait for a time or for a signal."""

from typing import Any

import pytest

from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from tests.unit.engine.flow.plays import Play, agent


def wait(*needs: str, step_id: str = "pause", timeout: str | None = None, **how: Any) -> dict[str, Any]:
    return {"id": step_id, "needs": list(needs), "wait": how, **({"timeout": timeout} if timeout else {})}


PAID = {"signal": "paid", "payload": {"type": "object", "required": ["amount"]}}


def test_a_step_waits_for_a_while() -> None:
    play = Play(wait(**{"for": "5m"}), agent("after", "pause"))
    assert play.effects == [ev.SetTimer("pause", "wake", 300.0, None, 1)]
    assert (play.status("pause"), play.state.status) == ("waiting", "waiting")
    assert play.take(ev.TimerFired("pause", "wake", 1)).effects == [ev.Offer("after")]


@pytest.mark.parametrize(("given", "after_s"), [("90s", 90.0), (7, 7.0), (0.5, 0.5)])
def test_how_long_may_be_an_expression(given: Any, after_s: float) -> None:
    play = Play(wait(**{"for": "${input.delay}"}), value={"delay": given})
    assert play.asked(ev.SetTimer)[0].after_s == after_s


@pytest.mark.parametrize("given", ["soon", -1, None, True, 1e300])
def test_what_is_no_duration_fails_the_step(given: Any) -> None:
    play = Play(wait(**{"for": "${input.delay}"}), value={"delay": given})
    assert play.ending == ("failed", "expression-failed")


def test_a_step_waits_until_a_moment_which_is_told_in_utc() -> None:
    play = Play(wait(until="${input.at}"), value={"at": "2027-01-31T12:00:00+01:00"})
    assert play.effects == [ev.SetTimer("pause", "wake", None, "2027-01-31T11:00:00+00:00", 1)]


@pytest.mark.parametrize("given", ["tomorrow", "2027-01-31T12:00:00", 5, "0001-01-01T00:00:00+14:00"])
def test_what_is_no_moment_fails_the_step(given: Any) -> None:
    play = Play(wait(until="${input.at}"), value={"at": given})
    assert play.ending == ("failed", "expression-failed")


def test_a_signal_wakes_the_step_that_waits_for_it_with_its_payload() -> None:
    play = Play(wait(**PAID), agent("after", "pause"))
    assert play.effects == []
    assert play.take(ev.SignalSent("paid", {"amount": 5})).effects == [ev.Offer("after")]
    assert play.state.steps["pause"].output == {"amount": 5}


def test_a_signal_that_comes_early_is_kept() -> None:
    play = Play(agent("a"), wait("a", **PAID))
    play.take(ev.SignalSent("paid", {"amount": 5}))
    play.succeed("a")
    assert (play.status("pause"), play.state.steps["pause"].output) == ("succeeded", {"amount": 5})
    assert play.state.signals == []


def test_each_signal_wakes_one_step_the_first_of_the_workflow() -> None:
    play = Play(wait(**PAID, step_id="one"), wait(**PAID, step_id="two"))
    play.take(ev.SignalSent("paid", {"amount": 1}))
    assert (play.status("one"), play.status("two")) == ("succeeded", "waiting")
    play.take(ev.SignalSent("paid", {"amount": 2}))
    assert play.state.steps["two"].output == {"amount": 2}


def test_signals_that_come_early_are_taken_in_their_order() -> None:
    play = Play(agent("a"), wait("a", **PAID, step_id="one"), wait("one", **PAID, step_id="two"))
    for amount in (1, 2):
        play.take(ev.SignalSent("paid", {"amount": amount}))
    play.succeed("a")
    assert [play.state.steps[key].output for key in ("one", "two")] == [{"amount": 1}, {"amount": 2}]


def test_a_payload_of_the_wrong_shape_is_refused_with_the_reason() -> None:
    play = Play(wait(**PAID))
    with pytest.raises(machine.ImpossibleEvent, match="paid does not fit: 'amount' is a required property"):
        play.take(ev.SignalSent("paid", {}))
    assert machine.signal_errors(play.plan, "paid", {}) == [([], "'amount' is a required property")]


def test_a_signal_goes_to_the_step_whose_shape_it_has() -> None:
    texts = {"signal": "said", "payload": {"type": "string"}}
    numbers = {"signal": "said", "payload": {"type": "number"}}
    play = Play(wait(**texts, step_id="text"), wait(**numbers, step_id="number"))
    play.take(ev.SignalSent("said", 5))
    assert (play.status("text"), play.status("number")) == ("waiting", "succeeded")


def test_a_signal_that_no_step_waits_for_is_refused() -> None:
    play = Play(wait(**PAID))
    with pytest.raises(machine.ImpossibleEvent, match="no step waits for a signal called padi"):
        play.take(ev.SignalSent("padi", {}))


def test_a_run_that_has_ended_takes_no_signals() -> None:
    play = Play(wait(**PAID))
    play.take(ev.RunCancelled("enough"))
    with pytest.raises(machine.ImpossibleEvent, match="takes no signals"):
        play.take(ev.SignalSent("paid", {"amount": 1}))


def test_signals_do_not_fill_a_run_without_end() -> None:
    play = Play(agent("a"), wait("a", **PAID))
    for _ in range(1_000):
        play.take(ev.SignalSent("paid", {"amount": 1}))
    with pytest.raises(machine.ImpossibleEvent, match="already wait"):
        play.take(ev.SignalSent("paid", {"amount": 1}))


def test_nobody_can_approve_a_wait() -> None:
    play = Play(wait(**PAID))
    for event in (ev.StepApproved("pause", {}), ev.StepRejected("pause", "rejected", "No.")):
        with pytest.raises(machine.ImpossibleEvent, match="waits for no person"):
            play.take(event)
