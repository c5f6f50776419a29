"""Partial beliefs add up to one, in any order, and contradiction counts as not knowing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.council.beliefs import Mass, belief, combine, pignistic, plausibility

FRAME = frozenset("abc")
subsets = st.sets(st.sampled_from("abc"), min_size=1).map(frozenset)


@st.composite
def sources(draw: st.DrawFn) -> tuple[Mass, float]:
    parts = draw(st.lists(subsets, min_size=1, max_size=3, unique=True))
    weights = [draw(st.floats(0.05, 1)) for _ in parts]
    mass = {part: weight / sum(weights) for part, weight in zip(parts, weights, strict=True)}
    return mass, draw(st.floats(0, 1))


@given(st.lists(sources(), min_size=1, max_size=4))
def test_all_weight_stays_and_the_order_does_not_matter(told: list[tuple[Mass, float]]) -> None:
    one, other = combine(told, FRAME), combine(told[::-1], FRAME)
    assert sum(one.mass.values()) == pytest.approx(1)
    assert one.conflict == pytest.approx(other.conflict)
    assert pignistic(one.mass) == pytest.approx(pignistic(other.mass))
    assert sum(pignistic(one.mass).values()) == pytest.approx(1)


@given(st.lists(sources(), min_size=1, max_size=4), subsets)
def test_belief_is_never_above_plausibility(told: list[tuple[Mass, float]], options: frozenset[str]) -> None:
    mass = combine(told, FRAME).mass
    assert belief(mass, options) <= plausibility(mass, options) + 1e-9


def test_flat_contradiction_is_not_knowing_and_says_so() -> None:
    told: list[tuple[Mass, float]] = [({frozenset("a"): 1.0}, 0.9), ({frozenset("b"): 1.0}, 0.9)]
    found = combine(told, FRAME)
    assert found.conflict == pytest.approx(0.81)
    assert found.is_contradictory
    assert found.mass[FRAME] == pytest.approx(0.01 + 0.81)


def test_zadehs_example_does_not_make_the_unlikely_certain() -> None:
    told: list[tuple[Mass, float]] = [
        ({frozenset("a"): 0.99, frozenset("c"): 0.01}, 1.0),
        ({frozenset("b"): 0.99, frozenset("c"): 0.01}, 1.0),
    ]
    assert belief(combine(told, FRAME).mass, frozenset("c")) == pytest.approx(0.0001)


def test_a_source_that_is_never_right_says_nothing() -> None:
    assert combine([({frozenset("a"): 1.0}, 0.0)], FRAME).mass[FRAME] == 1


def test_a_large_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 6"):
        combine([], frozenset("abcdefg"))
