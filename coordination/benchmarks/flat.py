"""Time per step in runs of 10, 100, 1,000 and 10,000 steps: the last should cost no more than the first."""

from coordination.accounts.models import Organization
from coordination.benchmarks.house import make_house, map_and_join, publish
from coordination.benchmarks.measure import Measurement, Options
from coordination.benchmarks.timing import seconds_for
from coordination.benchmarks.workers import our_workers

SIZES = (10, 100, 1_000, 10_000)
_CONCURRENCY = 100


def measure(options: Options) -> list[Measurement]:
    """Return steps per second in the longest runs beside those in the shortest; as many steps of each."""
    most = min(options.sample or SIZES[-1], SIZES[-1])
    sizes = [size for size in SIZES if size <= most] or [most]
    house = make_house()
    publish(house, "map", map_and_join(_CONCURRENCY))
    with our_workers():
        seconds_for(house, "map", [{"items": list(range(sizes[0]))}] * 8)
        rates = {size: _rate(house, size, sizes[-1] // size) for size in sizes}
    first, last = rates[sizes[0]], rates[sizes[-1]]
    details = {f"ms_per_step_of_{size}": round(1_000 / rate, 3) for size, rate in rates.items()}
    details["last_over_first"] = round(first / last, 2)
    return [Measurement("flat", last, "steps/s", first, details)]


def _rate(house: Organization, size: int, runs: int) -> float:
    """Return steps per second; the step that waits for the others counts as one."""
    timed = seconds_for(house, "map", [{"items": list(range(size))}] * runs)
    return (size + 1) * runs / timed.seconds
