"""Let runs go from start to end and take the time, with what an installation has: a sweep now and then."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.engine.flow.state import RUN_ENDED
from coordination.runs.models import Run
from coordination.runs.services import Wish, start_runs, sweep

SWEEP_S = 2.0


@dataclass(frozen=True, slots=True)
class Timed:
    """How long it took, and how often the benchmark itself looked whether it was over: a statement each."""

    seconds: float
    n_looks: int


def seconds_for(
    organization: Organization,
    workflow: str,
    inputs: Sequence[dict[str, Any]],
    *,
    one_by_one: bool = False,
    look_every_s: float = 0.02,
) -> Timed:
    """Start a run for each input, together or one by one, and wait for all; raises RuntimeError if one fails."""
    started, n_looks = time.perf_counter(), 1
    wishes = [Wish(workflow, value) for value in inputs]
    for together in [[wish] for wish in wishes] if one_by_one else [wishes]:
        start_runs(organization, together, actor=SYSTEM)
    open_runs = Run.objects.filter(organization=organization).exclude(status__in=RUN_ENDED)
    next_sweep = time.monotonic() + SWEEP_S
    while open_runs.exists():
        time.sleep(look_every_s)
        n_looks += 1
        if time.monotonic() > next_sweep:
            # What beat rings for in an installation: a message that was lost must not stop the measurement.
            sweep()
            next_sweep += SWEEP_S
    seconds = time.perf_counter() - started
    failed = Run.objects.filter(organization=organization).exclude(status="succeeded").count()
    if failed:
        raise RuntimeError(f"{failed} runs of the benchmark did not succeed.")
    return Timed(seconds, n_looks)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]
