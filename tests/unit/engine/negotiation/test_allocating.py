"""Every job gets somebody who has room for it, cheaply, by messages alone."""

from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination.engine.negotiation.allocating import Allocation, allocate
from coordination.engine.negotiation.bidding import Bidder


@st.composite
def markets(draw: st.DrawFn) -> list[Bidder]:
    n_parties, n_jobs = draw(st.integers(2, 3)), draw(st.integers(2, 6))
    jobs = [f"j{n}" for n in range(n_jobs)]
    bidders = []
    for n in range(n_parties):
        cost = {job: float(draw(st.integers(1, 50))) for job in jobs}
        use = {job: draw(st.integers(1, 10)) for job in jobs}
        bidders.append(Bidder(f"p{n}", cost, use, draw(st.integers(8, 40))))
    return bidders


def cheapest(bidders: list[Bidder]) -> float:
    """Return the optimum by trying all allocations, or infinity."""
    jobs = sorted(bidders[0].cost)
    best = float("inf")
    for taken in product(bidders, repeat=len(jobs)):
        pairs = list(zip(jobs, taken, strict=True))
        if all(sum(who.use[job] for job, who in pairs if who is one) <= one.capacity for one in bidders):
            best = min(best, sum(who.cost[job] for job, who in pairs))
    return best


def check(bidders: list[Bidder], found: Allocation) -> None:
    of_name = {one.name: one for one in bidders}
    assert sum(of_name[name].cost[job] for job, name in found.awarded.items()) == pytest.approx(found.cost)
    for one in bidders:
        assert sum(one.use[job] for job, name in found.awarded.items() if name == one.name) <= one.capacity


@settings(deadline=None)
@given(markets())
def test_what_is_awarded_fits_and_is_near_the_optimum(bidders: list[Bidder]) -> None:
    jobs = sorted(bidders[0].cost)
    found, best = allocate(bidders, jobs), cheapest(bidders)
    if found.is_complete:
        check(bidders, found)
        assert sorted(found.awarded) == jobs
        assert found.bound - 1e-6 <= best <= found.cost + 1e-6
        assert found.cost <= 1.5 * best + 1e-6
    assert allocate(bidders, jobs) == found


def test_a_job_that_fits_only_by_an_exchange_is_placed() -> None:
    # Only p0 can do "large", and only p1 has room for the "small" that p0 would rather keep.
    bidders = [
        Bidder("p0", {"large": 90.0, "small": 1.0}, {"large": 10, "small": 1}, 10),
        Bidder("p1", {"large": 1.0, "small": 50.0}, {"large": 99, "small": 1}, 5),
    ]
    found = allocate(bidders, ["large", "small"])
    assert (found.awarded, found.cost) == ({"large": "p0", "small": "p1"}, 140.0)


def test_where_there_is_no_room_for_all_it_says_so() -> None:
    found = allocate([Bidder("p0", {"a": 1.0, "b": 1.0}, {"a": 5, "b": 5}, 5)], ["a", "b"])
    assert not found.is_complete


def test_messages_are_counted_and_the_best_bound_never_falls() -> None:
    bidders = [
        Bidder(f"p{n}", {f"j{k}": float((7 * n + 3 * k) % 11 + 1) for k in range(8)}, {f"j{k}": 3 for k in range(8)}, 9)
        for n in range(4)
    ]
    rounds = allocate(bidders, [f"j{k}" for k in range(8)]).rounds
    assert all(later.bound >= earlier.bound for earlier, later in pairwise(rounds))
    assert rounds[-1].n_messages > 0
