"""What is drawn: as much as was asked for, in every stratum, at places that nobody can foresee."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.trust.sampling import draw_of, is_drawn


def drawn(secret: str, share: float, n: int) -> list[int]:
    return [place for place in range(n) if is_drawn(place, share, lambda turn: draw_of(secret, "stratum", turn))]


@given(st.text(min_size=1, max_size=20), st.sampled_from([0.01, 0.02, 0.05, 0.1, 0.25, 0.5]), st.integers(0, 800))
def test_the_share_is_kept_however_few_there_are(secret: str, share: float, n: int) -> None:
    assert abs(len(drawn(secret, share, n)) - n * share) <= 2


@given(st.text(min_size=1, max_size=20))
def test_none_and_all_are_exact(secret: str) -> None:
    assert drawn(secret, 0, 200) == []
    assert drawn(secret, 1, 200) == list(range(200))


def test_the_places_depend_on_the_secret_and_nothing_else() -> None:
    assert drawn("one", 0.1, 500) == drawn("one", 0.1, 500)
    assert drawn("one", 0.1, 500) != drawn("another", 0.1, 500)


def test_the_places_are_not_in_step() -> None:
    """Who counts to ten after each cannot tell which is next."""
    places = drawn("one", 0.1, 2_000)
    assert len({after - before for before, after in pairwise(places)}) > 8


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_draw_is_from_nought_up_to_one(secret: str, name: str) -> None:
    assert 0 <= draw_of(secret, name) < 1
