"""How a negotiation ends: with an agreement, a mediator's proposal or a person, and what everybody may know of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from coordination.engine.council.ladder import PERSON, Climbed
from coordination.engine.flow.council import Negotiate
from coordination.engine.flow.graph import child_key
from coordination.engine.flow.machine import outcomes
from coordination.engine.flow.machine.mediator import Made, parties_of, public
from coordination.engine.flow.machine.move import Move
from coordination.engine.flow.machine.votes import options_in, unsettled
from coordination.engine.flow.state import StepState
from coordination.engine.negotiation.bargaining import Agreement, mediate

FAILS = "fails"


def call(move: Move, step: StepState, member: Mapping[str, Any]) -> None:
    """Let one agent answer, as a step of its own."""
    key = child_key(step.id, step.opened)
    child = StepState(key, parent=step.id, index=step.opened, agent=member["agent"], item=dict(member))
    step.opened += 1
    move.create(child)
    move.transition.touched.add(step.id)
    move.later("begin", child.id)


def agreed(move: Move, step: StepState, spec: Negotiate, option: str, by: str, moves: list[Made]) -> None:
    """Let hold what was agreed on."""
    said = {"agreed": option, "by": by, **said_of(move, step, spec, moves)}
    outcomes.complete(move, step, said, {"agreed": option, "by": by})


def deadlock(move: Move, step: StepState, spec: Negotiate, moves: list[Made], reason: str) -> None:
    """Let the mediator propose what is fairest to all, or ask a person."""
    options = options_in(spec.options, move.state.scope(step.id)) or []
    parties, silent = parties_of(move, step, options)
    found = mediate(parties, options) if parties and not silent else Agreement("", (), 0)
    proposed = [{**one, "round": len(moves) + 1} for one in public(found) if one["act"] != FAILS]
    for one in proposed:
        move.note("OfferMade", step.id, **one)
    if found.option:
        agreed(move, step, spec, found.option, "mediator", [*moves, *proposed])
        return
    stand(move, step, spec, moves, options, reason)


def stand(
    move: Move, step: StepState, spec: Negotiate, moves: Sequence[Made], left: Sequence[str], reason: str
) -> None:
    """Say that they did not agree: a person decides among what is left, or the step fails."""
    rungs = [Climbed("negotiation", "", reason), Climbed(PERSON, "", "The parties did not agree: a person decides.")]
    for rung in rungs if left and spec.unsettled == "ask" else rungs[:1]:
        move.note("RungClimbed", step.id, rung=rung.rung, winner="", reason=rung.reason)
    said = said_of(move, step, spec, moves) | {"reason": reason}
    unsettled(move, step, spec.unsettled, said, list(left), rungs[0])


def said_of(move: Move, step: StepState, spec: Negotiate, moves: Sequence[Made]) -> Made:
    """Return what everybody may know of it."""
    parties = list(dict.fromkeys(move.state.steps[child_key(step.id, index)].agent for index in range(step.opened)))
    options = options_in(spec.options, move.state.scope(step.id))
    return {
        "protocol": spec.protocol,
        "parties": parties,
        "moves": list(moves),
        "rounds": max((one["round"] for one in moves), default=0),
        "messages": 2 * step.opened,
        **({} if options is None else {"options": options}),
    }
