"""How far an agent acts by itself: the page that asks."""

from dataclasses import dataclass

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.agents.models import Agent, Autonomy
from coordination.engine.trust.autonomy import GATES, Track, missing
from coordination.risk.selectors import track_of
from coordination.shared.clock import now
from coordination.web import words

_SAID = {
    Autonomy.PROPOSES: "Nothing that it proposes is carried out. It still answers.",
    Autonomy.ASKS: "A reviewer agrees to each of its acts before it happens.",
    Autonomy.ASKS_WHEN_RISKY: "A reviewer agrees to acts of high and critical risk.",
    Autonomy.SAMPLED: "A reviewer agrees to one of its acts in ten, drawn so that nobody foresees which.",
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
    # What the record lacks for it, or how it supports it.
    earned: str
    is_earned: bool


@dataclass(frozen=True, slots=True)
class AutonomyPage:
    """The levels, and which one holds."""

    agent: Agent
    levels: list[Level]
    reason: str
    problem: str
    # How it stands, in figures, and since when.
    figures: str
    since: str
    asks_despite: bool

    @classmethod
    def of(
        cls,
        agent: Agent,
        membership: Membership,
        chosen: int | None = None,
        reason: str = "",
        problem: str = "",
        *,
        asks_despite: bool = False,
    ) -> "AutonomyPage":
        """Compute the page; raising takes who may edit agents."""
        raises = may(membership, Right.AGENT_EDIT)
        chosen = agent.autonomy if chosen is None else chosen
        track = track_of(agent.organization, agent)
        lacking = {level: missing(level, track, now()) for level in Autonomy}
        levels = [
            Level(
                level,
                level.label,
                _SAID[level],
                level == chosen,
                level == agent.autonomy,
                raises or level <= agent.autonomy,
                _earned(level, lacking[level]),
                not lacking[level],
            )
            for level in Autonomy
        ]
        return cls(agent, levels, reason, problem, _figures(track), _since(agent), asks_despite)


def _earned(level: Autonomy, lacking: list[str]) -> str:
    if level not in GATES:
        return ""
    return " ".join(lacking) if lacking else f"Its record supports this: right in {GATES[level]:.0%} of cases or more."


def _figures(track: Track) -> str:
    if not track.n:
        return "Nothing is known yet of how often its present version is right."
    severe = f" The last severe incident was {words.when(track.severe_at, now())}." if track.severe_at else ""
    n, least = words.plural(round(track.n), "outcome"), words.percent(round(track.lower, 3))
    return f"{n}, right in at least {least} for certain.{severe}"


def _since(agent: Agent) -> str:
    if agent.autonomy_at is None:
        return "Nobody has placed it on the ladder yet: it does not fall by itself."
    why = f": {agent.autonomy_reason}" if agent.autonomy_reason else "."
    return f"Placed {words.when(agent.autonomy_at, now())} at version {agent.autonomy_version}{why}"
