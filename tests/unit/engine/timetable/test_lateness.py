"""What becomes of times that went by while nobody looked."""

from datetime import UTC, datetime, timedelta

import pytest

from coordination.engine.timetable.lateness import MOST_CAUGHT_UP, CatchUp, to_start

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def ago(*minutes: float) -> list[datetime]:
    return [NOW - timedelta(minutes=one) for one in minutes]


@pytest.mark.parametrize("policy", list(CatchUp))
def test_a_single_time_that_is_on_time_is_started_for(policy: CatchUp) -> None:
    assert to_start(ago(0.5), NOW, policy) == ago(0.5)
    assert to_start([], NOW, policy) == []


@pytest.mark.parametrize(
    ("policy", "late", "on_time"),
    [
        (CatchUp.SKIP, [], ago(0.5)),
        (CatchUp.LAST, ago(10), ago(0.5)),
        (CatchUp.ALL, ago(30, 20, 10), ago(20, 10, 0.5)),
    ],
)
def test_missed_times_are_made_up_for_as_the_policy_says(
    policy: CatchUp, late: list[datetime], on_time: list[datetime]
) -> None:
    assert to_start(ago(30, 20, 10), NOW, policy) == late
    assert to_start(ago(20, 10, 0.5), NOW, policy) == on_time


def test_all_has_a_bound_and_the_newest_count() -> None:
    due = ago(*range(MOST_CAUGHT_UP + 5, 0, -1))
    assert to_start(due, NOW, CatchUp.ALL) == due[5:]
