"""How much is at stake when an action leaves: the money it moves, whom it reaches, who is behind it, and its risk."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from coordination.agents.manifest import ToolSpec
from coordination.agents.models import Agent
from coordination.engine.trust.risk import Risk, RiskInput, score
from coordination.risk.services import Standing

_TOO_MUCH: Final = 1e15
# What cannot be counted may be anybody.
_EVERYBODY: Final = 10**9


@dataclass(frozen=True, slots=True)
class Behind:
    """An agent whose answer an act rests on; `stated` is how sure it said it was, `least_sure` what it rests on."""

    agent: str
    version: int | None
    capability: str
    stated: float | None
    least_sure: float | None


def nothing_read(_untrusted: frozenset[str]) -> bool:
    """Tell that nothing was read before."""
    return False


@dataclass(frozen=True, slots=True)
class Grounds:
    """What an act rests on: the agents behind it, the workflow, and whether anything untrusted was read before.

    `has_read` is given the names of the tools whose answers are not to be trusted.
    """

    behind: tuple[Behind, ...] = ()
    workflow: str = ""
    has_read: Callable[[frozenset[str]], bool] = nothing_read


def money_in(spec: ToolSpec | None, args: dict[str, Any]) -> float:
    """Return the amount that an action moves, 0 when it moves none.

    What is not a number counts as infinite, which no policy can decide about: it is denied, not taken for nothing.
    """
    value = args.get(spec.amount) if spec and spec.amount else None
    if value is None:
        return 0.0
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _TOO_MUCH
    return float(value) if is_number else math.inf


def risk_of(
    standing: Standing,
    spec: ToolSpec | None,
    tool: str,
    args: dict[str, Any],
    amount: float,
    proposer: Agent | None,
    grounds: Grounds,
) -> Risk:
    """Return the risk of an action; an unknown tool counts as the worst there is."""
    tables = standing.tables
    who = proposer.name if proposer else f"workflow:{grounds.workflow}"
    habit = standing.habit(who, tool)
    return score(
        RiskInput(
            reliability=_reliability(standing, proposer, grounds),
            novelty=habit.novelty,
            confidence=_confidence(standing, grounds),
            anomaly=habit.anomaly(amount),
            tainted=float(bool(standing.untrusted) and grounds.has_read(standing.untrusted)),
            money=min(1.0, abs(amount) / tables.money_worst),
            data=getattr(tables.data, spec.classification if spec else "confidential"),
            people=getattr(tables.people, spec.people if spec else "grave"),
            safety=getattr(tables.safety, spec.safety if spec else "grave"),
            reversibility=spec.reversibility if spec else "irreversible",
            writes=spec is None or spec.effect == "write",
            affected=_affected(spec, args),
        ),
        tables,
    )


def _reliability(standing: Standing, proposer: Agent | None, grounds: Grounds) -> float:
    """Return how often whoever proposed it is right at least; else the least reliable of those it rests on.

    Where no agent is behind an act, its workflow is, which people published.
    """
    if proposer is not None:
        capability = next((one.capability for one in grounds.behind if one.agent == proposer.name), "")
        return standing.reliability(proposer.name, proposer.version, capability)
    each = (standing.reliability(one.agent, one.version, one.capability) for one in grounds.behind)
    return min(each, default=1.0)


def _confidence(standing: Standing, grounds: Grounds) -> float | None:
    """Return how sure to be of the least sure answer; None where none says how sure it is."""
    read = [
        # What rests on somebody less sure is no surer than that.
        one.least_sure
        if one.stated is None or one.stated > one.least_sure
        else standing.confidence(one.agent, one.version, one.capability, one.stated)
        for one in grounds.behind
        if one.least_sure is not None
    ]
    return min(read, default=None)


def _affected(spec: ToolSpec | None, args: dict[str, Any]) -> int:
    value = args.get(spec.affects) if spec and spec.affects else None
    if value is None:
        return 0
    if isinstance(value, list | dict):
        return len(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _EVERYBODY
    return math.ceil(value) if is_number else _EVERYBODY
