"""Agents are called together to vote or to negotiate: who, and what is known of each of them at that moment."""

from dataclasses import asdict
from typing import Any, Final

from coordination.agents.models import Agent
from coordination.engine.council.hearing import Standing
from coordination.engine.flow import events as ev
from coordination.engine.flow.called import Target
from coordination.risk.services import Standing as Known
from coordination.risk.services import standing_of
from coordination.runs.loading import Loaded
from coordination.runs.models import Step
from coordination.shared.json import JsonObject

# A label by which people say that agents are made of the same.
FAMILY: Final = "family"
_DIGITS: Final = 6


def begin_council(loaded: Loaded, row: Step) -> list[ev.Effect]:
    """Return the effects of calling those together who can take a step; what is known of them goes on record.

    The records are those that scores rest on: they are in memory, so that nothing is asked of the database.
    """
    council = loaded.plan.definition(row.key).council
    assert council is not None  # noqa: S101  (the kind of the row says so)
    called = _called(loaded, council.asked)[: council.most]
    if not called:
        named = ", ".join(str(target) for target in council.asked)
        return loaded.take(ev.StepFailed(row.key, "no-agent", f"No active agent can take {named}."))
    known = standing_of(loaded.run.organization)
    standings = tuple(_standing(known, agent, at, council.asked[at]) for agent, at in called)
    return loaded.take(ev.StepSpread(row.key, tuple(agent.name for agent, _ in called), standings))


def _called(loaded: Loaded, asked: list[Target]) -> list[tuple[Agent, int]]:
    """Return each agent once, with the target that it is called for: the first able one of each, then the second."""
    able = [loaded.registry.able(loaded.run.organization_id, target) for target in asked]
    found: dict[str, tuple[Agent, int]] = {}
    for place in range(max((len(agents) for agents in able), default=0)):
        for at, agents in enumerate(able):
            if place < len(agents):
                found.setdefault(agents[place].name, (agents[place], at))
    return list(found.values())


def _standing(known: Known, agent: Agent, at: int, target: Target) -> JsonObject:
    record, about = known.record_of(agent.name, agent.version, target.capability or agent.capabilities[0])
    correction = about.correction if about else None
    said = asdict(
        Standing(
            asked=at,
            version=agent.version,
            authority=agent.limits.get("authority", 0),
            family=family_of(agent),
            successes=round(record.successes, _DIGITS),
            failures=round(record.failures, _DIGITS),
            slope=round(correction.slope, _DIGITS) if correction else None,
            shift=round(correction.shift, _DIGITS) if correction else None,
        )
    )
    return {name: value for name, value in said.items() if value not in (None, "")}


def family_of(agent: Agent) -> str:
    """Return what an agent shares with others that err as it does: its label, or else the model that it calls."""
    adapter: dict[str, Any] = agent.spec.get("adapter") or {}
    model = (adapter.get("openai") or {}).get("model", "")
    return str(agent.labels.get(FAMILY, "") or model)
