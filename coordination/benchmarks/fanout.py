"""One run of 1,000 parallel steps and a join, beside a Celery group with a task that waits for all of it."""

from coordination.benchmarks import bare
from coordination.benchmarks.house import CAPABILITY, make_house, map_and_join, publish
from coordination.benchmarks.measure import Measurement, Options
from coordination.benchmarks.timing import seconds_for
from coordination.benchmarks.workers import bare_workers, our_workers

STEPS = 1_000
_WARM_UP = 40


def measure(options: Options) -> list[Measurement]:
    """Return parallel steps per second: as steps of the plan, and as items of a map."""
    steps = min(options.sample or STEPS, STEPS)
    with bare_workers():
        bare.seconds_for_group(_WARM_UP)
        bare_s = bare.seconds_for_group(steps)
    house = make_house()
    publish(house, "map", map_and_join(concurrency=1_000))
    # The join is one of the thousand that a workflow may have.
    names = [f"s{number}" for number in range(steps - 1)]
    call = {"capability": CAPABILITY}
    publish(
        house, "plan", [*({"id": name, "agent": call} for name in names), {"id": "join", "needs": names, "agent": call}]
    )
    with our_workers():
        seconds_for(house, "map", [{"items": list(range(_WARM_UP))}])
        plan = seconds_for(house, "plan", [{}])
        mapped = seconds_for(house, "map", [{"items": list(range(steps))}])
    return [
        Measurement("fanout", steps / plan.seconds, "steps/s", steps / bare_s, {"steps": steps}),
        Measurement("fanout of a map", steps / mapped.seconds, "steps/s", steps / bare_s, {"items": steps}),
    ]
