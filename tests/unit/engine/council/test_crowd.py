"""Who errs how, and what is probably right, without the truth."""

import numpy as np
import pytest

from coordination.engine.council.crowd import settle

RANDOM = np.random.default_rng(7)


def crowd(
    accuracies: list[float], n_questions: int, kinds: int = 2
) -> tuple[list[tuple[str, str, str]], dict[str, str]]:
    """Return votes of voters that are right so often, and the truth."""
    truth = {f"q{n}": str(RANDOM.integers(kinds)) for n in range(n_questions)}
    votes = []
    for question, right in truth.items():
        wrong = [str(kind) for kind in range(kinds) if str(kind) != right]
        for at, accuracy in enumerate(accuracies):
            votes.append((question, f"v{at}", right if RANDOM.random() < accuracy else str(RANDOM.choice(wrong))))
    return votes, truth


def accuracy(answers: dict[str, str], truth: dict[str, str]) -> float:
    return sum(answers[question] == right for question, right in truth.items()) / len(truth)


@pytest.mark.parametrize("kinds", [2, 4])
def test_a_few_good_voters_among_poor_ones_are_found_and_believed(kinds: int) -> None:
    votes, truth = crowd([0.95, 0.9] + [1 / kinds + 0.05] * 7, 300, kinds)
    found = settle(votes)
    assert found.method == "dawid-skene"
    assert accuracy(dict(found.answers), truth) > accuracy(dict(settle(votes, "majority").answers), truth) + 0.05
    assert found.voters["v0"].accuracy == pytest.approx(0.95, abs=0.06)
    assert found.voters["v5"].accuracy < 0.5 + 0.1


def test_one_who_always_says_the_opposite_is_as_good_as_one_who_is_right() -> None:
    votes, truth = crowd([0.9, 0.9, 0.9, 0.08], 300)
    found = settle(votes)
    assert found.voters["v3"].accuracy == pytest.approx(0.08, abs=0.06)
    assert accuracy(dict(found.answers), truth) > 0.95


def test_with_few_answers_a_voter_the_majority_counts() -> None:
    found = settle(crowd([0.8] * 5, 12)[0])
    assert (found.method, "A voter gave about 12 answers" in found.reason) == ("majority", True)


def test_questions_of_more_kinds_than_answers_are_left_to_the_majority() -> None:
    # Half of the "no" questions look like "yes" to most voters: they err alike, which the model takes for the truth.
    votes = []
    for n in range(240):
        looks_like_yes = (0.9, 0.6, 0.45, 0.05)[n % 4]
        votes += [(f"q{n}", f"v{at}", "yes" if RANDOM.random() < looks_like_yes else "no") for at in range(40)]
    assert settle(votes).method == "majority"


def test_probabilities_add_up_and_nothing_asked_is_nothing_told() -> None:
    found = settle(crowd([0.8] * 5, 60)[0])
    assert all(sum(row.values()) == pytest.approx(1) for row in found.probabilities.values())
    assert settle([]).answers == {}


def test_whoever_answers_twice_has_changed_its_mind() -> None:
    assert settle([("q", "v", "a"), ("q", "v", "b")]).answers == {"q": "b"}
