"""Who spoke to whom, drawn on a ring."""

from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.draw.ring import ring

names = st.text("abcdef", min_size=1, max_size=3)
pairs = st.lists(st.tuples(names, names, st.integers(1, 10_000)), max_size=60)


@given(pairs)
def test_all_is_inside_the_picture_and_nothing_is_drawn_without_a_seat(
    spoken: list[tuple[str, str, int]],
) -> None:
    drawn = ring(spoken, most=8)
    seats = {seat.name for seat in drawn.seats}
    assert len(seats) <= 8
    assert all(0 <= seat.x <= drawn.width and 0 <= seat.y <= drawn.height for seat in drawn.seats)
    assert all({thread.source, thread.target} <= seats and thread.width > 0 for thread in drawn.threads)


def test_those_who_speak_most_have_a_seat_and_the_widest_thread() -> None:
    drawn = ring([("a", "b", 100), ("b", "a", 2), ("c", "d", 1)], most=2)
    assert [seat.name for seat in drawn.seats] == ["a", "b"]
    thin, wide = drawn.threads
    assert (wide.source, wide.count, thin.source) == ("a", 100, "b")
    assert wide.width > thin.width
    # Both directions are seen: they bend to different sides.
    assert wide.path.partition("Q")[2] != thin.path.partition("Q")[2]


def test_nobody_spoke() -> None:
    assert (ring([]).seats, ring([]).threads) == ([], [])
