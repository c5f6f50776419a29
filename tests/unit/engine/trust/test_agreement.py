"""Agreement, against a library where one is there and against published examples."""

import math
import warnings
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score  # type: ignore[import-untyped]

from coordination.engine.trust.agreement import (
    FEWEST,
    Agreement,
    agreement_of_many,
    agreement_of_two,
    alpha,
    kappa,
)

VERDICTS = st.sampled_from(["approve", "reject", "return"])
PAIRS = st.lists(st.tuples(VERDICTS, VERDICTS), min_size=1, max_size=60)

# Krippendorff 2011, section D: four people, twelve things, not everyone judged everything.
OF_FOUR = [
    [1, 1, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4], [4, 4, 4, 4], [1, 1, 2, 1],
    [2, 2, 2, 2], [5, 5, 5], [1, 1], [3],
]  # fmt: skip
# Section A: two people, ten things, yes or no.
OF_TWO = [(0, 1), (1, 1), (0, 1), (0, 0), (0, 0), (0, 1), (0, 0), (0, 0), (1, 0), (0, 0)]


def numbers(found: Agreement) -> tuple[float, float, float]:
    """Return the coefficient between the ends of its interval."""
    assert found.low is not None
    assert found.value is not None
    assert found.high is not None
    return found.low, found.value, found.high


@given(PAIRS)
def test_kappa_is_what_scikit_learn_says(pairs: list[tuple[str, str]]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = cohen_kappa_score([one for one, _ in pairs], [other for _, other in pairs])
    found = kappa(pairs)
    if math.isnan(expected):
        assert found is None
    else:
        assert found == pytest.approx(expected)


def test_kappa_says_nothing_where_everyone_always_said_the_same() -> None:
    assert kappa([("approve", "approve")] * 50) is None


def test_alpha_is_what_krippendorff_published() -> None:
    assert alpha(OF_TWO) == pytest.approx(0.095, abs=0.0005)
    assert alpha(OF_FOUR) == pytest.approx(0.743, abs=0.0005)


@given(st.lists(st.lists(VERDICTS, min_size=1, max_size=4), min_size=1, max_size=30))
def test_alpha_does_not_care_who_said_what_or_about_what_only_one_person_judged(units: list[list[str]]) -> None:
    turned = [unit[::-1] for unit in units]
    assert alpha([*turned, ["approve"]]) == alpha(units)


@given(st.lists(VERDICTS, min_size=2, max_size=30).filter(lambda said: len(set(said)) > 1))
def test_who_always_agrees_agrees_fully(said: list[str]) -> None:
    assert kappa([(one, one) for one in said]) == pytest.approx(1)
    assert alpha([(one, one) for one in said]) == pytest.approx(1)


@given(PAIRS)
def test_too_few_cases_have_a_count_and_no_coefficient(pairs: list[tuple[str, str]]) -> None:
    found = agreement_of_two(pairs)
    assert found.n == len(pairs)
    assert (found.value is None) or found.n >= FEWEST
    assert found.is_enough == (len(pairs) >= FEWEST)


def test_the_interval_holds_the_coefficient_and_is_the_same_for_the_same_seed() -> None:
    pairs = [("approve", "approve")] * 40 + [("reject", "reject")] * 12 + [("approve", "reject")] * 8
    found = agreement_of_two(pairs)
    low, value, high = numbers(found)
    assert low < value < high
    assert agreement_of_two(list(reversed(pairs))) == found
    assert agreement_of_two(pairs, seed=7) != found


def test_more_cases_make_the_interval_narrower() -> None:
    few = agreement_of_two([("approve", "approve")] * 15 + [("reject", "reject")] * 6 + [("approve", "reject")] * 4)
    many = agreement_of_two([("approve", "approve")] * 150 + [("reject", "reject")] * 60 + [("approve", "reject")] * 40)
    of_few, of_many = numbers(few), numbers(many)
    assert of_many[2] - of_many[0] < (of_few[2] - of_few[0]) / 2


def test_the_interval_of_a_coefficient_covers_what_it_estimates_about_as_often_as_it_says() -> None:
    """Two people who judge 60 things and agree on each with chance .8: the true κ lies inside nearly always."""
    chance, inside, rounds = Random(5), 0, 60
    for _ in range(rounds):
        pairs = []
        for _ in range(60):
            one = chance.random() < 0.5
            pairs.append((one, one if chance.random() < 0.8 else not one))
        found = agreement_of_two(pairs)
        low, _, high = numbers(found)
        inside += low <= 0.6 <= high
    assert inside / rounds >= 0.85


def test_alpha_of_many_counts_only_what_was_judged_twice() -> None:
    found = agreement_of_many([*OF_FOUR, *OF_FOUR])
    assert (found.n, found.same) == (22, 16)
    assert found.value == pytest.approx(0.743, abs=0.01)
