"""Forecasts held against what happened."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.trust.calibration import Correction, calibrate, fit, read
from coordination.engine.trust.reliability import Record

forecasts = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=200)


def drawn(n: int, says: float, happens: float, seed: int = 1) -> list[tuple[float, bool]]:
    chance = random.Random(seed)
    return [(says, chance.random() < happens) for _ in range(n)]


def test_the_brier_score_by_hand() -> None:
    found = calibrate([(0.8, True), (0.6, False)])

    assert found.brier == pytest.approx((0.04 + 0.36) / 2)
    assert found.base_brier == 0.25
    assert found.skill == pytest.approx(1 - 0.2 / 0.25)


def test_of_nothing_nothing_is_said() -> None:
    found = calibrate([])

    assert (found.n, found.is_enough, found.bins) == (0, False, ())


def test_too_few_cases_or_too_few_of_either_kind_are_not_enough() -> None:
    assert not calibrate([(0.5, n % 2 == 0) for n in range(99)]).is_enough
    assert not calibrate([(0.5, n < 9) for n in range(1_000)]).is_enough
    assert calibrate([(0.5, n < 10) for n in range(100)]).is_enough


@given(forecasts)
def test_bins_hold_every_case_once_and_intervals_hold_their_shares(cases: list[tuple[float, bool]]) -> None:
    found = calibrate(cases)

    assert sum(one.n for one in found.bins) == found.n == len(cases)
    assert all(one.low <= one.said <= one.high + 1e-12 for one in found.bins)
    assert all(one.happened_low - 1e-9 <= one.happened <= one.happened_high + 1e-9 for one in found.bins)
    assert 0 <= found.brier_low <= found.brier <= found.brier_high <= 1


def test_the_interval_of_the_brier_score_holds_its_true_value_about_as_often_as_it_says() -> None:
    # Says .3, happens .3: the true score is .3 × .7 = .21.
    found = [calibrate(drawn(200, 0.3, 0.3, seed)) for seed in range(200)]

    assert sum(one.brier_low <= 0.21 <= one.brier_high for one in found) >= 180


def test_a_correction_makes_what_is_overconfident_fit() -> None:
    chance = random.Random(2)
    cases = [(said, chance.random() < said**2) for said in (chance.random() for _ in range(4_000))]

    correction = fit(cases)

    assert correction is not None
    assert calibrate([(correction(said), right) for said, right in cases]).gap < 0.05 < calibrate(cases).gap


@pytest.mark.parametrize("cases", [drawn(99, 0.9, 0.5), [(0.9, True)] * 500, []])
def test_too_little_or_only_one_kind_gives_no_correction(cases: list[tuple[float, bool]]) -> None:
    assert fit(cases) is None


def test_forecasts_that_are_all_alike_are_read_as_how_often_it_happened() -> None:
    correction = fit([(0.9, n % 2 == 0) for n in range(200)])

    assert correction is not None
    assert correction(0.9) == pytest.approx(0.5, abs=0.02)


def test_who_is_wrong_the_surer_it_is_earns_nothing_by_being_unsure() -> None:
    correction = fit([(0.9, False)] * 90 + [(0.1, True)] * 60 + [(0.9, True)] * 10)

    assert correction is not None
    assert correction(0.1) == correction(0.9)


@given(st.floats(0.1, 20), st.floats(-5, 5), st.floats(0, 1), st.floats(0, 1))
def test_a_correction_keeps_the_order(slope: float, shift: float, one: float, other: float) -> None:
    correction, (low, high) = Correction(slope, shift), sorted((one, other))

    assert 0 <= correction(low) <= correction(high) <= 1


def test_without_a_record_stated_confidence_counts_for_nothing_and_with_one_ever_more() -> None:
    assert read(0.99, Record(), None) == 0.5
    said = [read(0.99, Record(n / 2, n / 2), None) for n in (0, 20, 60, 100, 1_000)]

    assert said == sorted(said)
    assert said[-1] == 0.99


@given(st.floats(-1, 2), st.floats(0, 1e4), st.floats(0, 1e4))
def test_what_is_read_is_a_share(stated: float, right: float, wrong: float) -> None:
    assert 0 <= read(stated, Record(right, wrong), None) <= 1
