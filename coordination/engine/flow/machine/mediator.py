"""What only the mediator of a negotiation knows: what each party told it, read as numbers or not at all."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any, Final

from coordination.engine.cel import EvaluationError
from coordination.engine.council.hearing import number_of, options_of, party_of
from coordination.engine.flow.council import Negotiate
from coordination.engine.flow.expressions import Scope, render
from coordination.engine.flow.graph import child_key
from coordination.engine.flow.machine.move import Move
from coordination.engine.flow.state import StepState, StepStatus
from coordination.engine.negotiation.auction import Bid
from coordination.engine.negotiation.bargaining import Agreement, Party
from coordination.engine.negotiation.bidding import Bidder

Made = dict[str, Any]
# With more room than this a contract net would keep a worker busy for too long.
MOST_ROOM: Final = 20_000_000


def heard(move: Move, step: StepState) -> list[StepState]:
    """Return the first call of each party."""
    found: dict[str, StepState] = {}
    for index in range(step.opened):
        child = move.state.steps[child_key(step.id, index)]
        found.setdefault(child.agent, child)
    return list(found.values())


def parties_of(move: Move, step: StepState, options: Sequence[str]) -> tuple[list[Party], list[str]]:
    """Return who told what every option is worth to it, by what it said last, and who did not."""
    told: dict[str, Party | None] = {}
    for index in range(step.opened):
        child = move.state.steps[child_key(step.id, index)]
        party = party_of(child.agent, child.output if isinstance(child.output, dict) else {}, options)
        told[child.agent] = party or told.get(child.agent)
    return [party for party in told.values() if party], [name for name, party in told.items() if not party]


def bids_of(move: Move, step: StepState) -> dict[str, Bid]:
    """Return what each bidder asks; what is no number does not count."""
    found = {}
    for child in heard(move, step):
        said = child.output if child.status is StepStatus.SUCCEEDED and isinstance(child.output, dict) else {}
        cost = number_of(said.get("cost"))
        if cost is not None and cost >= 0:
            found[child.agent] = Bid(cost, max(0.0, number_of(said.get("risk_premium")) or 0.0))
    return found


def bid_made(child: StepState, bids: Mapping[str, Bid]) -> Made:
    """Return as a move, without its price, that a party bid or did not."""
    return {"round": 1, "party": child.agent, "act": "bids" if child.agent in bids else "refuses", "option": ""}


def bidder_of(child: StepState, jobs: Sequence[str]) -> Bidder | None:
    """Return a party to a contract net: what each job costs it, what room it takes, and how much it has."""
    said = child.output if child.status is StepStatus.SUCCEEDED and isinstance(child.output, dict) else {}
    cost, use = _numbers(said.get("cost"), jobs), _numbers(said.get("use"), jobs)
    uses = {job: max(0, round(use.get(job, 1))) for job in cost}
    room = number_of(said.get("capacity"))
    capacity = min(sum(uses.values()), len(jobs) if room is None else max(0, int(room)))
    if not cost or capacity * len(jobs) > MOST_ROOM:
        return None
    return Bidder(child.agent, cost, uses, capacity)


def _numbers(said: object, jobs: Sequence[str]) -> dict[str, float]:
    if not isinstance(said, Mapping):
        return {}
    read = {name: number_of(value) for key, value in said.items() for name in options_of([key])}
    return {name: value for name, value in read.items() if value is not None and value >= 0 and name in jobs}


def limit_of(spec: Negotiate, scope: Scope) -> float:
    """Return the most that an auction pays; raises EvaluationError."""
    if spec.limit is None:
        return inf
    limit = number_of(render(spec.limit, scope))
    if limit is None:
        raise EvaluationError("the limit of the auction is not a number")
    return limit


def public(agreement: Agreement) -> list[Made]:
    """Return moves as everybody may see them: without what they are worth to whom."""
    return [{"round": one.round, "party": one.party, "act": one.act, "option": one.option} for one in agreement.moves]
