"""Ballots become a winner by the rule, or a sentence says why not."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.council.ballots import Ballot, shares_of_vote
from coordination.engine.council.rules import RULES, Tally, count

OPTIONS = "abcd"
rankings = st.lists(st.permutations(OPTIONS).map(tuple), min_size=1, max_size=9)


def votes(*choices: str) -> list[Ballot]:
    return [Ballot(voter=f"v{at}", choice=choice) for at, choice in enumerate(choices)]


def ranked(orders: Sequence[tuple[str, ...]]) -> list[Ballot]:
    return [Ballot(voter=f"v{at}", ranking=order) for at, order in enumerate(orders)]


def tally(rule: str, ballots: list[Ballot], **more: float) -> Tally:
    return count(rule, ballots, n_asked=len(ballots), **more)


def test_majority_wins_and_a_tie_has_no_winner() -> None:
    assert tally("majority", votes("a", "b", "a")).winner == "a"
    level = tally("majority", votes("a", "b"))
    assert (level.winner, level.reason) == ("", "a and b are level.")


def test_too_few_voters_settle_nothing() -> None:
    too_few = count("majority", votes("a"), n_asked=3)
    assert (too_few.winner, too_few.reason) == ("", "Only 1 of 3 voted; 50% are needed.")
    assert count("majority", votes("a", ""), n_asked=2, quorum=0.5).winner == "a"
    assert tally("majority", votes("", "")).reason == "Nobody voted."


def test_unanimous_needs_all_who_voted() -> None:
    assert tally("unanimous", votes("a", "a", "")).winner == "a"
    assert tally("unanimous", votes("a", "a", "b")).winner == ""


def test_three_of_one_family_do_not_outvote_two_independent_ones() -> None:
    alike = [Ballot(voter=f"m{at}", choice="a", family="model-x") for at in range(3)]
    others = [Ballot(voter=f"h{at}", choice="b") for at in range(2)]
    found = tally("majority", alike + others)
    assert found.winner == "b"
    assert found.effective == pytest.approx(1.5 + 2)
    # Where they differ they did not err together: each is a vote.
    assert shares_of_vote([alike[0], Ballot(voter="m9", choice="b", family="model-x")]) == [1.0, 1.0]


def test_one_reliable_voter_outweighs_two_that_guess_and_nobody_is_an_oracle() -> None:
    good = Ballot(voter="good", choice="a", reliability=0.95)
    poor = [Ballot(voter=f"p{at}", choice="b", reliability=0.55) for at in range(2)]
    assert tally("weighted", [good, *poor]).winner == "a"
    many = [Ballot(voter=f"p{at}", choice="b", reliability=0.7) for at in range(6)]
    assert tally("weighted", [Ballot(voter="good", choice="a", reliability=1.0), *many]).winner == "b"


def test_a_weighted_win_needs_a_margin() -> None:
    close = [Ballot(voter="x", choice="a", reliability=0.8), Ballot(voter="y", choice="b", reliability=0.78)]
    found = tally("weighted", close)
    assert found.winner == ""
    assert "are needed" in found.reason


def test_one_who_is_always_certain_gains_nothing_by_it() -> None:
    loud = Ballot(voter="loud", choice="a", reliability=0.6, confidence=1.0)
    sure = Ballot(voter="sure", choice="b", reliability=0.9, confidence=0.9)
    assert tally("weighted", [loud, sure]).winner == "b"


def test_authority_counts_where_it_is_asked_for() -> None:
    chief = Ballot(voter="chief", choice="a", authority=5)
    clerks = [Ballot(voter=f"c{at}", choice="b", authority=1) for at in range(3)]
    assert tally("authority", [chief, *clerks]).winner == "a"


def test_schulze_follows_its_published_example() -> None:
    # Schulze, Social Choice and Welfare 36 (2011), section 3.1: 45 voters, E > A > C > B > D.
    counted = [
        (5, "acbed"),
        (5, "adecb"),
        (8, "bedac"),
        (3, "cabed"),
        (7, "caebd"),
        (2, "cbade"),
        (7, "dceba"),
        (8, "ebadc"),
    ]
    ballots = ranked([tuple(order) for number, order in counted for _ in range(number)])
    assert list(tally("schulze", ballots).shares) == list("eacbd")


def test_borda_follows_a_known_example() -> None:
    ballots = ranked([tuple("abc")] * 3 + [tuple("bca")] * 2)
    assert tally("borda", ballots).winner == "b"
    assert tally("majority", ballots).winner == "a"


@given(rankings)
def test_who_beats_every_other_option_wins_by_schulze(orders: list[tuple[str, ...]]) -> None:
    def beats(one: str, other: str) -> bool:
        return 2 * sum(order.index(one) < order.index(other) for order in orders) > len(orders)

    best = [one for one in OPTIONS if all(beats(one, other) for other in OPTIONS if other != one)]
    if best:
        assert tally("schulze", ranked(orders)).winner == best[0]


@given(st.sampled_from(sorted(RULES)), rankings, st.randoms(use_true_random=False))
def test_the_order_of_the_ballots_does_not_matter(rule: str, orders: list[tuple[str, ...]], random: object) -> None:
    ballots = ranked(orders)
    shuffled = list(ballots)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = tally(rule, ballots), tally(rule, shuffled)
    assert (one.winner, dict(one.shares)) == (other.winner, pytest.approx(dict(other.shares)))


@given(st.sampled_from(["majority", "weighted", "borda"]), rankings)
def test_one_more_vote_for_the_winner_does_not_unseat_it(rule: str, orders: list[tuple[str, ...]]) -> None:
    winner = tally(rule, ranked(orders)).winner
    if winner:
        more = (winner, *(option for option in OPTIONS if option != winner))
        assert tally(rule, ranked([*orders, more])).winner == winner
