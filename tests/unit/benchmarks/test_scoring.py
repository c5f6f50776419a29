"""Shares with their intervals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.benchmarks.guard.scoring import ByRule, Share


def test_the_interval_is_wilsons() -> None:
    low, high = Share(9, 10).interval
    assert (low, high) == (pytest.approx(0.596, abs=0.001), pytest.approx(0.982, abs=0.001))
    assert Share(0, 0).interval == (0.0, 1.0)


@given(st.integers(min_value=1, max_value=10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_share_lies_in_its_interval(pair: tuple[int, int]) -> None:
    share = Share(*pair)
    low, high = share.interval
    assert 0 <= low <= share.value + 1e-12
    assert share.value - 1e-12 <= high <= 1


def test_rules_that_speak_most_come_first() -> None:
    counted = ByRule()
    counted.add(["a", "b"], is_wrong=True)
    counted.add(["b", "allows"], is_wrong=False)
    assert counted.shares(frozenset({"allows"})) == [("b", Share(1, 2)), ("a", Share(1, 1))]
