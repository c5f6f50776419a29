"""Resident megabytes of the web server, the workers and beat, idle and after a load, beside Celery's workers."""

import time

import psutil

from coordination.benchmarks.house import chain_of, make_house, publish
from coordination.benchmarks.measure import Measurement, Options
from coordination.benchmarks.serving import everything
from coordination.benchmarks.timing import seconds_for
from coordination.benchmarks.workers import bare_workers

RUNS = 200
STEPS = 10
_SETTLED_S = 5
# What stands in the command line of each program.
_PROGRAMS = {"web": "uvicorn", "io": "--queues io", "cpu": "--queues cpu", "beat": "coordination --quiet beat"}


def measure(options: Options) -> list[Measurement]:
    """Return the megabytes of all together after the load; less is better, so there is no ratio."""
    with bare_workers():
        celery = _resident(_children_with("coordination.benchmarks.bare"))
    house = make_house()
    publish(house, "chain", chain_of(STEPS))
    with everything() as up:
        time.sleep(_SETTLED_S)
        idle = _by_program(up.pid)
        seconds_for(house, "chain", [{}] * (options.sample or RUNS))
        loaded = _by_program(up.pid)
    details = {f"{name}_idle": round(megabytes) for name, megabytes in idle.items()}
    details |= {f"{name}_loaded": round(megabytes) for name, megabytes in loaded.items()}
    return [Measurement("footprint", sum(loaded.values()), "MB", None, {**details, "celery_workers": round(celery)})]


def _by_program(up: int) -> dict[str, float]:
    children = psutil.Process(up).children()
    return {
        name: sum(_resident([child]) for child in children if words in " ".join(child.cmdline()))
        for name, words in _PROGRAMS.items()
    }


def _children_with(words: str) -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if words in " ".join(child.cmdline())]


def _resident(processes: list[psutil.Process]) -> float:
    """Return the megabytes of processes with those they forked; what they share is counted once for each."""
    family = [one for process in processes for one in (process, *process.children(recursive=True))]
    return sum(one.memory_info().rss for one in family) / 1e6
