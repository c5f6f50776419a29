"""`bench bias`: streams through real monitors, and the data set where it is."""

import random
from pathlib import Path

import pytest
from django.core.management import CommandError

from coordination.accounts.services import create_organization
from coordination.benchmarks.bias import Stream, measure, simulated, streams_in, through_monitor
from coordination.benchmarks.measure import Options
from tests.realdata import FOLDER, needs_real_data


def test_a_stream_with_a_large_gap_alarms_and_a_fair_one_does_not(db: None) -> None:
    house = create_organization("bench", "Bench")
    gap = [(at % 2 == 0, at % 4 == 1) for at in range(200)]
    fair = [(at % 2 == 0, at % 4 < 2) for at in range(200)]

    assert through_monitor(house, Stream(0.5, gap)).monitor
    assert not through_monitor(house, Stream(1.0, fair)).monitor


def test_simulated_streams_have_the_ratio_that_they_promise() -> None:
    rng = random.Random(1)
    rates: dict[bool, list[bool]] = {True: [], False: []}
    for _ in range(300):
        for is_protected, is_good in simulated(rng, 0.5).decisions:
            rates[is_protected].append(is_good)
    own, other = (sum(rates[group]) / len(rates[group]) for group in (True, False))
    assert own / other == pytest.approx(0.5, abs=0.03)


def test_without_the_data_it_says_what_is_missing() -> None:
    with pytest.raises(CommandError, match="bias needs the data sets"):
        next(iter(measure(Options(Path("/nowhere")))))


@needs_real_data
def test_every_stream_of_the_data_set_is_read_with_its_truth() -> None:
    streams = streams_in(FOLDER / "bias_adult_german")

    assert len(streams) == 60
    assert {one.ratio for one in streams} == {1.0, 0.9, 0.8, 0.7, 0.5}
    assert {len(one.decisions) for one in streams} == {200, 400, 800}
