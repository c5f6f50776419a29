"""The first rung that settles a conflict counts, and every rung is told."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from coordination.engine.council.ballots import Ballot
from coordination.engine.council.ladder import Conflict, Resolution, resolve

LEVEL = [Ballot(voter="x", choice="a", reliability=0.8), Ballot(voter="y", choice="b", reliability=0.8)]
CLEAR = [Ballot(voter="x", choice="a", reliability=0.95), Ballot(voter="y", choice="b", reliability=0.6)]


def settled(ballots: list[Ballot] = LEVEL, options: Sequence[str] = ("a", "b"), **known: Any) -> Resolution:
    return resolve(Conflict(options=options, ballots=ballots, n_asked=len(ballots), **known))


@pytest.mark.parametrize(
    ("known", "winner", "rungs"),
    [
        ({"vetoes": {"a": "policy"}}, "b", ["veto"]),
        ({"refuted": {"b": "the sum is wrong"}}, "a", ["veto", "facts"]),
        ({"ballots": CLEAR}, "a", ["veto", "facts", "vote"]),
        ({"beliefs": [({frozenset("a"): 0.9}, 0.9)]}, "a", ["veto", "facts", "vote", "beliefs"]),
        ({"negotiate": lambda left: "b"}, "b", ["veto", "facts", "vote", "beliefs", "negotiation"]),
        ({}, "", ["veto", "facts", "vote", "beliefs", "negotiation", "person"]),
        ({"vetoes": {"a": "policy", "b": "policy"}}, "", ["veto", "person"]),
    ],
)
def test_the_first_rung_that_settles_it_counts(known: dict[str, Any], winner: str, rungs: list[str]) -> None:
    found = settled(**known)
    assert (found.winner, [climbed.rung for climbed in found.rungs]) == (winner, rungs)
    assert all(climbed.reason for climbed in found.rungs)


def test_sources_that_contradict_each_other_go_to_a_person_at_once() -> None:
    asked: Callable[[Sequence[str]], str] = lambda left: pytest.fail("nobody negotiates")  # noqa: E731
    told = [({frozenset("a"): 1.0}, 0.95), ({frozenset("b"): 1.0}, 0.95)]
    found = settled(beliefs=told, negotiate=asked)
    assert (found.winner, found.rungs[-1].rung, found.left) == ("", "person", ("a", "b"))
    assert "contradict" in found.rungs[-1].reason


def test_what_is_out_is_not_voted_for() -> None:
    found = settled([*CLEAR, Ballot(voter="z", choice="c", reliability=0.9)], "abc", vetoes={"a": "policy"})
    assert found.winner == "c"
    assert found.rungs[0].reason == "Out: a: policy."


def test_an_agreement_on_something_else_is_none() -> None:
    assert settled(negotiate=lambda left: "neither").rungs[-2].reason == "The parties did not agree."
