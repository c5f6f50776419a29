"""Each detector finds what it is for, once, says why, and keeps silent about ordinary work."""

import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.watch.creep import PrivilegeCreep
from coordination.engine.watch.cycles import Cycle
from coordination.engine.watch.drift import Adwin, OutcomeDrift, kolmogorov_smirnov, stability_index
from coordination.engine.watch.echo import Collusion, Echo
from coordination.engine.watch.loops import ExactLoop
from coordination.engine.watch.pingpong import PingPong
from coordination.engine.watch.repeats import Repetition
from coordination.engine.watch.runaway import CostRunaway
from coordination.engine.watch.signals import Detector, Finding, Signal
from coordination.engine.watch.stalls import Stall
from coordination.engine.watch.storms import Storm

DAY = 86_400.0
DETECTORS: list[Callable[[], Detector]] = [
    ExactLoop, Repetition, PingPong, Cycle, Stall, Storm, lambda: CostRunaway(100.0), Collusion, Echo, PrivilegeCreep,
    OutcomeDrift,
]  # fmt: skip


def told(detector: Detector, signals: Iterable[dict[str, Any]]) -> list[Finding]:
    """Return what a detector finds in what happens one second after another, unless it says when."""
    given_ = [
        Signal(**{"number": n, "at": float(n), "kind": "call", "agent": "a", **one}) for n, one in enumerate(signals)
    ]
    return [finding for signal in given_ if (finding := detector.see(signal)) is not None]


def test_the_same_call_three_times_is_a_loop_and_a_changed_state_is_not() -> None:
    (found,) = told(ExactLoop(), [{"content": "search cats"}, {"content": "read"}] + [{"content": "search cats"}] * 2)
    assert (found.since, found.at, found.agents) == (0, 3, ("a",))
    assert told(ExactLoop(), [{"content": "poll", "state": str(n)} for n in range(9)]) == []
    assert told(ExactLoop(), [{"content": "poll", "agent": name} for name in "abc"]) == []


def test_the_same_call_far_apart_is_no_loop() -> None:
    calls = [{"content": "poll" if n % 6 == 0 else f"work {n}"} for n in range(40)]
    assert told(ExactLoop(), calls) == []


def test_a_message_said_three_times_is_told_once_and_names_who_said_it() -> None:
    said = [("a", "Please wait."), ("b", "ok"), ("b", " Please  wait. "), ("a", "hm"), ("a", "Please wait.")] * 2
    messages = [{"kind": "message", "content": text, "agent": who} for who, text in said]
    found = told(Repetition(), messages)
    assert [(one.since, one.at, one.agents) for one in found if "Please" in one.why] == [(0, 4, ("a", "b"))]


def test_two_agents_that_only_answer_each_other_play_ping_pong() -> None:
    turns = [{"kind": "message", "agent": "ab"[n % 2], "to": "ba"[n % 2], "content": str(n)} for n in range(6)]
    (found,) = told(PingPong(), turns)
    assert (found.agents, found.since, found.at) == (("a", "b"), 0, 5)
    with_result = [*turns[:4], {"kind": "result", "artefact": True}, *turns[4:]]
    assert told(PingPong(), with_result) == []
    three = [{"kind": "message", "agent": "abc"[n % 3], "to": "bca"[n % 3]} for n in range(12)]
    assert told(PingPong(), three) == []


def test_a_run_that_is_in_one_state_for_the_third_time_goes_in_a_circle() -> None:
    (found,) = told(Cycle(), [{"state": state} for state in "xyzxyzx"])
    assert (found.since, found.at) == (0, 6)
    assert told(Cycle(), [{"state": "x"}] * 9) == []


def test_eight_steps_or_ten_minutes_without_progress_are_a_stall() -> None:
    (found,) = told(Stall(), [{"kind": "progress"}] + [{"content": str(n)} for n in range(8)])
    assert found.figures["steps"] == 8
    (found,) = told(Stall(), [{"kind": "progress"}, {"at": 700.0}])
    assert "700 s" in found.why
    assert told(Stall(), [{"kind": "progress"} if n % 5 == 0 else {} for n in range(60)]) == []


def test_many_times_the_usual_messages_in_a_minute_are_a_storm_and_told_once_a_minute() -> None:
    quiet = [{"kind": "message", "to": "b", "at": 6.0 * n} for n in range(100)]
    bomb = [{"kind": "message", "to": "b", "at": 600 + n / 10} for n in range(400)]
    assert told(Storm(), quiet) == []
    (found,) = told(Storm(), quiet + bomb)
    assert found.figures["rate"] == 61
    # Whoever always sends as much is not suddenly a storm.
    steady = [{"kind": "message", "to": "b", "at": n / 2} for n in range(120 * 30)]
    assert len(told(Storm(), steady)) <= 3


