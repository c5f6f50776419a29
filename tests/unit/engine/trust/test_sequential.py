"""The two ways of asking whether a difference is above a value."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.trust.sequential import log_evidence, low_always, p_always, p_of, z_of

estimates = st.floats(-1, 1)
variances = st.floats(1e-6, 0.05)


@given(estimate=estimates, variance=variances, alpha=st.floats(0.0005, 0.2))
def test_the_bound_is_where_the_evidence_reaches_its_limit(estimate: float, variance: float, alpha: float) -> None:
    low = low_always(estimate, variance, 0.15, alpha)

    assert low <= estimate
    assert log_evidence(estimate, variance, 0.15, low) == pytest.approx(math.log(1 / alpha), abs=1e-3)


@given(estimate=st.floats(0.01, 1), variance=variances)
def test_more_decisions_with_the_same_difference_are_more_evidence_once_there_is_some(
    estimate: float, variance: float
) -> None:
    if log_evidence(estimate, variance, 0.15) > math.log(20):
        assert log_evidence(estimate, variance / 2, 0.15) >= log_evidence(estimate, variance, 0.15)


def test_no_difference_at_all_is_no_evidence_of_one() -> None:
    assert p_always(0.0, 0.001, 0.15) == 1.0


def test_evidence_is_as_integrating_over_all_differences_gives() -> None:
    estimate, variance, scale = 0.12, 0.0025, 0.15
    steps = [n * 1e-4 for n in range(1, 20_000)]
    prior = [2 / (scale * math.sqrt(2 * math.pi)) * math.exp(-0.5 * (d / scale) ** 2) for d in steps]
    ratio = [math.exp((estimate * d - d * d / 2) / variance) for d in steps]
    integral = sum(p * r for p, r in zip(prior, ratio, strict=True)) * 1e-4

    assert log_evidence(estimate, variance, scale) == pytest.approx(math.log(integral), abs=0.01)


@given(alpha=st.floats(1e-6, 0.5))
def test_a_level_and_its_number_of_standard_deviations_belong_together(alpha: float) -> None:
    assert p_of(z_of(alpha)) == pytest.approx(alpha, rel=1e-6)
