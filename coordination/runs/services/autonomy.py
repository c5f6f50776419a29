"""How far an agent acts by itself: a rule that holds beside the policies, from the next decision on."""

from typing import Final

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.agents import services as agents
from coordination.agents.errors import NotEarned
from coordination.agents.models import Agent, Autonomy
from coordination.agents.selectors import agent_named
from coordination.engine.trust.autonomy import SAMPLED, missing
from coordination.policies.services import impose, lift
from coordination.risk.selectors import track_of
from coordination.risk.services import standing_of
from coordination.shared.clock import now
from coordination.shared.json import JsonObject

_HOOKS: Final = ["action", "tool.call"]


@transaction.atomic
def set_autonomy(
    organization: Organization, name: str, level: Autonomy, actor: Actor, reason: str, *, despite: bool = False
) -> Agent:
    """Let an agent act by itself as far as this, and no further; raises AgentUnknown, AlreadyThere, NotEarned.

    What its record does not support a person may grant `despite` it; that goes on record too.
    """
    about = _grounds(organization, agent_named(organization, name), level, despite=despite)
    agent = agents.set_autonomy(organization, name, level, actor, reason, about)
    source = f"autonomy:{name}"
    rule = _rule(organization, agent, level)
    if rule is None:
        lift(organization, source, actor)
    else:
        impose(organization, source, rule, actor)
    return agent


def _grounds(organization: Organization, agent: Agent, level: Autonomy, *, despite: bool) -> JsonObject:
    """Return what a raise rests on; lowering takes no grounds. Raises NotEarned."""
    if level <= agent.autonomy:
        return {}
    track = track_of(organization, agent)
    lacking = missing(level, track, now())
    if lacking and not despite:
        raise NotEarned(name=agent.name, why=" ".join(lacking))
    return {"outcomes": round(track.n), "lower": round(track.lower, 4), "despite": [*lacking]}


def _rule(organization: Organization, agent: Agent, level: Autonomy) -> JsonObject | None:
    title, theirs = agent.title or agent.name, f'agent.name == "{agent.name}"'
    asking: JsonObject = {"effect": "require_approval", "approval": {"role": "reviewer"}, "hooks": [*_HOOKS]}
    if level == Autonomy.PROPOSES:
        said = f"{title} only proposes for now: what it proposes is not carried out."
        told: JsonObject = {"effect": "deny", "hooks": [*_HOOKS], "when": theirs, "statement": said}
    elif level == Autonomy.ASKS:
        told = {**asking, "when": theirs, "statement": f"For now a person agrees to each act of {title}."}
    elif level == Autonomy.ASKS_WHEN_RISKY:
        most = standing_of(organization).tables.bands.high
        said = f"For now a person agrees to acts of {title} with a risk of {most} or more."
        told = {**asking, "when": f"{theirs} && risk.score >= {most}", "statement": said}
    elif level == Autonomy.SAMPLED:
        said = f"{SAMPLED:.0%} of the acts of {title} are looked at before they happen, and this is one of them."
        told = {**asking, "when": f"{theirs} && action.draw < {SAMPLED}", "statement": said}
    else:
        return None
    return {"key": "autonomy", "title": f"Autonomy of {title}", **told}
