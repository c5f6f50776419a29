"""Whose turn it is."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.timetable.rota import Rota

MOMENTS = st.integers(0, 10 * 366 * 86_400).map(lambda s: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
ROTAS = st.builds(
    Rota,
    st.lists(st.sampled_from("abcdef"), min_size=1, max_size=4),
    st.sampled_from(["day", "week"]),
    st.dates(date(2022, 1, 1), date(2028, 1, 1)),
    st.sampled_from(["UTC", "Europe/Berlin", "Africa/Cairo"]),
)


@given(ROTAS, MOMENTS)
def test_somebody_has_the_turn_at_every_moment(rota: Rota, moment: datetime) -> None:
    turn = rota.turn_at(moment)
    assert turn is not None
    assert turn.begins_at <= moment < turn.ends_at
    assert rota.turn_at(turn.ends_at) == rota.turns_from(moment, 2)[1]


def test_turns_change_at_midnight_of_their_place_and_start_again() -> None:
    rota = Rota(["ann", "bo"], "week", date(2026, 3, 2), "Europe/Berlin")
    turns = rota.turns_from(datetime(2026, 3, 1, 23, 30, tzinfo=UTC), 3)
    assert [turn.person for turn in turns] == ["ann", "bo", "ann"]
    assert turns[0].begins_at == datetime(2026, 3, 1, 23, tzinfo=UTC)
    # The last of them ends after the clocks went forward.
    assert turns[-1].ends_at - turns[0].begins_at == timedelta(days=21)
    assert rota.turns_from(datetime(2026, 3, 25, tzinfo=UTC), 1)[0].ends_at == datetime(2026, 3, 29, 22, tzinfo=UTC)


def test_before_the_first_day_turns_are_reckoned_backwards() -> None:
    rota = Rota(["ann", "bo"], "day", date(2026, 3, 2))
    turn = rota.turn_at(datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert turn is not None
    assert turn.person == "bo"


def test_where_nobody_takes_turns_there_are_none() -> None:
    rota = Rota([], "day", date(2026, 3, 2))
    assert rota.turn_at(datetime(2026, 3, 2, tzinfo=UTC)) is None
    assert rota.turns_from(datetime(2026, 3, 2, tzinfo=UTC), 3) == []
