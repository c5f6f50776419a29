"""How far an agent acts by itself: a rule that holds beside the policies, from the next decision on."""

from typing import Final

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.agents import services as agents
from coordination.agents.models import Agent, Autonomy
from coordination.policies.services import impose, lift
from coordination.risk.services import standing_of
from coordination.shared.json import JsonObject

_HOOKS: Final = ["action", "tool.call"]


@transaction.atomic
def set_autonomy(organization: Organization, name: str, level: Autonomy, actor: Actor, reason: str) -> Agent:
    """Let an agent act by itself as far as this, and no further; raises AgentUnknown, AlreadyThere."""
    agent = agents.set_autonomy(organization, name, level, actor, reason)
    source = f"autonomy:{name}"
    rule = _rule(organization, agent, level)
    if rule is None:
        lift(organization, source, actor)
    else:
        impose(organization, source, rule, actor)
    return agent


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
    else:
        return None
    return {"key": "autonomy", "title": f"Autonomy of {title}", **told}
