"""Cron in time zones, clock changes both ways included."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from coordination.engine.timetable.cron import Cron, known_zone, readable_cron

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    """Return a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(cron: Cron, after: datetime, n: int) -> list[str]:
    """Return the next n times by the clock on the wall."""
    found = []
    for _ in range(n):
        due = cron.after(after)
        assert due is not None
        assert due > after
        found.append(f"{due.astimezone(ZoneInfo(cron.time_zone)):%d %H:%M %Z}")
        after = due
    return found


def test_a_time_is_after_the_moment_and_in_utc() -> None:
    cron = Cron("0 9 * * *", "Europe/Berlin")
    assert cron.after(at("2026-01-01T07:59:59")) == at("2026-01-01T08:00:00")
    assert cron.after(at("2026-01-01T08:00:00")) == at("2026-01-02T08:00:00")
    assert cron.after(at("2026-01-01T07:59:59.999999")) == at("2026-01-01T08:00:00")
    assert cron.after(at("2026-07-01T00:00:00")) == at("2026-07-01T07:00:00")


def test_what_is_due_in_a_skipped_hour_is_due_once_right_after_it() -> None:
    assert local(Cron("30 2 * * *", "Europe/Berlin"), at("2026-03-28T00:00:00"), 3) == [
        "28 02:30 CET",
        "29 03:00 CEST",
        "30 02:30 CEST",
    ]
    several = local(Cron("0,20,40 2,3 * * *", "Europe/Berlin"), at("2026-03-28T23:00:00"), 4)
    assert several == ["29 03:00 CEST", "29 03:20 CEST", "29 03:40 CEST", "30 02:00 CEST"]


def test_what_is_due_in_a_repeated_hour_is_due_in_the_first_only() -> None:
    cron = Cron("30 2 * * *", "Europe/Berlin")
    assert local(cron, at("2026-10-24T12:00:00"), 2) == ["25 02:30 CEST", "26 02:30 CET"]
    # Within the second 2 o'clock the first one has been.
    assert local(cron, at("2026-10-25T01:10:00"), 1) == ["26 02:30 CET"]


def test_what_follows_the_clock_goes_on_through_a_change() -> None:
    cron = Cron("*/30 * * * *", "Europe/Berlin")
    assert local(cron, at("2026-03-29T00:15:00"), 3) == ["29 01:30 CET", "29 03:00 CEST", "29 03:30 CEST"]
    assert local(cron, at("2026-10-25T00:15:00"), 4) == [
        "25 02:30 CEST",
        "25 02:00 CET",
        "25 02:30 CET",
        "25 03:00 CET",
    ]


@pytest.mark.parametrize("most", [1, 3, 100])
@pytest.mark.parametrize("expression", ["*/5 * * * *", "30 2 * * *", "0 0 1 * *", "15 */6 * * 1-5", "0 0 29 2 *"])
def test_the_last_times_are_the_ones_that_walking_there_gives(expression: str, most: int) -> None:
    cron = Cron(expression, "Europe/Berlin")
    after, until = at("2026-03-25T10:07:00"), at("2026-03-29T08:00:00")
    walked, due = [], cron.after(after)
    while due is not None and due <= until:
        walked.append(due)
        due = cron.after(due)
    assert cron.between(after, until, most) == walked[-most:]


def test_years_of_absence_are_not_walked_through_minute_by_minute() -> None:
    found = Cron("* * * * *").between(at("2000-01-01T00:00:00"), at("2026-01-01T00:00:00"), 3)
    assert found == [at("2025-12-31T23:58:00"), at("2025-12-31T23:59:00"), at("2026-01-01T00:00:00")]


def test_nothing_is_due_between_a_moment_and_itself() -> None:
    moment = at("2026-01-01T09:00:00")
    assert Cron("0 9 * * *").between(moment, moment, 5) == []
    assert Cron("0 9 * * *").between(moment - timedelta(microseconds=1), moment, 5) == [moment]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0 9 * *", "write 5 fields"),
        ("* * * * * *", "write 5 fields"),
        ("@daily", "write 5 fields"),
        ("60 * * * *", "bad minute"),
        ("0 9 * * MUN", "bad day-of-week"),
        ("0 0 31 2 *", "bad day-of-month"),
        ("0 0 */20 * 1L", "never comes"),
        ("0 " * 300, "at most"),
        ("", "write 5 fields"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        readable_cron(text)


def test_a_readable_expression_is_tidied_and_explained() -> None:
    assert readable_cron("  0  9 * * 1-5 ") == "0 9 * * 1-5"
    assert Cron("0 9 * * 1-5").in_words() == "At 09:00 on Monday through Friday"


@pytest.mark.parametrize("name", ["Europe/Berlni", "Mars/Olympus", "../etc/passwd", "", "/", "Europe", "a\x00b"])
def test_an_unknown_time_zone_is_told(name: str) -> None:
    with pytest.raises(ValueError, match="there is no time zone"):
        known_zone(name)


def test_a_slip_in_a_time_zone_is_answered_with_the_one_that_was_meant() -> None:
    with pytest.raises(ValueError, match="Europe/Berlin is one"):
        known_zone("Europe/Berlni")
    assert known_zone(" Europe/Berlin ") == "Europe/Berlin"
