"""Several agents come to one answer: they are seated, heard, and where they do not agree a person decides."""

from typing import Any, Final

from coordination.engine.council.ladder import PERSON
from coordination.engine.flow import events as ev
from coordination.engine.flow.council import Negotiate, Vote
from coordination.engine.flow.graph import Plan, is_undo
from coordination.engine.flow.machine import bargains, outcomes, votes
from coordination.engine.flow.machine.agreeing import call
from coordination.engine.flow.machine.move import ImpossibleEvent, Move
from coordination.engine.flow.machine.stopping import drop_children, stop_children
from coordination.engine.flow.state import RunState, StepState, StepStatus

# Under this name a person says what holds.
CHOICE: Final = "choose"


def seat(move: Move, step: StepState, event: ev.StepSpread) -> None:
    """Let agents vote, or negotiate: all at once, or turn by turn."""
    council = _council(move, step)
    agents = event.agents[: council.most]
    if len(agents) < council.fewest:
        message = f"It takes {council.fewest} parties, and there is only {agents[0]}."
        outcomes.fail(move, step, {"code": "no-agent", "message": message})
        return
    drop_children(move, step)
    known = [*event.standings, *({} for _ in agents)]
    members = [{"asked": 0, **standing, "agent": agent} for agent, standing in zip(agents, known, strict=False)]
    turns = council.rounds if isinstance(council, Negotiate) and council.takes_turns else 0
    step.attempt += 1
    step.opened = step.done = step.failed = 0
    step.item = {"parties": members, "moves": []} if turns else None
    move.mark(step, StepStatus.RUNNING, size=turns or len(members))
    move.limit(step)
    for member in members[:1] if turns else members:
        call(move, step, member)


def take_member_end(move: Move, parent: StepState, child: StepState) -> None:
    """Hear one agent, and decide when all that is needed was heard."""
    council = _council(move, parent)
    parent.done += 1
    parent.failed += child.status is not StepStatus.SUCCEEDED
    move.transition.touched.add(parent.id)
    if isinstance(council, Negotiate):
        bargains.take_end(move, parent, council, child)
    elif parent.done == parent.size:
        votes.decide(move, parent, council)


def end_in_time(move: Move, step: StepState) -> None:
    """Decide with what was heard: the time is up."""
    if not step.holds_children:
        return
    stop_children(move, step)
    council = _council(move, step)
    if isinstance(council, Negotiate):
        bargains.time_up(move, step, council)
    else:
        votes.decide(move, step, council)


def take_decision(move: Move, step: StepState, answer: dict[str, Any]) -> None:
    """Let hold what a person chose; raises ImpossibleEvent."""
    known = step.item or {}
    chosen = str((answer.get("parameters") or {}).get(CHOICE, ""))
    if chosen not in known.get("left", ()):
        raise ImpossibleEvent(f"{chosen} is none of what is left: {', '.join(known.get('left', ()))}")
    council = _council(move, step)
    result = {"winner": chosen} if isinstance(council, Vote) else bargains.chosen(move, step, council, chosen)
    said = {name: value for name, value in known.items() if name != "left"}
    output = {**said, **result, "by": PERSON, "who": answer.get("by", "")}
    outcomes.complete(move, step, output, {"chosen": chosen, "by": PERSON})


def briefed(plan: Plan, state: RunState, key: str, given: Any) -> Any:
    """Return what an agent is given: one that votes or negotiates is told about what, and what was offered before."""
    parent = plan.parent_of(key)
    council = plan.steps[parent].council if parent and not is_undo(key) else None
    if council is None:
        return given
    base = given if isinstance(given, dict) else {"input": given}
    if isinstance(council, Vote):
        return {**base, "vote": votes.briefing(council, state.scope(key))}
    return bargains.briefing(council, state, state.steps[key], base)


def _council(move: Move, step: StepState) -> Vote | Negotiate:
    council = move.definition(step).council
    if council is None:
        raise ImpossibleEvent(f"{step.id} is for no council")
    return council
