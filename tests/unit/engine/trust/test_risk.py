"""Risk: the formula by hand, its bands, and that nothing that looks worse ever scores lower."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.trust.risk import RiskInput, band_of, score

shares = st.floats(0, 1)
acts = st.builds(
    RiskInput,
    reliability=shares | st.none(),
    novelty=shares,
    confidence=shares | st.none(),
    anomaly=shares,
    tainted=shares,
    money=shares,
    data=shares,
    people=shares,
    safety=shares,
    reversibility=st.sampled_from(["reversible", "compensable", "irreversible"]),
    writes=st.booleans(),
    affected=st.integers(0, 10**7),
)
WORSE_WHEN_HIGHER = ("novelty", "anomaly", "tainted", "money", "data", "people", "safety")
WORSE_WHEN_LOWER = ("reliability", "confidence")


@pytest.mark.parametrize(
    ("known", "points"),
    [
        (RiskInput(), 0),
        # L = 0, I = 1 × .6, B = 0: 100 · .6 · .4
        (RiskInput(money=1.0), 24),
        (RiskInput(money=1.0, reversibility="compensable"), 32),
        (RiskInput(money=1.0, reversibility="irreversible"), 40),
        (RiskInput(money=1.0, reversibility="irreversible", writes=False), 24),
        # L = 1
        (RiskInput(0.0, 1.0, 0.0, 1.0, 1.0, money=1.0, reversibility="irreversible"), 100),
        # L = .2 · .5 = .1, I = .25 · .8 = .2: 100 · .2 · .46
        (RiskInput(confidence=0.5, data=0.25, reversibility="compensable"), 9),
        # B = log10(100)/4 = .5: 100 · .25 · .4
        (RiskInput(affected=99), 10),
        (RiskInput(affected=10**9), 20),
        # What is not known counts as the worst
        (RiskInput(reliability=None, confidence=None, money=1.0, reversibility="irreversible"), 73),
        (RiskInput(money=math.nan, reversibility="who knows"), 40),
        (RiskInput(money=7.0, novelty=-3.0), 24),
    ],
)
def test_the_formula(known: RiskInput, points: int) -> None:
    assert score(known).score == points


@pytest.mark.parametrize(
    ("points", "band"),
    [(0, "low"), (24, "low"), (25, "medium"), (49, "medium"), (50, "high"), (74, "high"), (75, "critical")],
)
def test_bands_begin_at_25_50_and_75(points: int, band: str) -> None:
    assert band_of(points) == band


@given(acts, st.sampled_from(WORSE_WHEN_HIGHER + WORSE_WHEN_LOWER), shares, shares)
def test_it_never_falls_when_a_share_gets_worse(known: RiskInput, part: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    better, worse = (low, high) if part in WORSE_WHEN_HIGHER else (high, low)

    assert score(replace(known, **{part: better})).score <= score(replace(known, **{part: worse})).score


@given(acts, st.integers(0, 10**6), st.integers(0, 10**6))
def test_it_never_falls_when_more_are_affected(known: RiskInput, fewer: int, more: int) -> None:
    assert score(replace(known, affected=fewer)).score <= score(replace(known, affected=fewer + more)).score


@given(acts)
def test_it_never_falls_when_it_gets_harder_to_undo_or_starts_to_write(known: RiskInput) -> None:
    kinds = ("reversible", "compensable", "irreversible")
    points = [score(replace(known, writes=True, reversibility=kind)).score for kind in kinds]

    assert points == sorted(points)
    assert score(replace(known, writes=False)).score <= score(replace(known, writes=True)).score


@given(acts, st.sampled_from(WORSE_WHEN_LOWER))
def test_not_knowing_is_never_better(known: RiskInput, part: str) -> None:
    unknown: dict[str, Any] = {part: None}

    assert score(replace(known, **unknown)).score >= score(known).score


@given(acts)
def test_contributions_are_what_each_part_adds(known: RiskInput) -> None:
    risk = score(known)

    assert 0 <= risk.score <= 100
    assert all(0 < points <= risk.score for _, points in risk.contributions)
    assert [points for _, points in risk.contributions] == sorted((p for _, p in risk.contributions), reverse=True)


def test_a_contribution_is_the_score_less_the_score_without_it() -> None:
    known = RiskInput(confidence=0.2, money=0.8, reversibility="irreversible")

    parts = dict(score(known).contributions)

    assert parts["money"] == score(known).score
    assert parts["confidence"] == score(known).score - score(replace(known, confidence=1.0)).score
    assert "novelty" not in parts
