"""Who takes which job: what parties agree on by bids and exchanges, beside the proven optimum."""

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError

from coordination.benchmarks.measure import Measurement, Options
from coordination.engine.negotiation.allocating import Allocation, allocate
from coordination.engine.negotiation.bidding import Bidder

# After one round nobody has bid again: what a single call for proposals with exchanges comes to.
ROUNDS = (1, 10, 60)


def measure(options: Options) -> Iterator[Measurement]:
    """Yield how far agreements are above the optimum, with how many rounds and messages."""
    if options.data is None or not options.data.is_dir():
        raise CommandError("negotiation needs the data sets: name their folder with --data.")
    lines = (options.data / "gap_assignment" / "instances.jsonl").read_text().splitlines()
    cases = [json.loads(line) for line in lines][: options.sample or None]
    for most in ROUNDS:
        found = [_agreed(case, most) for case in cases]
        placed = [(case, one) for case, one in zip(cases, found, strict=True) if one.is_complete]
        gaps = [one.cost / case["optimum"] - 1 for case, one in placed]
        about = {
            "cases": len(cases),
            "all_jobs_placed_in": len(placed),
            "largest_gap": round(max(gaps), 4),
            "capacity_broken_in": sum(_is_broken(case, one) for case, one in placed),
            "rounds": round(sum(len(one.rounds) for one in found) / len(found), 1),
            "messages": round(sum(one.n_messages for one in found) / len(found)),
        }
        yield Measurement(f"negotiation_{most}_rounds", sum(gaps) / len(gaps), "above the optimum", None, about)


def _agreed(case: dict[str, Any], rounds: int) -> Allocation:
    jobs = _jobs(case)
    return allocate([_bidder(case, at) for at in range(case["agents"])], jobs, rounds)


def _bidder(case: dict[str, Any], at: int) -> Bidder:
    jobs = _jobs(case)
    cost = dict(zip(jobs, case["cost"][at], strict=True))
    use = dict(zip(jobs, case["use"][at], strict=True))
    return Bidder(f"agent{at:02}", cost, use, case["capacity"][at])


def _is_broken(case: dict[str, Any], found: Allocation) -> bool:
    """Tell whether somebody was given more than it has room for."""
    bidders = [_bidder(case, at) for at in range(case["agents"])]
    return any(
        sum(one.use[job] for job, name in found.awarded.items() if name == one.name) > one.capacity for one in bidders
    )


def _jobs(case: dict[str, Any]) -> list[str]:
    return [f"job{at:02}" for at in range(case["jobs"])]
