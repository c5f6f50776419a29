"""500 registered agents, 200 busy at once with calls of 200 ms: throughput beside the ideal, and beside Celery."""

from coordination.benchmarks import bare
from coordination.benchmarks.house import NAP_S, add_agent, make_house, publish
from coordination.benchmarks.measure import Measurement, Options
from coordination.benchmarks.timing import seconds_for
from coordination.benchmarks.workers import WORKERS, bare_workers, our_workers

AGENTS = 500
BUSY = 200
_RUNS = 6


def measure(options: Options) -> list[Measurement]:
    """Return calls per second; every agent is called once in each run."""
    agents = options.sample or AGENTS
    busy = min(BUSY, agents)
    ideal = busy / NAP_S
    threads = busy // WORKERS
    with bare_workers("-P", "threads", "-c", str(busy)):
        bare.seconds_for_naps(busy, NAP_S)
        celery = agents * _RUNS / bare.seconds_for_naps(agents * _RUNS, NAP_S)
    house = make_house()
    names = [f"napper-{number}" for number in range(agents)]
    for name in names:
        add_agent(house, name, "nap")
    publish(house, "naps", [{"id": name, "agent": {"name": name}} for name in names])
    with our_workers(threads):
        seconds_for(house, "naps", [{}])
        ours = agents * _RUNS / seconds_for(house, "naps", [{}] * _RUNS).seconds
    details = {"agents": agents, "busy": busy, "calls": agents * _RUNS, "celery": round(celery, 1)}
    return [Measurement("agents", ours, "calls/s", ideal, details)]
