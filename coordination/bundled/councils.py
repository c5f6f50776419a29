"""Agents that vote and negotiate for the examples: what they want stands in their config, and they never change it.

Config: {values}, what each option is worth to it from 0 to 1; {reservation}, what it must at least get.
"""

from typing import Any

from coordination.adapters.ports import AgentFailed, Reach, Result, Task, agent
from coordination.bundled.inputs import setting
from coordination.engine.council.hearing import number_of, option_of
from coordination.engine.negotiation.bargaining import Party, asked_for, offer_of
from coordination.shared.json import Json


@agent
def bargain(task: Task, _reach: Reach) -> Result:
    """Offer in turn: ask less from round to round, and take what is at least what it would ask for next."""
    about = _about(task)
    values = {option_of(option): number_of(value) or 0.0 for option, value in setting(task, "values", {}).items()}
    party = Party(task.agent, values, setting(task, "reservation", 0.0))
    options = [option for option in about["options"] if option in values]
    number, rounds = about["round"], about["rounds"]
    standing = _asked_by_others(about["offers"], task.agent)
    if standing in options and party.accepts(standing) and party.value[standing] >= asked_for(party, number / rounds):
        return Result({"accept": True, **_told(task)}, rationale=f"{standing} is as good as what comes next.")
    offer = offer_of(party, options, number / rounds, standing)
    return Result({"offer": offer, **_told(task)}, rationale=f"In round {number} of {rounds} this is what is asked.")


@agent
def declare(task: Task, _reach: Reach) -> Result:
    """Tell the mediator, and nobody else, what options are worth or what tasks cost: what the config says."""
    return Result(_told(task), confidence=setting(task, "sure", 0.9))


@agent
def overbid(task: Task, _reach: Reach) -> Result:
    """Bid what the config says, and fail at the task once it was won."""
    if _about(task).get("won"):
        raise AgentFailed("broken", "It bid for what it cannot do, as it is meant to.")
    return Result(_told(task))


def _about(task: Task) -> dict[str, Any]:
    """Return what the mediator says of the negotiation; raises AgentFailed where there is none."""
    about = task.input.get("negotiation")
    if not isinstance(about, dict):
        raise AgentFailed("bad-input", "This agent negotiates: it has to be a party of a step that does.")
    return about


def _told(task: Task) -> dict[str, Json]:
    names = ("values", "reservation", "cost", "risk_premium", "use", "capacity")
    return {name: task.config[name] for name in names if name in task.config}


def _asked_by_others(offers: list[dict[str, Any]], own: str) -> str:
    asked = [one["option"] for one in offers if one["party"] != own and one["act"] == "proposes"]
    return str(asked[-1]) if asked else ""
