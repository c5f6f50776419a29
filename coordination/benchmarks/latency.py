"""How long a single run of 10 steps takes on an idle system, beside a Celery chain."""

import time
from collections.abc import Callable, Sequence

from coordination.benchmarks import bare
from coordination.benchmarks.house import chain_of, make_house, publish
from coordination.benchmarks.measure import Measurement, Options
from coordination.benchmarks.timing import percentile, seconds_for
from coordination.benchmarks.workers import bare_workers, our_workers

RUNS = 50
STEPS = 10
_PAUSE_S = 0.1
_LOOK_EVERY_S = 0.001


def measure(options: Options) -> list[Measurement]:
    """Return runs per second, one after the other with a pause between; the times are in the details."""
    runs = options.sample or RUNS
    with bare_workers():
        bare_s = _each(runs, lambda: bare.seconds_for(1, STEPS))
    house = make_house()
    publish(house, "chain", chain_of(STEPS))
    with our_workers():
        ours_s = _each(runs, lambda: seconds_for(house, "chain", [{}], look_every_s=_LOOK_EVERY_S).seconds)
    details = {"runs": runs, **_in_words("", ours_s), **_in_words("celery_", bare_s)}
    return [Measurement("latency", 1 / percentile(ours_s, 0.5), "runs/s", 1 / percentile(bare_s, 0.5), details)]


def _each(runs: int, run: Callable[[], float]) -> list[float]:
    """Return the seconds of each run; the first few, in which everything is imported, do not count."""
    found = []
    for number in range(runs + 4):
        time.sleep(_PAUSE_S)
        seconds = run()
        if number >= 4:
            found.append(seconds)
    return found


def _in_words(prefix: str, seconds: Sequence[float]) -> dict[str, float]:
    return {f"{prefix}p{share}_ms": round(percentile(seconds, share / 100) * 1_000, 1) for share in (50, 99)}
