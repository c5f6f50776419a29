"""Tables that admins may change: whatever they say, what is worse never scores lower."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from coordination.engine.trust.risk import RiskInput, band_of, score
from coordination.engine.trust.tables import DEFAULT, Bands, Tables, Weights
from tests.unit.engine.trust.test_risk import WORSE_WHEN_HIGHER, WORSE_WHEN_LOWER, acts, shares

NAMES = tuple(Weights.model_fields)


@st.composite
def tables(draw: Any) -> Tables:
    """Return any tables that are allowed."""
    parts = [draw(st.integers(0, 20)) for _ in NAMES[1:]]
    weights = {name: part / 100 for name, part in zip(NAMES[1:], parts, strict=True)}
    factors = sorted(draw(st.tuples(shares, shares, shares)))
    medium, high, critical = sorted(draw(st.sets(st.integers(1, 100), min_size=3, max_size=3)))
    return Tables.model_validate(
        {
            "weights": weights | {NAMES[0]: 1 - sum(weights.values())},
            "base": draw(shares),
            "reach": draw(shares),
            "affected_worst": draw(st.integers(10, 10**6)),
            "reversibility": dict(zip(("reversible", "compensable", "irreversible"), factors, strict=True)),
            "bands": {"medium": medium, "high": high, "critical": critical},
        }
    )


@given(tables(), acts, st.sampled_from(WORSE_WHEN_HIGHER + WORSE_WHEN_LOWER), shares, shares)
def test_the_score_never_falls_when_a_share_gets_worse(
    looked_up: Tables, known: RiskInput, part: str, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    better, worse = (low, high) if part in WORSE_WHEN_HIGHER else (high, low)
    found = [score(replace(known, **{part: share}), looked_up).score for share in (better, worse)]

    assert 0 <= found[0] <= found[1] <= 100


@given(tables(), acts)
def test_likelihood_is_a_share_and_the_band_is_that_of_the_score(looked_up: Tables, known: RiskInput) -> None:
    risk = score(known, looked_up)

    assert 0 <= risk.likelihood <= 1
    assert risk.band == band_of(risk.score, looked_up.bands)


def test_bands_begin_where_the_tables_say() -> None:
    bands = Bands(medium=10, high=20, critical=30)

    assert [band_of(points, bands) for points in (9, 10, 20, 30)] == ["low", "medium", "high", "critical"]


@pytest.mark.parametrize(
    "odd",
    [
        {"weights": {"reliability": 0.9}},
        {"data": {"public": 0.5, "internal": 0.3}},
        {"reversibility": {"reversible": 0.9}},
        {"bands": {"medium": 60}},
        {"bands": {"critical": 101}},
        {"base": 1.5},
        {"base": float("nan")},
        {"money_worst": 0},
        {"people": {"none": -0.1}},
        {"unknown": 1},
    ],
)
def test_tables_that_make_no_sense_are_refused(odd: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Tables.model_validate(odd)


def test_the_defaults_make_sense() -> None:
    assert Tables.model_validate(DEFAULT.model_dump()) == DEFAULT
