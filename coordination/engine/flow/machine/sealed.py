"""Parties that are called once, sealed from each other: concessions, a mediator, an auction, a contract net."""

from collections.abc import Callable, Mapping
from math import inf
from typing import Final

from coordination.engine.flow.council import Negotiate
from coordination.engine.flow.machine import outcomes
from coordination.engine.flow.machine.agreeing import FAILS, agreed, call, deadlock, said_of, stand
from coordination.engine.flow.machine.mediator import (
    Made,
    bid_made,
    bidder_of,
    bids_of,
    heard,
    limit_of,
    parties_of,
    public,
)
from coordination.engine.flow.machine.move import Move
from coordination.engine.flow.machine.votes import options_in
from coordination.engine.flow.state import StepState, StepStatus
from coordination.engine.negotiation.allocating import allocate
from coordination.engine.negotiation.auction import Sale, sell
from coordination.engine.negotiation.bargaining import Agreement, concede

# A contract net with more parties times jobs would keep a worker busy for too long.
MOST_PAIRS: Final = 10_000


def close(move: Move, step: StepState, spec: Negotiate) -> None:
    """Come to an end with what the parties told."""
    _CLOSE[spec.protocol](move, step, spec)


def _close_bargain(move: Move, step: StepState, spec: Negotiate) -> None:
    """Let the mediator play the protocol with what the parties told it."""
    options = options_in(spec.options, move.state.scope(step.id)) or []
    parties, silent = parties_of(move, step, options)
    moves: list[Made] = [{"round": 1, "party": name, "act": "refuses", "option": ""} for name in silent]
    if silent or not parties:
        reason = f"{', '.join(silent) or 'Nobody'} did not say what every option is worth to them."
        deadlock(move, step, spec, moves, reason)
        return
    tried = Agreement("", (), 0)
    if spec.protocol == "concession":
        tried = concede(parties[0], parties[1], options, spec.rounds)
    moves = public(tried)
    for one in moves:
        move.note("OfferMade", step.id, **one)
    if tried.option:
        agreed(move, step, spec, tried.option, "offers", moves)
    else:
        deadlock(move, step, spec, moves, "No option is better for all than no agreement.")


def _close_auction(move: Move, step: StepState, spec: Negotiate) -> None:
    bids = bids_of(move, step)
    for child in heard(move, step):
        move.note("OfferMade", step.id, **bid_made(child, bids))
    sale = sell(bids, limit_of(spec, move.state.scope(step.id)))
    if sale.winner:
        award(move, step, spec, sale, [bid_made(child, bids) for child in heard(move, step)])
        return
    reason = "All ask more than may be paid." if bids else "Nobody bid."
    left = sorted(bids, key=lambda name: (bids[name].asks, name))
    stand(move, step, spec, [bid_made(child, bids) for child in heard(move, step)], left, reason)


def _close_net(move: Move, step: StepState, spec: Negotiate) -> None:
    jobs = options_in(spec.jobs, move.state.scope(step.id)) or []
    parties = [one for child in heard(move, step) if (one := bidder_of(child, jobs)) is not None]
    if len(parties) * len(jobs) > MOST_PAIRS:
        message = f"{len(parties)} parties and {len(jobs)} jobs are too many for one contract net."
        outcomes.fail(move, step, {"code": "too-large", "message": message})
        return
    found = allocate(parties, jobs, spec.rounds) if parties else None
    if found is None or not found.is_complete:
        left_over = [job for job in jobs if not any(job in party.cost for party in parties)]
        reason = f"Nobody takes {', '.join(left_over[:5])}." if left_over else "The parties have no room for all jobs."
        stand(move, step, spec, [], [], reason)
        return
    rounds = [
        {"round": one.number, "cost": one.cost if one.cost < inf else None, "bound": one.bound} for one in found.rounds
    ]
    said = said_of(move, step, spec, []) | {"rounds": len(rounds), "messages": found.n_messages, "course": rounds}
    output = {"awarded": dict(found.awarded), "cost": found.cost, "bound": found.bound, "by": "allocation", **said}
    outcomes.complete(move, step, output, {"cost": found.cost, "bound": found.bound, "rounds": len(rounds)})


def award(move: Move, step: StepState, spec: Negotiate, sale: Sale, moves: list[Made]) -> None:
    """Say who won, and let the winner do the task if there is one to do."""
    wins: Made = {"round": len(moves) + 1, "party": sale.winner, "act": "wins", "option": ""}
    move.note("OfferMade", step.id, **wins)
    said = {**said_of(move, step, spec, [*moves, wins]), "winner": sale.winner, "price": sale.price, "by": "auction"}
    if spec.perform is None:
        outcomes.complete(move, step, said, {"winner": sale.winner, "price": sale.price})
        return
    step.item = said
    move.mark(step, StepStatus.RUNNING, size=step.size + 1)
    call(move, step, next(child.item for child in heard(move, step) if child.agent == sale.winner))


def performed(move: Move, step: StepState, spec: Negotiate, child: StepState) -> None:
    """Take what the winner did; if it failed, the next one wins."""
    said = step.item
    did = "performs" if child.status is StepStatus.SUCCEEDED else FAILS
    made: Made = {"round": len(said["moves"]) + 1, "party": child.agent, "act": did, "option": ""}
    move.note("OfferMade", step.id, **made)
    moves = [*said["moves"], made]
    if did == "performs":
        outcomes.complete(move, step, {**said, "moves": moves, "result": child.output}, {"winner": child.agent})
        return
    # Whoever bid and then failed is out; the others' bids stand as they were.
    failed = {one["party"] for one in moves if one["act"] == FAILS}
    bids = {name: bid for name, bid in bids_of(move, step).items() if name not in failed}
    sale = sell(bids, limit_of(spec, move.state.scope(step.id)))
    if sale.winner:
        award(move, step, spec, sale, moves)
    else:
        reason = f"{child.agent} won and failed, and nobody else is left: {(child.error or {}).get('message', '')}"
        outcomes.fail(move, step, {"code": "no-agreement", "message": reason})


_CLOSE: Final[Mapping[str, Callable[[Move, StepState, Negotiate], None]]] = {
    "auction": _close_auction,
    "contract-net": _close_net,
    "concession": _close_bargain,
    "mediated": _close_bargain,
}
