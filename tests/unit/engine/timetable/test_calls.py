"""Which calls a question makes, and when."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.timetable.business import Calendar, spans_in
from coordination.engine.timetable.calls import Call, Pace, due, made_until, plan

ASKED = datetime(2026, 3, 2, 8, tzinfo=UTC)
PLANNED = plan(None, ASKED, timedelta(minutes=10), timedelta(hours=1), Pace())


def minutes(planned: list[tuple[datetime, Call]]) -> list[tuple[int, Call]]:
    return [((at - ASKED) // timedelta(minutes=1), call) for at, call in planned]


def test_people_are_called_at_half_at_the_whole_and_at_one_and_a_half_of_the_time() -> None:
    assert minutes(PLANNED) == [
        (10, Call.TAKE_UP),
        (30, Call.REMIND),
        (60, Call.RAISE),
        (90, Call.DUTY),
        (120, Call.DUTY),
        (150, Call.DUTY),
        (180, Call.DUTY),
    ]


def test_only_work_time_counts() -> None:
    office = Calendar("UTC", [spans_in("09:00-09:30")] * 7)
    at, call = plan(office, ASKED, timedelta(minutes=10), timedelta(hours=1), Pace())[2]
    assert (at, call) == (datetime(2026, 3, 3, 9, 30, tzinfo=UTC), Call.RAISE)


def test_after_an_absence_only_what_still_helps_is_done() -> None:
    def after(passed: int, made: int = 0) -> list[Call]:
        return due(PLANNED, made, ASKED + timedelta(minutes=passed))

    assert after(9) == []
    assert after(35) == [Call.REMIND]
    assert after(60) == [Call.RAISE]
    assert after(95) == [Call.RAISE, Call.DUTY]
    assert after(900) == [Call.RAISE, Call.DUTY]
    assert after(900, made=4) == [Call.DUTY]
    assert after(900, made=7) == []


@given(
    st.lists(st.integers(0, 300), max_size=20).map(sorted),
    st.floats(0.1, 0.9),
    st.floats(1, 3),
    st.integers(0, 5),
)
def test_however_often_somebody_looks_nothing_is_called_twice(
    looks: list[int], remind: float, duty: float, repeats: int
) -> None:
    planned = plan(None, ASKED, timedelta(minutes=5), timedelta(hours=1), Pace(remind, 1.0, duty, repeats))
    made, calls = 0, []
    for look in looks:
        moment = ASKED + timedelta(minutes=look)
        calls += due(planned, made, moment)
        made = made_until(planned, moment)
    assert calls.count(Call.RAISE) <= 1
    assert calls.count(Call.DUTY) <= 1 + repeats
    assert calls.count(Call.REMIND) <= 1
    if looks and looks[-1] >= 60:
        assert Call.RAISE in calls
