"""A vote: what agents answered is counted by a rule; where that settles nothing, the ladder of conflict is climbed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from coordination.engine.cel import EvaluationError, ExpressionError
from coordination.engine.council.ballots import Ballot
from coordination.engine.council.hearing import (
    Answer,
    Standing,
    ballot_of,
    belief_of,
    options_of,
    party_of,
    reasons_of,
)
from coordination.engine.council.ladder import Climbed, Conflict, Resolution, resolve, tally_of
from coordination.engine.flow import events as ev
from coordination.engine.flow.council import Vote
from coordination.engine.flow.expressions import Scope, render
from coordination.engine.flow.graph import child_key
from coordination.engine.flow.machine import outcomes
from coordination.engine.flow.machine.move import Move
from coordination.engine.flow.state import StepState, StepStatus
from coordination.engine.negotiation.bargaining import mediate


def decide(move: Move, step: StepState, vote: Vote) -> None:
    """Count the votes; where no rung settles it, a person decides, or the step fails."""
    answers = [_answer(child) for child in _children(move, step) if child.status is StepStatus.SUCCEEDED]
    try:
        conflict = _conflict(vote, move.state.scope(step.id), answers, n_asked=step.size)
    except (EvaluationError, ExpressionError) as error:
        outcomes.fail(move, step, {"code": "expression-failed", "message": str(error)})
        return
    found = resolve(conflict)
    for rung in found.rungs:
        move.note("RungClimbed", step.id, **asdict(rung))
    said = _said(move, step, vote, conflict, found)
    if found.winner:
        by = found.rungs[-1].rung
        outcomes.complete(move, step, {"winner": found.winner, "by": by, **said}, {"winner": found.winner, "by": by})
    else:
        unsettled(move, step, vote.unsettled, said, list(found.left), found.rungs[-1])


def unsettled(move: Move, step: StepState, then: str, said: dict[str, Any], left: list[str], last: Climbed) -> None:
    """Ask a person who sees what was said, or let the step fail."""
    if then != "ask" or not left:
        outcomes.fail(move, step, {"code": "no-agreement", "message": last.reason})
        return
    step.item = {**said, "left": left}
    move.mark(step, StepStatus.WAITING)
    move.effect(ev.AskHuman(step.id))


def briefing(vote: Vote, scope: Scope) -> dict[str, Any]:
    """Return what a voter is told: among what it chooses, and under which name it answers."""
    options = options_in(vote.options, scope)
    return {"answer_in": vote.choice, "rule": vote.rule, **({} if options is None else {"options": options})}


def options_in(listed: str | Sequence[object] | None, scope: Scope) -> list[str] | None:
    """Return the options that a step names, None where it names none; raises EvaluationError."""
    if listed is None:
        return None
    found = render(listed, scope)
    if not isinstance(found, list):
        raise EvaluationError(f"the options are {type(found).__name__}, but a list is needed")
    options = options_of(found)
    if not options:
        raise EvaluationError("the list of options is empty")
    return options


def _conflict(vote: Vote, scope: Scope, answers: Sequence[Answer], n_asked: int) -> Conflict:
    options = options_in(vote.options, scope)
    ballots = [ballot_of(answer, vote.choice, options) for answer in answers]
    among = options or sorted({option for ballot in ballots for option in (*ballot.order, ballot.first) if option})
    return Conflict(
        options=among,
        ballots=ballots,
        n_asked=n_asked,
        vetoes={**reasons_of(render(vote.vetoes, scope), "forbidden"), **_vetoes_of(vote, answers)},
        refuted=reasons_of(render(vote.refuted, scope), "refuted"),
        beliefs=[belief for answer in answers if (belief := belief_of(answer, among)) is not None],
        negotiate=_negotiator(answers, among),
        rule=vote.rule,
        margin=vote.least_lead,
        quorum=vote.quorum,
    )


def _vetoes_of(vote: Vote, answers: Sequence[Answer]) -> dict[str, str]:
    found: dict[str, str] = {}
    for answer in answers:
        if vote.veto_authority is not None and answer.standing.authority >= vote.veto_authority:
            told = reasons_of(answer.output.get("vetoes"), "vetoed")
            found |= {option: f"{answer.agent} vetoes it: {reason}" for option, reason in told.items()}
    return found


def _negotiator(answers: Sequence[Answer], among: Sequence[str]) -> Callable[[Sequence[str]], str] | None:
    """Return what a mediator proposes, if all agents said what each option is worth to them."""
    told = [party_of(answer.agent, answer.output, among) for answer in answers]
    parties = [party for party in told if party is not None]
    if len(parties) < 2 or len(parties) < len(told):
        return None
    return lambda left: mediate(parties, left).option


def _said(move: Move, step: StepState, vote: Vote, conflict: Conflict, found: Resolution) -> dict[str, Any]:
    out = {*conflict.vetoes, *conflict.refuted}
    left = found.left or [option for option in conflict.options if option not in out]
    tally = tally_of(conflict, left)
    silent = [child for child in _children(move, step) if child.status is not StepStatus.SUCCEEDED]
    return {
        "rule": vote.rule,
        "shares": {option: round(share, 6) for option, share in tally.shares.items()},
        "margin": round(tally.margin, 6),
        "voted": tally.n_voted,
        "asked": tally.n_asked,
        "effective": round(tally.effective, 6),
        "votes": [_vote_of(ballot) for ballot in conflict.ballots],
        "silent": [{"agent": child.agent, "why": (child.error or {}).get("message", "")} for child in silent],
        "ladder": [asdict(rung) for rung in found.rungs],
    }


def _vote_of(ballot: Ballot) -> dict[str, Any]:
    said: dict[str, Any] = {"agent": ballot.voter, "choice": ballot.first}
    if ballot.ranking:
        said["ranking"] = list(ballot.ranking)
    for name in ("confidence", "reliability"):
        value = getattr(ballot, name)
        if value is not None:
            said[name] = round(value, 6)
    return said


def _children(move: Move, step: StepState) -> list[StepState]:
    return [move.state.steps[child_key(step.id, index)] for index in range(step.opened)]


def _answer(child: StepState) -> Answer:
    output = child.output if isinstance(child.output, dict) else {}
    return Answer(child.agent, output, child.confidence, standing_of(child.item))


def standing_of(kept: Mapping[str, Any] | None) -> Standing:
    """Return what was known of an agent, as it was kept."""
    return Standing(**{name: value for name, value in (kept or {}).items() if name in Standing.__slots__})
