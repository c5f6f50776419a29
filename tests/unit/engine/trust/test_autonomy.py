"""Levels of autonomy are earned by a record, and lost at once."""

from datetime import UTC, datetime, timedelta

import pytest

from coordination.engine.trust.autonomy import FEWEST, GATES, Placed, Track, fall, missing
from coordination.engine.trust.reliability import Record

NOW = datetime(2026, 11, 23, tzinfo=UTC)
BEFORE = NOW - timedelta(days=40)


def test_proposing_and_asking_take_no_record() -> None:
    assert [missing(level, Track(0, 0.0), NOW) for level in (0, 1)] == [[], []]


@pytest.mark.parametrize("level", sorted(GATES))
def test_each_further_level_takes_outcomes_a_bound_and_quiet(level: int) -> None:
    gate = GATES[level]
    assert missing(level, Track(FEWEST, gate), NOW) == []
    assert len(missing(level, Track(FEWEST - 1, gate), NOW)) == 1
    assert len(missing(level, Track(FEWEST, gate - 0.001), NOW)) == 1
    assert len(missing(level, Track(FEWEST, gate, NOW - timedelta(days=29)), NOW)) == 1
    assert missing(level, Track(FEWEST, gate, NOW - timedelta(days=31)), NOW) == []


def test_the_highest_level_takes_133_straight_successes() -> None:
    lowers = {n: Record(float(n), 0.0).lower for n in (132, 133)}
    assert lowers[132] < GATES[4] <= lowers[133]


def test_a_severe_incident_takes_a_level_away_but_each_only_once() -> None:
    placed = Placed(3, BEFORE, 1)
    assert "severe" in fall(placed, Track(100, 0.99, BEFORE + timedelta(days=1)), 1, None)
    assert fall(placed, Track(100, 0.99, BEFORE - timedelta(days=1)), 1, None) == ""
    assert fall(Placed(0, BEFORE, 1), Track(100, 0.1, NOW), 2, None) == ""


def test_a_new_version_has_to_earn_what_the_old_one_had() -> None:
    assert "Version 2 is new" in fall(Placed(2, BEFORE, 1), Track(100, 0.99), 2, None)
    assert fall(Placed(1, BEFORE, 1), Track(100, 0.99), 2, None) == ""


def test_a_record_that_gets_worse_by_more_than_a_little_costs_the_level() -> None:
    placed = Placed(4, BEFORE, 1)
    assert fall(placed, Track(100, 0.935), 1, None) == ""
    assert "92.0%" in fall(placed, Track(100, 0.92), 1, None)
    # Who was placed higher than its record supports stays until there is a record to speak of.
    assert fall(placed, Track(10, 0.0), 1, None) == ""


def test_drift_downward_costs_the_level_and_upward_does_not() -> None:
    placed = Placed(2, BEFORE, 1)
    assert "less often" in fall(placed, Track(100, 0.9), 1, (0.95, 0.6))
    assert fall(placed, Track(100, 0.9), 1, (0.6, 0.95)) == ""
