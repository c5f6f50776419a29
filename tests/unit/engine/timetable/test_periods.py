"""Periods follow the calendar: none is missed, none overlaps."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination.engine.timetable.periods import Length, before, begin_of, end_of, over_between

MOMENTS = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
LENGTHS = st.sampled_from(["week", "month", "quarter"])


@pytest.mark.parametrize(
    ("length", "begin", "end"),
    [
        ("week", datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)),
        ("month", datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)),
        ("quarter", datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_moment_lies_in_the_calendars_week_month_and_quarter(length: Length, begin: datetime, end: datetime) -> None:
    moment = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)
    assert begin_of(moment, length) == begin
    assert end_of(begin, length) == end


@settings(deadline=None)
@given(MOMENTS, LENGTHS)
def test_every_moment_lies_in_its_own_period_and_after_the_one_before(moment: datetime, length: Length) -> None:
    begin = begin_of(moment, length)
    assert begin <= moment < end_of(begin, length)
    last_begin, last_end = before(moment, length)
    assert (last_end, end_of(last_begin, length)) == (begin, begin)


@settings(deadline=None)
@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=900)), LENGTHS)
def test_periods_of_an_absence_follow_each_other_without_a_gap(
    after: datetime, absence: timedelta, length: Length
) -> None:
    until = after + absence
    found = over_between(after, until, length, 10_000)
    assert all(first[1] == second[0] for first, second in pairwise(found))
    assert all(after <= begin and end <= until for begin, end in found)
    if found:
        assert found[0][0] - after < end_of(begin_of(after, length), length) - begin_of(after, length)
        assert until < end_of(found[-1][1], length)


def test_after_a_long_absence_only_the_newest_periods_are_made_up_for() -> None:
    found = over_between(datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC), "month", 12)
    assert (len(found), found[-1][1]) == (12, datetime(2026, 11, 1, tzinfo=UTC))