def test_writing_to_three_times_as_many_in_a_minute_is_a_storm() -> None:
    few = [{"kind": "message", "to": f"r{n % 2}", "at": 10.0 * n} for n in range(12)]
    many = [{"kind": "message", "to": f"r{n}", "at": 120 + n} for n in range(20)]
    (found,) = told(Storm(), few + many)
    assert "writes to 7 at once; a minute ago it was 2" in found.why


def test_money_spent_many_times_too_fast_over_both_windows_is_a_runaway() -> None:
    even = [{"kind": "cost", "cost": 30.0 / 720, "at": 3600.0 * n} for n in range(720)]
    assert told(CostRunaway(30.0), even) == []
    fast = [{"kind": "cost", "cost": 0.02, "at": 60.0 * n} for n in range(120)]
    found = told(CostRunaway(30.0), fast)
    assert found
    assert found[0].remedy == "pause"
    once = [{"kind": "cost", "cost": 1.0, "at": 0.0}, {"kind": "cost", "cost": 0.0001, "at": 3000.0}]
    assert len(told(CostRunaway(30.0), once)) <= 1


def test_a_pair_that_always_approves_of_each_other_is_told_once() -> None:
    votes = [{"kind": "vote", "agent": "ab"[n % 2], "to": "ba"[n % 2], "is_ok": True} for n in range(60)]
    (found,) = told(Collusion(), votes)
    assert (found.agents, found.figures["n"]) == (("a", "b"), 30)
    one_way = [{"kind": "vote", "agent": "a", "to": "b", "is_ok": True} for _ in range(60)]
    assert told(Collusion(), one_way) == []
    assert told(Collusion(), [{**vote, "is_ok": n % 10 != 0} for n, vote in enumerate(votes)]) == []


def test_votes_that_do_not_differ_while_results_get_worse_are_an_echo() -> None:
    votes = [{"kind": "vote", "content": "yes"} for _ in range(30)]
    good, bad = [{"kind": "outcome", "is_ok": True}] * 30, [{"kind": "outcome", "is_ok": False}] * 30
    assert len(told(Echo(), [*votes, *good, *bad])) == 1
    assert told(Echo(), [*votes, *good, *good]) == []
    mixed = [{"kind": "vote", "content": str(n % 2)} for n in range(30)]
    assert told(Echo(), [*mixed, *good, *bad]) == []


def test_a_tool_used_for_the_first_time_by_an_agent_with_habits_is_privilege_creep() -> None:
    habit = [{"content": "read", "at": DAY * n} for n in range(30)]
    (found,) = told(
        PrivilegeCreep(), [*habit, {"content": "pay", "at": 30.5 * DAY}, {"content": "pay", "at": 31 * DAY}]
    )
    assert "uses pay" in found.why
    assert told(PrivilegeCreep(), [{"content": f"t{n}", "at": DAY * n} for n in range(6)]) == []


def test_an_agent_that_gets_worse_is_noticed_and_one_that_does_not_hardly_ever() -> None:
    chance = random.Random(4)
    worse = [{"kind": "outcome", "is_ok": chance.random() < (0.95 if n < 300 else 0.6)} for n in range(500)]
    found = told(OutcomeDrift(), worse)
    assert found
    assert found[0].at > 300
    assert found[0].remedy == "pause"
    false = sum(
        bool(told(OutcomeDrift(), [{"kind": "outcome", "is_ok": chance.random() < 0.9} for _ in range(500)]))
        for _ in range(40)
    )
    assert false <= 2


def test_samples_from_one_distribution_are_alike_and_shifted_ones_are_not() -> None:
    chance = random.Random(1)
    before, alike = ([chance.gauss(0, 1) for _ in range(500)] for _ in range(2))
    shifted = [value + 0.8 for value in alike]
    assert stability_index(before, alike) < 0.1 < 0.2 < stability_index(before, shifted)
    assert kolmogorov_smirnov(before, alike)[1] > 0.01
    assert kolmogorov_smirnov(before, shifted)[1] < 0.01
    assert kolmogorov_smirnov(before, before) == (0.0, 1.0)


def test_the_window_keeps_what_came_after_a_change() -> None:
    window = Adwin()
    for n in range(400):
        window.add(0.1 if n < 200 else 0.9)
    assert window.mean == pytest.approx(0.9, abs=0.05)


@pytest.mark.parametrize("make", DETECTORS)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "kind": st.sampled_from(["call", "message", "result", "progress", "cost", "outcome", "vote"]),
                "agent": st.sampled_from("ab"),
                "to": st.sampled_from(["", "a", "b"]),
                "content": st.sampled_from(["", "x", "y"]),
                "state": st.sampled_from(["", "s", "t"]),
                "cost": st.floats(0, 10),
                "is_ok": st.booleans(),
            }
        ),
        max_size=60,
    )
)
def test_nothing_that_happens_upsets_a_detector_and_each_finding_says_why(
    make: Callable[[], Detector], signals: list[dict[str, Any]]
) -> None:
    for found in told(make(), signals):
        assert found.since <= found.at < len(signals)
        assert found.why.endswith((".", "”"))
