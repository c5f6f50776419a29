"""A negotiation: parties are called turn by turn, or once, sealed from each other; only a mediator knows all of it."""

from collections.abc import Callable, Sequence
from typing import Any

from coordination.engine.cel import EvaluationError, ExpressionError
from coordination.engine.council.hearing import option_of
from coordination.engine.flow.council import Negotiate
from coordination.engine.flow.expressions import render
from coordination.engine.flow.machine import outcomes
from coordination.engine.flow.machine.agreeing import FAILS, agreed, call, deadlock
from coordination.engine.flow.machine.mediator import Made, bids_of
from coordination.engine.flow.machine.move import Move
from coordination.engine.flow.machine.sealed import close, performed
from coordination.engine.flow.machine.votes import options_in
from coordination.engine.flow.state import RunState, StepState, StepStatus


def take_end(move: Move, step: StepState, spec: Negotiate, child: StepState) -> None:
    """Go on when a party has answered."""
    if spec.takes_turns:
        _trying(move, step, lambda: _turn(move, step, spec, child))
    elif step.item is not None:
        # A person may still say what a party that had failed would have bid: the sale is made.
        if child.index == step.opened - 1:
            _trying(move, step, lambda: performed(move, step, spec, child))
    elif step.done == step.size:
        _trying(move, step, lambda: close(move, step, spec))


def time_up(move: Move, step: StepState, spec: Negotiate) -> None:
    """Come to an end with what is there."""
    if spec.takes_turns:
        _trying(move, step, lambda: deadlock(move, step, spec, step.item["moves"], "The time is up."))
    elif step.item is not None:
        outcomes.fail(move, step, {"code": "timeout", "message": "The winner did not do it in time."})
    else:
        _trying(move, step, lambda: close(move, step, spec))


def briefing(spec: Negotiate, state: RunState, child: StepState, base: dict[str, Any]) -> dict[str, Any]:
    """Return what a party is told: what it is about, whose turn it is, and every offer so far."""
    scope, kept = state.scope(child.id), state.steps[child.parent].item
    about: Made = {"protocol": spec.protocol, "you": child.agent}
    if kept is not None and not spec.takes_turns:
        return {
            **base,
            **render(spec.perform or {}, scope),
            "negotiation": {**about, "won": True, "price": kept["price"]},
        }
    for name in ("options", "jobs"):
        if (listed := options_in(getattr(spec, name), scope)) is not None:
            about[name] = listed
    if kept is not None:
        about |= {"round": child.index + 1, "rounds": spec.rounds, "offers": kept["moves"]}
    return {**base, "negotiation": about}


def chosen(move: Move, step: StepState, spec: Negotiate, option: str) -> Made:
    """Return what it means that a person chose an option, or who does the task."""
    if spec.protocol == "auction":
        return {"winner": option, "price": bids_of(move, step)[option].asks}
    return {"agreed": option}


def _turn(move: Move, step: StepState, spec: Negotiate, child: StepState) -> None:
    options = options_in(spec.options, move.state.scope(step.id)) or []
    moves = [*step.item["moves"], _made(child, options, step.item["moves"])]
    last = moves[-1]
    step.item = {**step.item, "moves": moves}
    move.note("OfferMade", step.id, **last)
    if last["act"] == "accepts":
        agreed(move, step, spec, last["option"], "offers", moves)
    elif last["act"] == FAILS:
        deadlock(move, step, spec, moves, f"{child.agent} did not answer.")
    elif len(moves) >= spec.rounds:
        deadlock(move, step, spec, moves, f"After {len(moves)} rounds nobody had accepted.")
    elif len(moves) > 1 and {one["act"] for one in moves[-2:]} == {"refuses"}:
        deadlock(move, step, spec, moves, "Neither of them offers anything.")
    else:
        parties = step.item["parties"]
        call(move, step, parties[len(moves) % len(parties)])


def _made(child: StepState, options: Sequence[str], before: Sequence[Made]) -> Made:
    """Return what a party did in its turn; an offer that is none of the options is a refusal."""
    said = child.output if child.status is StepStatus.SUCCEEDED and isinstance(child.output, dict) else {}
    offered = next((one["option"] for one in reversed(before) if one["act"] == "proposes"), "")
    about: Made = {"round": child.index + 1, "party": child.agent}
    if child.status is not StepStatus.SUCCEEDED:
        return {**about, "act": FAILS, "option": ""}
    if said.get("accept") is True and before and before[-1]["act"] == "proposes":
        return {**about, "act": "accepts", "option": offered}
    option = option_of(said.get("offer"))
    return (
        {**about, "act": "proposes", "option": option}
        if option in options
        else {**about, "act": "refuses", "option": ""}
    )


def _trying(move: Move, step: StepState, act: Callable[[], None]) -> None:
    try:
        act()
    except (EvaluationError, ExpressionError) as error:
        outcomes.fail(move, step, {"code": "expression-failed", "message": str(error)})
