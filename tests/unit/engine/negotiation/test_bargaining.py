"""Two parties agree where they can, on something that neither would refuse, and the same way every time."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.negotiation.bargaining import (
    Agreement,
    Party,
    acceptable,
    alternate,
    concede,
    mediate,
    nash_point,
    pareto,
)

# What is split in ten: each option gives one so much and the other the rest.
SPLIT = {f"{share:02}": share / 10 for share in range(11)}
SELLER = Party("seller", SPLIT, 0.2)
BUYER = Party("buyer", {option: 1 - share for option, share in SPLIT.items()}, 0.3)
PROTOCOLS: list[Callable[..., Agreement]] = [alternate, concede]


@st.composite
def games(draw: st.DrawFn) -> tuple[Party, Party, list[str]]:
    options = [f"o{n}" for n in range(draw(st.integers(2, 12)))]
    value = st.floats(0, 1, allow_nan=False).map(lambda share: round(share, 3))

    def party(name: str) -> Party:
        return Party(name, {option: draw(value) for option in options}, draw(st.floats(0, 0.7)))

    return party("x"), party("y"), options


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_split_ends_between_both_reservations(protocol: Callable[..., Agreement]) -> None:
    found = protocol(SELLER, BUYER, list(SPLIT), 20)
    assert 0.2 <= SPLIT[found.option] <= 0.7
    assert found.moves[-1].act == "accepts"


def test_the_mediator_proposes_the_nash_point() -> None:
    found = mediate((SELLER, BUYER), list(SPLIT))
    # (s − .2)(.7 − s) is largest at .45: of .4 and .5, equally near, always the same.
    assert found.option == nash_point((SELLER, BUYER), list(SPLIT)) == "04"
    assert [move.act for move in found.moves] == ["mediates", "accepts", "accepts"]


def test_without_a_common_ground_there_is_no_agreement_and_nobody_is_made_to() -> None:
    proud = Party("proud", SELLER.value, 0.9)
    assert acceptable((proud, BUYER), list(SPLIT)) == []
    assert alternate(proud, BUYER, list(SPLIT)).option == ""
    assert concede(proud, BUYER, list(SPLIT)).option == ""
    assert mediate((proud, BUYER), list(SPLIT)).moves[-1].act == "fails"


@pytest.mark.parametrize("protocol", PROTOCOLS)
@given(game=games())
def test_nobody_is_left_worse_than_without_an_agreement(
    protocol: Callable[..., Agreement], game: tuple[Party, Party, list[str]]
) -> None:
    one, other, options = game
    found = protocol(one, other, options)
    if found.option:
        assert one.accepts(found.option)
        assert other.accepts(found.option)
    assert protocol(one, other, options) == found


@given(games())
def test_the_nash_point_is_one_that_nothing_beats_for_both(game: tuple[Party, Party, list[str]]) -> None:
    one, other, options = game
    best = nash_point((one, other), options)
    assert bool(best) == bool(acceptable((one, other), options))
    if best:
        assert best in pareto((one, other), acceptable((one, other), options)) or min(
            one.value[best] - one.reservation, other.value[best] - other.reservation
        ) == pytest.approx(0, abs=1e-9)


@given(games())
def test_every_concession_gives_the_other_more(game: tuple[Party, Party, list[str]]) -> None:
    one, other, options = game
    stands = {one.name: "", other.name: ""}
    for move in concede(one, other, options).moves:
        waiter = other if move.party == one.name else one
        if move.act == "concedes":
            assert waiter.value[move.option] >= waiter.value[stands[move.party]]
        stands[move.party] = move.option
