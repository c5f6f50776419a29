"""So much in so long."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.rules.limits import Limit, Window

START = datetime(2026, 3, 1, tzinfo=UTC)


@given(st.lists(st.integers(0, 600), max_size=60), st.integers(1, 5))
def test_no_stretch_of_time_ever_holds_more_than_the_limit(pauses: list[int], most: int) -> None:
    limit, window, at = Limit(most, 60.0), Window(), START
    taken: list[datetime] = []
    for tenths in pauses:
        at += timedelta(seconds=tenths / 10)
        if window.used(limit, at) + 1 <= most:
            window.take(limit, at, 1)
            taken.append(at)

    for first in taken:
        assert sum(first <= one < first + timedelta(seconds=60) for one in taken) <= most


def test_what_was_taken_counts_for_its_time_and_a_slice_and_then_no_more() -> None:
    limit, window = Limit(1, 60.0), Window()
    window.take(limit, START, 1)

    assert window.used(limit, START + timedelta(seconds=59)) == 1
    assert window.used(limit, START + timedelta(seconds=62)) == 0


def test_what_is_too_long_ago_is_forgotten() -> None:
    limit, window = Limit(1, 60.0), Window()
    for minutes in range(10):
        window.take(limit, START + timedelta(minutes=2 * minutes), 1)

    assert len(window.slices) == 1


def test_acts_are_counted_apart_by_what_the_limit_names() -> None:
    limit = Limit(1, 60.0, by=("agent.name", "run.id"))

    assert limit.key({"agent.name": "a", "run.id": "1"}) != limit.key({"agent.name": "a", "run.id": "2"})
    assert Limit(1, 60.0).key({"agent.name": "a"}) == ""


def test_long_names_are_told_apart_by_their_ends() -> None:
    limit = Limit(1, 60.0, by=("agent.name",))
    one, other = (limit.key({"agent.name": "x" * 5_000 + end}) for end in "ab")

    assert one != other
    assert len(one) <= 200


@pytest.mark.parametrize(
    ("of", "facts", "takes"),
    [
        ("count", {"action.amount": 50.0}, 1.0),
        ("amount", {"action.amount": 50.0}, 50.0),
        ("amount", {"action.amount": -50.0}, 50.0),
        ("amount", {}, 0.0),
        ("amount", {"action.amount": "50"}, float("inf")),
        ("amount", {"action.amount": float("nan")}, float("inf")),
        ("cost", {"call.cost_usd": 0.25}, 0.25),
    ],
)
def test_an_act_takes_what_is_measured(of: Any, facts: dict[str, Any], takes: float) -> None:
    assert Limit(1, 60.0, of=of).takes(facts) == takes
