"""What a year may cost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination.engine.trust.pert import Range
from coordination.engine.trust.portfolio import Loss, portfolio

ranges = st.lists(st.floats(0, 1_000), min_size=3, max_size=3).map(lambda three: Range(*sorted(three)))
ONCE = Range(1, 1, 1)


def test_an_expected_year_is_frequency_times_magnitude() -> None:
    loss = Loss(Range(0, 2, 10), Range(100, 200, 900))

    year = portfolio({"a": loss}, n_years=40_000).each["a"]

    assert year.mean == pytest.approx(loss.frequency.mean * loss.magnitude.mean, rel=0.03)


def test_something_very_frequent_costs_what_it_costs_one_by_one() -> None:
    loss = Loss(Range(200, 300, 400), Range(1, 2, 9))

    year = portfolio({"a": loss}).each["a"]

    assert year.mean == pytest.approx(300 * 3, rel=0.02)
    assert year.median < year.p90 < year.p95


def test_risks_together_cost_their_sum() -> None:
    losses = {name: Loss(ONCE, Range(10, 10, 10)) for name in "ab"}

    drawn = portfolio(losses)

    assert drawn.total.mean == pytest.approx(sum(one.mean for one in drawn.each.values()))


def test_the_same_seed_draws_the_same_years_and_another_risk_leaves_a_risk_as_it_was() -> None:
    loss = Loss(Range(0, 1, 5), Range(10, 20, 90))

    alone, beside = portfolio({"a": loss}), portfolio({"a": loss, "b": loss})

    assert alone.each["a"] == beside.each["a"]
    assert portfolio({"a": loss}) == alone
    assert portfolio({"a": loss}, seed=7) != alone


def test_without_risks_a_year_costs_nothing() -> None:
    drawn = portfolio({})

    assert (drawn.total.mean, drawn.curve) == (0, ())


@settings(max_examples=30)
@given(st.dictionaries(st.text(max_size=5), st.builds(Loss, ranges, ranges), max_size=4))
def test_the_curve_falls_and_no_risk_costs_less_than_nothing(losses: dict[str, Loss]) -> None:
    drawn = portfolio(losses, n_years=200)
    shares = [share for _, share in drawn.curve]

    assert shares == sorted(shares, reverse=True)
    assert all(0 <= share <= 1 for share in shares)
    assert all(0 <= one.median <= one.p90 <= one.p95 for one in drawn.each.values())
