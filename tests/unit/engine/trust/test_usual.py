"""What is usual: how new an act is, and how far its amount stands out."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.trust.usual import NOTHING, Habit, habit_of

amounts = st.floats(0, 1e9)


def test_the_first_act_is_new_and_each_further_one_less() -> None:
    found = [Habit(n).novelty for n in (0, 5, 45)]

    assert found == pytest.approx([1, 0.5, 0.1])
    assert NOTHING.novelty == 1


def test_before_twenty_amounts_nothing_stands_out() -> None:
    assert habit_of(19, [10.0] * 19).anomaly(1e9) == 0
    assert habit_of(20, [10.0] * 20).anomaly(1e9) == 1


def test_a_little_more_than_always_is_nothing() -> None:
    habit = habit_of(100, [10.0] * 100)

    assert habit.anomaly(11) == 0
    assert habit.anomaly(20) > 0


@given(st.lists(amounts, min_size=20, max_size=60), amounts, amounts)
def test_a_larger_amount_never_stands_out_less(known: list[float], one: float, other: float) -> None:
    habit, (low, high) = habit_of(len(known), known), sorted((one, other))

    assert 0 <= habit.anomaly(low) <= habit.anomaly(high) <= 1


@pytest.mark.parametrize("odd", [0.0, -5.0, math.inf])
def test_amounts_that_are_no_amounts_are_left_out(odd: float) -> None:
    assert habit_of(3, [odd, 5.0, odd]).n_amounts == 1
