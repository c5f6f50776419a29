"""What many answers to many questions tell without the truth: how often each voter errs, and what is probably right.

Dawid and Skene, Applied Statistics 28 (1979): expectation maximization over the unknown answers and each voter's
confusion of one answer with another.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

# Below this many answers a voter (as an average over answers), errors cannot be told from chance.
FEWEST_ANSWERS: Final = 30
# The model holds if a further kind of question would explain little beside what telling two apart explains.
LARGEST_GAIN: Final = 0.25
_PRIOR = 0.5
_MOST_ROUNDS = 200
_STARTS = 4
_CLOSE = 1e-7


@dataclass(frozen=True, slots=True)
class Voter:
    """How a voter answers: `confusion[truth][answer]`, and how often it is right on questions like these."""

    n: int
    accuracy: float
    confusion: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Settled:
    """The probable answers and their probabilities, how each voter errs, by which method, and why by that."""

    answers: Mapping[str, str]
    probabilities: Mapping[str, Mapping[str, float]]
    voters: Mapping[str, Voter]
    method: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Fit:
    """Probabilities of the kinds of each question, each voter's answers by kind, and the log-likelihood of it all."""

    kinds: Floats
    confusion: Floats
    likelihood: float


@dataclass(frozen=True, slots=True)
class _Crowd:
    questions: list[str]
    voters: list[str]
    options: list[str]
    # One where this voter gave this answer to this question.
    said: Floats


def settle(votes: Iterable[tuple[str, str, str]], method: str = "") -> Settled:
    """Return what probably is right for each question, given as (question, voter, answer).

    By default by Dawid and Skene's model where it can be trusted, otherwise by majority: the model misleads where
    questions are of more kinds than there are answers, so that voters err alike on some of them. No truth is used.
    """
    crowd = _crowd(votes)
    if not crowd.questions:
        return Settled({}, {}, {}, method or "majority", "Nobody has answered anything.")
    counted = _majority(crowd)
    fit = _fit(crowd, counted)
    if not method:
        method, reason = _method(crowd, fit)
    else:
        reason = "It was asked for."
    return _settled(crowd, fit, fit.kinds if method == "dawid-skene" else counted, method, reason)


def _method(crowd: _Crowd, fit: _Fit) -> tuple[str, str]:
    """Return which method to trust, and why."""
    n_answers = crowd.said.sum((0, 2))
    typical = float((n_answers**2).sum() / n_answers.sum())
    if typical < FEWEST_ANSWERS:
        return "majority", f"A voter gave about {typical:.0f} answers; from {FEWEST_ANSWERS} on its errors can be told."
    gain = _gain(crowd, fit)
    if gain > LARGEST_GAIN:
        reason = (
            f"Questions seem to be of more than {len(crowd.options)} kinds (gain {gain:.2f}): voters err alike on some."
        )
        return "majority", reason
    return "dawid-skene", f"Voters' errors explain how they differ (gain of a further kind: {gain:.2f})."


def _gain(crowd: _Crowd, fit: _Fit) -> float:
    """Return how much a further kind of question explains, beside what telling the kinds apart explains at all."""
    n_questions, n_kinds = fit.kinds.shape
    nothing = _expectation_maximization(crowd.said, np.ones((n_questions, 1))).likelihood
    random = np.random.default_rng(0)
    starts = (random.dirichlet(np.full(n_kinds + 1, 0.5), size=n_questions) for _ in range(_STARTS))
    more = max(_expectation_maximization(crowd.said, start).likelihood for start in starts)
    explained = fit.likelihood - nothing
    return (more - fit.likelihood) / explained if explained > 0 else float("inf")


def _crowd(votes: Iterable[tuple[str, str, str]]) -> _Crowd:
    # Who answers a question twice has changed its mind: the last answer counts.
    last = {(question, voter): answer for question, voter, answer in votes}
    questions = list(dict.fromkeys(question for question, _ in last))
    voters = sorted({voter for _, voter in last})
    options = sorted({*last.values()})
    row, column, layer = ({name: at for at, name in enumerate(names)} for names in (questions, voters, options))
    said = np.zeros((len(questions), len(voters), len(options)))
    for (question, voter), answer in last.items():
        said[row[question], column[voter], layer[answer]] = 1.0
    return _Crowd(questions, voters, options, said)


def _majority(crowd: _Crowd) -> Floats:
    counted = crowd.said.sum(1)
    shares: Floats = counted / counted.sum(1, keepdims=True)
    return shares


def _fit(crowd: _Crowd, start: Floats) -> _Fit:
    return _expectation_maximization(crowd.said, start)


def _expectation_maximization(said: Floats, kinds: Floats) -> _Fit:
    """Return the fit that is reached from these first probabilities of the kinds of each question."""
    likelihood = -np.inf
    n_questions, n_kinds = kinds.shape
    # As plain matrices: the products below are then what the machine's linear algebra is fastest at.
    answers = said.reshape(n_questions, -1)
    for _ in range(_MOST_ROUNDS):
        share = (kinds.sum(0) + 1) / (n_questions + n_kinds)
        confusion = (kinds.T @ answers).reshape(n_kinds, *said.shape[1:]) + _PRIOR
        confusion /= confusion.sum(2, keepdims=True)
        logs = np.log(share) + answers @ np.log(confusion).reshape(n_kinds, -1).T
        largest = logs.max(1, keepdims=True)
        kinds = np.exp(logs - largest)
        whole = kinds.sum(1, keepdims=True)
        kinds /= whole
        reached = float((largest + np.log(whole)).sum())
        if reached - likelihood < _CLOSE * abs(reached):
            return _Fit(kinds, confusion, reached)
        likelihood = reached
    return _Fit(kinds, confusion, likelihood)


def _settled(crowd: _Crowd, fit: _Fit, probable: Floats, method: str, reason: str) -> Settled:
    options = crowd.options
    return Settled(
        answers={one: options[int(at)] for one, at in zip(crowd.questions, probable.argmax(1), strict=True)},
        probabilities={
            one: dict(zip(options, map(float, row), strict=True))
            for one, row in zip(crowd.questions, probable, strict=True)
        },
        voters=_voters(crowd, fit if method == "dawid-skene" else _from(crowd, probable)),
        method=method,
        reason=reason,
    )


def _from(crowd: _Crowd, probable: Floats) -> _Fit:
    """Return how voters err, measured by these answers."""
    confusion = np.einsum("nc,nwk->cwk", probable, crowd.said) + _PRIOR
    return _Fit(probable, confusion / confusion.sum(2, keepdims=True), 0.0)


def _voters(crowd: _Crowd, fit: _Fit) -> dict[str, Voter]:
    share = fit.kinds.mean(0)
    found = {}
    for at, name in enumerate(crowd.voters):
        confusion = fit.confusion[:, at, :]
        found[name] = Voter(
            int(crowd.said[:, at].sum()),
            float((share * np.diagonal(confusion)).sum()),
            {
                truth: dict(zip(crowd.options, map(float, row), strict=True))
                for truth, row in zip(crowd.options, confusion, strict=True)
            },
        )
    return found
