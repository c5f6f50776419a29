"""Hours of rest, and when a digest comes."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.timetable.quiet import Rest, next_daily, next_hourly
from coordination.engine.timetable.retrying import LONGEST, SPREAD, pause

ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe"])
MOMENTS = st.integers(1_577_836_800, 2_051_222_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
WALLS = st.times().map(lambda wall: wall.replace(second=0, microsecond=0))


@given(MOMENTS, WALLS, WALLS, ZONES)
def test_after_rest_comes_a_moment_that_is_not_quiet_and_within_two_days(
    moment: datetime, begin: time, end: time, zone: str
) -> None:
    over = Rest(zone, begin, end).over(moment)
    assert moment <= over <= moment + timedelta(days=2)
    if Rest(zone, begin, end).is_quiet(moment):
        assert over > moment
    else:
        assert over == moment


@given(MOMENTS, WALLS, ZONES)
def test_the_same_hour_twice_is_no_rest(moment: datetime, wall: time, zone: str) -> None:
    assert Rest(zone, wall, wall).over(moment) == moment


def test_a_night_passes_midnight() -> None:
    night = Rest("Europe/Berlin", time(22), time(7))
    late = datetime(2026, 5, 4, 23, 30, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    assert night.over(late) == datetime(2026, 5, 5, 7, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    early = datetime(2026, 5, 5, 3, 0, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    assert night.over(early) == datetime(2026, 5, 5, 7, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    noon = datetime(2026, 5, 5, 12, 0, tzinfo=UTC)
    assert night.over(noon) == noon


@given(MOMENTS, WALLS, ZONES)
def test_a_daily_digest_comes_within_a_day_and_an_hour(moment: datetime, wall: time, zone: str) -> None:
    due = next_daily(moment, wall, zone)
    assert moment < due <= moment + timedelta(hours=25)


def test_a_daily_digest_keeps_its_hour_through_a_clock_change() -> None:
    before = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    assert next_daily(before, time(8), "Europe/Berlin") == datetime(2026, 3, 29, 6, 0, tzinfo=UTC)
    assert next_daily(before - timedelta(days=1), time(8), "Europe/Berlin") == datetime(2026, 3, 28, 7, 0, tzinfo=UTC)


def test_an_hourly_digest_comes_at_the_full_hour() -> None:
    assert next_hourly(datetime(2026, 5, 5, 12, 0, tzinfo=UTC)) == datetime(2026, 5, 5, 13, 0, tzinfo=UTC)
    assert next_hourly(datetime(2026, 5, 5, 12, 59, 59, tzinfo=UTC)) == datetime(2026, 5, 5, 13, 0, tzinfo=UTC)


@given(st.integers(1, 100), st.floats(0, 1, exclude_max=True))
def test_a_pause_is_near_a_minute_doubled_each_time_up_to_an_hour(attempts: int, luck: float) -> None:
    plain = timedelta(minutes=min(2 ** (attempts - 1), LONGEST // timedelta(minutes=1)))
    assert plain * (1 - SPREAD) <= pause(attempts, luck) <= plain * (1 + SPREAD)


def test_luck_spreads_pauses() -> None:
    assert pause(3, 0.0) < pause(3, 0.5) < pause(3, 0.99)
