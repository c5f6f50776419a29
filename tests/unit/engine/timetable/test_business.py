"""Work hours: so much time of people's work has gone by when."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.timetable.business import FARTHEST, Calendar, Span, after, between, spans_in

OFFICE = spans_in("09:00-12:00, 13:00-17:00")
BERLIN = Calendar("Europe/Berlin", [OFFICE] * 5 + [(), ()])
ALWAYS = Calendar("Europe/Berlin", [spans_in("00:00-24:00")] * 7)
NIGHTS = Calendar("Europe/Berlin", [spans_in("00:00-06:00, 22:00-24:00")] * 7)

ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo", "Africa/Cairo", "Australia/Lord_Howe"])
MOMENTS = st.integers(0, 15 * 366 * 86_400).map(lambda s: datetime(2015, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
TIMES = st.integers(0, 14 * 24 * 3600).map(lambda seconds: timedelta(seconds=seconds))


@st.composite
def days(draw: st.DrawFn) -> tuple[Span, ...]:
    edges = sorted(draw(st.sets(st.integers(0, 24 * 60), min_size=0, max_size=4)))
    return tuple(Span(begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=False))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    week = draw(st.lists(days(), min_size=7, max_size=7).filter(any))
    holidays = draw(st.frozensets(st.dates(date(2015, 1, 1), date(2030, 12, 31)), max_size=5))
    return Calendar(draw(ZONES), week, holidays)


def at(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-03-02 09:00", 2, "2026-03-02 11:00"),  # a Monday
        ("2026-03-02 11:30", 1, "2026-03-02 13:30"),  # over lunch
        ("2026-03-02 16:00", 2, "2026-03-03 10:00"),  # over night
        ("2026-03-06 16:30", 1, "2026-03-09 09:30"),  # over the weekend
        ("2026-03-07 12:00", 0, "2026-03-09 09:00"),  # nothing is due before work goes on
        ("2026-03-02 09:00", 7, "2026-03-02 17:00"),  # to the end of a day, not to the next one
    ],
)
def test_time_runs_while_people_work(start: str, hours: int, end: str) -> None:
    assert BERLIN.after(at(start), timedelta(hours=hours)) == at(end)


def test_nobody_works_on_a_holiday() -> None:
    free = Calendar("Europe/Berlin", BERLIN.week, frozenset({date(2026, 3, 3)}))
    assert free.after(at("2026-03-02 16:00"), timedelta(hours=2)) == at("2026-03-04 10:00")
    assert not free.is_open(at("2026-03-03 10:00"))


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25)],
)
def test_a_day_is_as_long_as_the_clock_makes_it(day: str, hours: int) -> None:
    start, end = at(f"{day} 00:00"), at(f"{date.fromisoformat(day) + timedelta(days=1)} 00:00")
    assert ALWAYS.between(start, end) == timedelta(hours=hours)
    assert NIGHTS.between(start, end) == timedelta(hours=hours - 16)


@pytest.mark.parametrize(
    ("hours", "worked_s", "opens"),
    [
        ("02:15-02:45", 0, None),  # the clock never shows any of it
        ("02:30-04:00", 3600, "2026-03-29T01:00:00+00:00"),  # begins with the jump
        ("01:00-02:30", 3600, "2026-03-29T00:00:00+00:00"),  # ends with the jump
    ],
)
def test_hours_that_the_clock_skips_are_not_worked(hours: str, worked_s: int, opens: str | None) -> None:
    calendar = Calendar("Europe/Berlin", [()] * 6 + [spans_in(hours)])
    start, end = at("2026-03-29 00:00"), at("2026-03-30 00:00")
    assert calendar.between(start, end) == timedelta(seconds=worked_s)
    if opens is not None:
        assert calendar.after(start, timedelta()) == datetime.fromisoformat(opens)


def test_work_goes_on_through_an_hour_that_comes_twice() -> None:
    calendar = Calendar("Europe/Berlin", [()] * 6 + [spans_in("01:00-02:30")])
    start, end = at("2026-10-25 00:00"), at("2026-10-26 00:00")
    assert calendar.between(start, end) == timedelta(hours=2, minutes=30)


def test_a_midnight_that_is_skipped_belongs_to_the_day_after() -> None:
    calendar = Calendar("Africa/Cairo", [spans_in("00:00-24:00")] * 7)
    start, end = at("2026-04-24 01:00", "Africa/Cairo"), at("2026-04-25 00:00", "Africa/Cairo")
    assert calendar.between(start - timedelta(hours=5), end) == end - start + timedelta(hours=5)


@given(calendars(), MOMENTS, TIMES)
def test_what_was_added_lies_between(calendar: Calendar, start: datetime, worked: timedelta) -> None:
    end = calendar.after(start, worked)
    if end < start + FARTHEST:
        assert calendar.between(start, end) == worked


@given(calendars(), MOMENTS, TIMES, TIMES)
def test_adding_twice_is_adding_once(calendar: Calendar, start: datetime, one: timedelta, other: timedelta) -> None:
    end = calendar.after(start, one + other)
    if end < start + FARTHEST:
        assert calendar.after(calendar.after(start, one), other) in (end, calendar.after(end, timedelta()))
        assert start <= calendar.after(start, one) <= end


@given(calendars(), MOMENTS, TIMES, TIMES)
def test_time_between_adds_up(calendar: Calendar, start: datetime, one: timedelta, other: timedelta) -> None:
    middle, end = start + one, start + one + other
    assert calendar.between(start, middle) + calendar.between(middle, end) == calendar.between(start, end)


@given(calendars(), MOMENTS)
def test_a_quarter_of_an_hour_is_worked_as_often_as_people_are_there(calendar: Calendar, start: datetime) -> None:
    start = start.replace(second=0, microsecond=0)
    there = sum(calendar.is_open(start + timedelta(minutes=minute)) for minute in range(15))
    assert calendar.between(start, start + timedelta(minutes=15)) == timedelta(minutes=there)


@given(ZONES, MOMENTS, TIMES)
def test_whoever_is_always_there_has_all_the_time(zone: str, start: datetime, worked: timedelta) -> None:
    calendar = Calendar(zone, [spans_in("00:00-24:00")] * 7)
    assert calendar.after(start, worked) == start + worked == after(None, start, worked)
    assert calendar.between(start, start + worked) == worked == between(None, start, start + worked)


def test_hours_that_hardly_come_end_the_search() -> None:
    calendar = Calendar("UTC", [(Span(0, 1),)] + [()] * 6)
    assert calendar.after(at("2026-01-01 00:00", "UTC"), timedelta(days=90)) == at("2026-01-01 00:00", "UTC") + FARTHEST


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("9-17", "not a time of the day"),
        ("17:00-09:00", "next day"),
        ("09:00", "not a time"),
        ("09:00-09:00", "does not end"),
        ("09:00-13:00, 12:00-15:00", "overlap"),
        ("09:00-25:00", "not a time"),
        ("09:00:30-10:00", "not a time"),
    ],
)
def test_hours_that_make_no_sense_are_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        spans_in(text)


def test_hours_are_read_as_people_write_them() -> None:
    assert [str(span) for span in spans_in(" 13:00–24:00,09:00-12:30 ")] == ["09:00-12:30", "13:00-24:00"]
    assert spans_in("") == ()
