"""Parties agree on one of several options: by offers in turn, by concessions, or as a mediator proposes.

Each party values every option; below its reservation value it would rather have no agreement. Values and reservations
are known to the mediator that runs the protocol, and to no other party. The same parties always come to the same end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Final, Literal

MOST_ROUNDS: Final = 10
LEAST_CONCESSION: Final = 0.02

Act = Literal["proposes", "accepts", "concedes", "refuses", "mediates", "fails"]


@dataclass(frozen=True, slots=True)
class Party:
    """Who bargains: what each option is worth to it, from 0 to 1, and what it must at least get."""

    name: str
    value: Mapping[str, float]
    reservation: float = 0.0

    def accepts(self, option: str) -> bool:
        """Tell whether the option is better than no agreement."""
        return self.value[option] >= self.reservation


@dataclass(frozen=True, slots=True)
class Move:
    """What a party did in a round; `worth` is what the option is worth to it."""

    round: int
    party: str
    act: Act
    option: str
    worth: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """The option agreed on, or "" when there is none, and every move on the way."""

    option: str
    moves: tuple[Move, ...]
    rounds: int


def acceptable(parties: Sequence[Party], options: Sequence[str]) -> list[str]:
    """Return the options that every party would rather have than no agreement."""
    return [option for option in options if all(party.accepts(option) for party in parties)]


def pareto(parties: Sequence[Party], options: Sequence[str]) -> list[str]:
    """Return the options that none is better than for every party, and for one truly better."""

    def beaten(one: str) -> bool:
        return any(
            all(party.value[other] >= party.value[one] for party in parties)
            and any(party.value[other] > party.value[one] for party in parties)
            for other in options
        )

    return [option for option in options if not beaten(option)]


def nash_point(parties: Sequence[Party], options: Sequence[str]) -> str:
    """Return the option with the largest product of what the parties gain over no agreement, or ""."""
    possible = acceptable(parties, options)
    if not possible:
        return ""

    def product(option: str) -> tuple[float, float]:
        gains = [party.value[option] - party.reservation for party in parties]
        # Where somebody gains nothing in every option, the sum tells them apart.
        return prod(gains), sum(gains)

    return max(sorted(possible), key=product)


def alternate(one: Party, other: Party, options: Sequence[str], rounds: int = MOST_ROUNDS) -> Agreement:
    """Let two parties offer in turn: each asks less from round to round, and takes what is at least what it would ask.

    Among the options it may ask for, a party offers the one most like what the other asked for last.
    """
    moves: list[Move] = []
    asked: dict[str, str] = {}
    for number in range(1, rounds + 1):
        mover, waiter = (one, other) if number % 2 else (other, one)
        offer = offer_of(mover, options, number / rounds, asked.get(waiter.name, ""))
        if not offer:
            moves.append(Move(number, mover.name, "refuses", "", 0.0))
            continue
        moves.append(Move(number, mover.name, "proposes", offer, mover.value[offer]))
        asked[mover.name] = offer
        if waiter.accepts(offer) and waiter.value[offer] >= asked_for(waiter, min(1.0, (number + 1) / rounds)):
            moves.append(Move(number, waiter.name, "accepts", offer, waiter.value[offer]))
            return Agreement(offer, tuple(moves), number)
    return Agreement("", tuple(moves), rounds)


def concede(one: Party, other: Party, options: Sequence[str], rounds: int = MOST_ROUNDS) -> Agreement:
    """Let two parties concede by Zeuthen's rule: whoever has less to lose by a failure stands, the other gives way.

    It gives way as little as makes it the other's turn, and by `LEAST_CONCESSION` of what the other gets at least.
    """
    possible = acceptable((one, other), options)
    moves: list[Move] = []
    if not possible:
        return Agreement("", (), 0)
    stands = {party.name: max(sorted(possible), key=party.value.__getitem__) for party in (one, other)}
    for party in (one, other):
        moves.append(Move(1, party.name, "proposes", stands[party.name], party.value[stands[party.name]]))
    for number in range(1, rounds + 1):
        for taker, giver in ((one, other), (other, one)):
            offered = stands[giver.name]
            if taker.value[offered] >= taker.value[stands[taker.name]]:
                moves.append(Move(number, taker.name, "accepts", offered, taker.value[offered]))
                return Agreement(offered, tuple(moves), number)
        mover, waiter = (one, other) if _risk(one, other, stands) <= _risk(other, one, stands) else (other, one)
        step = _concession(mover, waiter, possible, stands)
        if not step:
            moves.append(Move(number, mover.name, "fails", "", 0.0))
            return Agreement("", tuple(moves), number)
        stands[mover.name] = step
        moves.append(Move(number, mover.name, "concedes", step, mover.value[step]))
    return Agreement("", tuple(moves), rounds)


def mediate(parties: Sequence[Party], options: Sequence[str], tried: Agreement | None = None) -> Agreement:
    """Propose the Nash point, which every party takes that gains by it; after `tried` came to nothing."""
    before = tried.moves if tried else ()
    number = (tried.rounds if tried else 0) + 1
    option = nash_point(parties, options)
    if not option:
        return Agreement("", (*before, Move(number, "mediator", "fails", "", 0.0)), number)
    accepts = tuple(Move(number, party.name, "accepts", option, party.value[option]) for party in parties)
    return Agreement(option, (*before, Move(number, "mediator", "mediates", option, 0.0), *accepts), number)


def asked_for(party: Party, time: float) -> float:
    """Return what a party asks for at a time from 0 to 1: its best at first, its reservation at the end."""
    best = max(party.value.values())
    return party.reservation + (best - party.reservation) * (1 - time**2)


def offer_of(mover: Party, options: Sequence[str], time: float, wanted: str) -> str:
    """Return the option to offer: of those good enough by now, the one nearest in value to what the other wants."""
    target = asked_for(mover, time)
    good = [option for option in sorted(options) if mover.accepts(option) and mover.value[option] >= target - 1e-9]
    if not good:
        return ""
    if wanted in good:
        return wanted
    return min(good, key=mover.value.__getitem__) if wanted else max(good, key=mover.value.__getitem__)


def _risk(party: Party, other: Party, stands: Mapping[str, str]) -> float:
    """Return what part of its gain a party would lose by taking the other's offer; who loses nothing risks nothing."""
    own = party.value[stands[party.name]] - party.reservation
    given = party.value[stands[other.name]] - party.reservation
    return (own - given) / own if own > 0 else 0.0


def _concession(mover: Party, waiter: Party, possible: Sequence[str], stands: Mapping[str, str]) -> str:
    """Return the dearest option for the mover that gives the other enough more, and makes it the other's turn."""
    standing = stands[mover.name]
    better = [
        option
        for option in possible
        if waiter.value[option] >= waiter.value[standing] + LEAST_CONCESSION
        and mover.value[option] >= mover.value[stands[waiter.name]]
    ]
    if not better:
        # The last step is the other's own offer.
        return stands[waiter.name] if standing != stands[waiter.name] else ""
    ordered = sorted(better, key=lambda option: (-mover.value[option], option))
    for option in ordered:
        after = {**stands, mover.name: option}
        if _risk(mover, waiter, after) > _risk(waiter, mover, after):
            return option
    return ordered[-1]
