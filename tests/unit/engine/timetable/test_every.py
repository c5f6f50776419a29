"""Every so often, by elapsed time."""

from datetime import UTC, datetime, timedelta

from coordination.engine.timetable.every import Every

START = datetime(2026, 1, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def test_the_first_time_is_the_start() -> None:
    every = Every(QUARTER, START)
    assert every.after(START - timedelta(days=3)) == START
    assert every.after(START - timedelta(microseconds=1)) == START


def test_times_stay_on_the_grid_however_late_someone_asks() -> None:
    every = Every(QUARTER, START)
    assert every.after(START) == START + QUARTER
    assert every.after(START + 10 * QUARTER + timedelta(seconds=59)) == START + 11 * QUARTER


def test_only_the_last_times_are_returned() -> None:
    every = Every(QUARTER, START)
    until = START + 1_000_000 * QUARTER
    assert every.between(START, until, 2) == [until - QUARTER, until]
    assert every.between(START, START + QUARTER, 5) == [START + QUARTER]
    assert every.between(START - QUARTER, START, 5) == [START]
    assert every.between(START, START + timedelta(minutes=1), 5) == []
    assert every.between(START - 2 * QUARTER, START - QUARTER, 5) == []
