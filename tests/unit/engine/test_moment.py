"""Moments as people write them."""

from datetime import UTC, datetime

import pytest

from coordination.engine.moment import moment


@pytest.mark.parametrize("text", ["2027-01-31T12:00:00Z", "2027-01-31T13:00:00+01:00", " 2027-01-31 12:00Z "])
def test_a_moment_is_told_in_utc(text: str) -> None:
    assert moment(text) == datetime(2027, 1, 31, 12, tzinfo=UTC)


def test_a_moment_says_its_time_zone() -> None:
    with pytest.raises(ValueError, match="does not say its time zone"):
        moment("2027-01-31T12:00:00")


@pytest.mark.parametrize("text", ["", "tomorrow", "2027-02-31T12:00:00Z", "12:30"])
def test_anything_else_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        moment(text)


def test_a_moment_before_all_time_is_refused() -> None:
    with pytest.raises(ValueError, match="before or after all time"):
        moment("0001-01-01T00:00:00+14:00")
