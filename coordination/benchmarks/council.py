"""Conflicting answers of many voters settled without the truth: each rule beside the majority."""

import csv
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from django.core.management.base import CommandError

from coordination.benchmarks.measure import Measurement, Options
from coordination.engine.council.ballots import Ballot
from coordination.engine.council.crowd import Settled, settle
from coordination.engine.council.rules import count

SETS = ("binary1000", "ducks")
VOTERS = (3, 5, 10, 0)
_DRAWS = 5

Votes: TypeAlias = Sequence[tuple[str, str, str]]


def measure(options: Options) -> Iterator[Measurement]:
    """Yield how often each rule is right, with some voters a question (the mean of five draws) and with all."""
    if options.data is None or not options.data.is_dir():
        raise CommandError("council needs the data sets: name their folder with --data.")
    folder = options.data / "crowd_labels"
    for name in SETS:
        votes, truth = _read(folder, name)
        for n_voters in VOTERS:
            drawn = [_some(votes, n_voters, seed) for seed in range(_DRAWS if n_voters else 1)]
            found = [_right(draw, truth) for draw in drawn]
            mean = {rule: sum(one[rule] for one in found) / len(found) for rule in found[0]}
            about = {rule: round(share, 3) for rule, share in mean.items()}
            label = f"council_{name}_{n_voters or 'all'}"
            yield Measurement(label, mean["default"], "of answers right", mean["majority"], about)


def _right(votes: Votes, truth: Mapping[str, str]) -> dict[str, float]:
    by_majority, by_model, by_default = settle(votes, "majority"), settle(votes, "dawid-skene"), settle(votes)
    answers = {
        "majority": by_majority.answers,
        "dawid_skene": by_model.answers,
        "weighted": _weighted(votes, by_default),
        "default": by_default.answers,
    }
    return {rule: _share(said, truth) for rule, said in answers.items()}


def _share(said: Mapping[str, str], truth: Mapping[str, str]) -> float:
    return sum(said[question] == right for question, right in truth.items()) / len(truth)


def _weighted(votes: Votes, learned: Settled) -> dict[str, str]:
    """Return what a vote weighted by learned reliability says; where it has no winner, what got most of the weight."""
    ballots: dict[str, list[Ballot]] = defaultdict(list)
    for question, voter, answer in votes:
        ballots[question].append(Ballot(voter=voter, choice=answer, reliability=learned.voters[voter].accuracy))
    tallies = {question: count("weighted", cast, n_asked=len(cast)) for question, cast in ballots.items()}
    return {question: tally.winner or next(iter(tally.shares)) for question, tally in tallies.items()}


def _some(votes: Votes, n_voters: int, seed: int) -> Votes:
    """Return the votes of so many voters a question, drawn anew for each; of all with 0."""
    if not n_voters:
        return votes
    chance = random.Random(seed)
    of_question: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for vote in votes:
        of_question[vote[0]].append(vote)
    return [vote for cast in of_question.values() for vote in chance.sample(cast, min(n_voters, len(cast)))]


def _read(folder: Path, name: str) -> tuple[Votes, dict[str, str]]:
    with (folder / f"{name}_labels.csv").open() as file:
        votes = [(row["task"], row["worker"], row["label"]) for row in csv.DictReader(file)]
    with (folder / f"{name}_truth.csv").open() as file:
        truth = {row["task"]: row["truth"] for row in csv.DictReader(file)}
    return votes, truth
