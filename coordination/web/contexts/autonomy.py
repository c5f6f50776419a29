"""How far an agent acts by itself: the page that asks."""

from dataclasses import dataclass

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.agents.models import Agent, Autonomy

_SAID = {
    Autonomy.PROPOSES: "Nothing that it proposes is carried out. It still answers.",
    Autonomy.ASKS: "A reviewer agrees to each of its acts before it happens.",
    Autonomy.ASKS_WHEN_RISKY: "A reviewer agrees to acts of high and critical risk.",
    Autonomy.AS_POLICIES_SAY: "Policies alone decide which of its acts need a person.",
}


@dataclass(frozen=True, slots=True)
class Level:
    """One level that may be chosen."""

    value: int
    title: str
    said: str
    is_chosen: bool
    is_present: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class AutonomyPage:
    """The levels, and which one holds."""

    agent: Agent
    levels: list[Level]
    reason: str
    problem: str

    @classmethod
    def of(
        cls, agent: Agent, membership: Membership, chosen: int | None = None, reason: str = "", problem: str = ""
    ) -> "AutonomyPage":
        """Compute the page; raising takes who may edit agents."""
        raises = may(membership, Right.AGENT_EDIT)
        chosen = agent.autonomy if chosen is None else chosen
        levels = [
            Level(
                level,
                level.label,
                _SAID[level],
                level == chosen,
                level == agent.autonomy,
                raises or level <= agent.autonomy,
            )
            for level in Autonomy
        ]
        return cls(agent, levels, reason, problem)
