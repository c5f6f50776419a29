"""Who takes which job: a contract net whose mediator announces rewards, round after round, and lets parties exchange.

Each round: every party says which jobs it would take for the rewards announced; a job that several want is awarded to
the cheapest, one that nobody wants is offered around; then parties exchange jobs while that makes the whole cheaper.
The mediator lowers rewards of jobs that many wanted and raises those that nobody did: a subgradient step on the
Lagrangian of "each job once" (Fisher, Management Science 27, 1981), whose value also bounds how good any can be.
The mediator sees bids and offers, never a party's capacity or what jobs cost it that it does not bid for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from coordination.engine.negotiation.bidding import Offer, Party

MOST_ROUNDS = 60
# The step is halved when so many rounds brought no better bound.
_PATIENCE = 8
_FIRST_STEP = 2.0
_MOST_SWEEPS = 40
_EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class Round:
    """One round: what it cost to do as was awarded (inf: not all could be), and the best bound so far."""

    number: int
    cost: float
    bound: float
    n_messages: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """Who does what, what that costs, at least how much any allocation costs, and how it came about."""

    awarded: Mapping[str, str]
    cost: float
    bound: float
    rounds: Sequence[Round]
    n_messages: int

    @property
    def is_complete(self) -> bool:
        """Tell whether every job has somebody who does it."""
        return self.cost < inf


@dataclass(slots=True)
class _Table:
    """Who holds which jobs at this moment, and at what cost."""

    parties: Mapping[str, Party]
    jobs: Sequence[str]
    held: dict[str, set[str]] = field(default_factory=dict)
    cost: dict[str, float] = field(default_factory=dict)
    n_messages: int = 0

    def holder(self, job: str) -> str:
        """Return who holds a job, or ""."""
        return next((name for name, own in self.held.items() if job in own), "")

    def offers(self, jobs: Sequence[str]) -> list[tuple[str, Offer]]:
        """Ask all parties at once how they would take these jobs."""
        self.n_messages += 2 * len(self.parties)
        return [(name, offer) for name, party in self.parties.items() for offer in party.offers(self.held[name], jobs)]

    def give(self, name: str, offer: Offer) -> None:
        """Award a job as it was offered; what is given up for it has nobody then."""
        before = self.cost.pop(offer.instead_of, 0.0)
        self.held[name].discard(offer.instead_of)
        self.held[name].add(offer.job)
        self.cost[offer.job] = offer.cost + before

    def take_back(self, name: str, job: str) -> None:
        """Take a job from who holds it."""
        self.held[name].discard(job)
        self.cost.pop(job, None)

    @property
    def total(self) -> float:
        """Return what all of it costs; inf while a job has nobody."""
        return sum(self.cost.values()) if len(self.cost) == len(self.jobs) else inf


def allocate(parties: Sequence[Party], jobs: Sequence[str], rounds: int = MOST_ROUNDS) -> Allocation:
    """Return the cheapest allocation that was found; the same parties and jobs always give the same."""
    table = _Table({party.name: party for party in parties}, jobs)
    rewards = _first_rewards(table)
    best: tuple[float, dict[str, str]] = (inf, {})
    bound, step, stalled = -inf, _FIRST_STEP, 0
    told: list[Round] = []
    for number in range(1, rounds + 1):
        wanted, reached = _bids(table, rewards)
        stalled = 0 if reached > bound + _EPSILON else stalled + 1
        bound = max(bound, reached)
        if stalled == _PATIENCE:
            step, stalled = step / 2, 0
        _award(table, wanted)
        _place(table)
        _exchange(table)
        if table.total < best[0] - _EPSILON:
            best = (table.total, {job: table.holder(job) for job in jobs})
        told.append(Round(number, table.total, bound, table.n_messages))
        surplus = {job: 1 - sum(job in own for own in wanted.values()) for job in jobs}
        length = sum(one * one for one in surplus.values())
        if not length or best[0] - bound < _EPSILON:
            break
        target = best[0] if best[0] < inf else 1.1 * bound + 1
        by = step * max(target - reached, _EPSILON) / length
        rewards = {job: reward + by * surplus[job] for job, reward in rewards.items()}
    return Allocation(best[1], best[0], bound, told, table.n_messages)


def _first_rewards(table: _Table) -> dict[str, float]:
    """Return for each job what the second cheapest asks: what an auction would end at."""
    table.held = {name: set() for name in table.parties}
    asked: dict[str, list[float]] = {job: [] for job in table.jobs}
    for _, offer in table.offers(table.jobs):
        asked[offer.job].append(offer.cost)
    return {job: sorted(costs)[min(1, len(costs) - 1)] if costs else 0.0 for job, costs in asked.items()}


def _bids(table: _Table, rewards: Mapping[str, float]) -> tuple[dict[str, list[str]], float]:
    """Return what each party wants for these rewards, and the bound on the cost of any allocation that follows."""
    table.n_messages += 2 * len(table.parties)
    table.held, table.cost = {name: set() for name in table.parties}, {}
    wanted, bound = {}, sum(rewards.values())
    for name, party in table.parties.items():
        wanted[name] = party.wanted(rewards)
        costs = party.costs(wanted[name])
        bound -= sum(rewards[job] - costs[job] for job in wanted[name])
        for job in wanted[name]:
            # For now everybody has what they want; `_award` leaves each job to one.
            table.held[name].add(job)
            table.cost[job] = min(table.cost.get(job, inf), costs[job])
    return wanted, bound


def _award(table: _Table, wanted: Mapping[str, list[str]]) -> None:
    """Leave every job that several want to the one whom it costs least."""
    table.n_messages += len(table.parties)
    for job in table.jobs:
        claims = [(table.parties[name].costs([job])[job], name) for name, own in wanted.items() if job in own]
        for _, name in sorted(claims)[1:]:
            table.held[name].discard(job)


def _place(table: _Table) -> None:
    """Offer around what nobody has: to who has room, else in exchange for a job that another has room for."""
    given_up: dict[str, int] = {}
    for _ in range(6 * len(table.jobs)):
        waiting = [job for job in table.jobs if job not in table.cost]
        if not waiting:
            return
        offers = table.offers(waiting)
        if not (_give_room(table, offers) or _give_by_chain(table, offers)) and not _displace(table, offers, given_up):
            return


def _give_room(table: _Table, offers: Sequence[tuple[str, Offer]]) -> bool:
    """Award the job whose second best taker would be so much dearer than its best; tell whether there was one."""
    takers: dict[str, list[tuple[float, str, Offer]]] = {}
    for name, offer in offers:
        if not offer.instead_of:
            takers.setdefault(offer.job, []).append((offer.cost, name, offer))
    if not takers:
        return False
    ranked = {job: sorted(found, key=lambda one: one[:2]) for job, found in takers.items()}

    def regret(job: str) -> float:
        first, *others = ranked[job]
        return others[0][0] - first[0] if others else inf

    _, name, offer = ranked[max(sorted(ranked), key=regret)][0]
    table.give(name, offer)
    return True


def _give_by_chain(table: _Table, offers: Sequence[tuple[str, Offer]]) -> bool:
    """Award a job in exchange for one that a third has room for: the cheapest such chain, if there is one."""
    moving = sorted({offer.instead_of for _, offer in offers if offer.instead_of})
    onward: dict[str, tuple[float, str, Offer]] = {}
    for name, offer in table.offers(moving) if moving else []:
        if not offer.instead_of and (offer.job not in onward or (offer.cost, name) < onward[offer.job][:2]):
            onward[offer.job] = (offer.cost, name, offer)
    chains = [
        (offer.cost + onward[offer.instead_of][0], name, offer)
        for name, offer in offers
        if offer.instead_of in onward and onward[offer.instead_of][1] != name
    ]
    if not chains:
        return False
    _, name, offer = min(chains, key=lambda one: (one[0], one[1], one[2].job, one[2].instead_of))
    _, third, next_offer = onward[offer.instead_of]
    table.give(name, offer)
    table.give(third, next_offer)
    return True


def _displace(table: _Table, offers: Sequence[tuple[str, Offer]], given_up: dict[str, int]) -> bool:
    """Award a job in exchange for one that then has nobody, preferring those not given up before."""
    exchanges = [(name, offer) for name, offer in offers if offer.instead_of]
    if not exchanges:
        return False
    name, offer = min(
        exchanges, key=lambda one: (given_up.get(one[1].instead_of, 0), one[1].cost, one[1].job, one[1].instead_of)
    )
    given_up[offer.instead_of] = given_up.get(offer.instead_of, 0) + 1
    table.give(name, offer)
    return True


def _exchange(table: _Table) -> None:
    """Let parties hand jobs over and swap them, the best deal first, while that makes the whole cheaper."""
    if table.total == inf:
        return
    for _ in range(_MOST_SWEEPS):
        offers = table.offers(table.jobs)
        holder = {job: name for name, own in table.held.items() for job in own}
        deals = _deals(table, offers, holder)
        moved: set[str] = set()
        for _, parts in deals:
            involved = {name for name, _ in parts} | {holder[offer.job] for _, offer in parts}
            # What was offered holds only while those who offered it still hold what they held.
            if not involved & moved:
                _carry_out(table, parts, holder)
                moved |= involved
        if not moved:
            return


_Deal = tuple[float, tuple[tuple[str, Offer], ...]]


def _deals(table: _Table, offers: Sequence[tuple[str, Offer]], holder: Mapping[str, str]) -> list[_Deal]:
    """Return what makes the whole cheaper, the best first: a job handed over, or two that are swapped."""
    exchanges = {(name, offer.job, offer.instead_of): offer for name, offer in offers if offer.instead_of}
    deals: list[_Deal] = []
    for name, offer in offers:
        if not offer.instead_of:
            gain = offer.cost - table.cost[offer.job]
            if gain < -_EPSILON:
                deals.append((gain, ((name, offer),)))
        elif offer.job < offer.instead_of:
            back = exchanges.get((holder[offer.job], offer.instead_of, offer.job))
            if back is not None and offer.cost + back.cost < -_EPSILON:
                deals.append((offer.cost + back.cost, ((name, offer), (holder[offer.job], back))))
    return sorted(deals, key=lambda deal: (deal[0], [(name, offer.job) for name, offer in deal[1]]))


def _carry_out(table: _Table, parts: tuple[tuple[str, Offer], ...], holder: Mapping[str, str]) -> None:
    table.n_messages += 2 * len(parts)
    costs = {offer.job: offer.cost + table.cost.get(offer.instead_of, 0.0) for _, offer in parts}
    for _, offer in parts:
        table.take_back(holder[offer.job], offer.job)
    for name, offer in parts:
        table.held[name].add(offer.job)
        table.cost[offer.job] = costs[offer.job]
