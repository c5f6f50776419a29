"""The inventory: each agent's card, and the tools that act on the world."""

from coordination.agents.models import Agent, AgentStatus, Tool
from coordination.reports.dossier import Evidence, Fact, Scope, Table
from coordination.reports.evidence import words

KINDS = frozenset(
    f"{what}{happened}"
    for what, all_that_happens in (
        ("Agent", ("Saved", "Removed", "Suspended", "Resumed")),
        ("Role", ("Saved", "Removed")),
        ("Tool", ("Saved", "Removed")),
    )
    for happened in all_that_happens
)
_CARD = ("Agent", "Version", "Purpose", "Able to", "Role", "Authority", "Tools", "Owner", "State")


def collect(scope: Scope) -> Evidence:
    """List agents and tools as they are when this is made."""
    agents = list(Agent.objects.filter(organization=scope.organization).order_by("name"))
    tools = list(Tool.objects.filter(organization=scope.organization).order_by("name"))
    ownerless = [agent.name for agent in agents if not agent.spec.get("owner")]
    undescribed = [agent.name for agent in agents if not agent.description]
    gaps = []
    if ownerless:
        gaps.append(f"No owner is named for {len(ownerless)} of {len(agents)} agents: {_some(ownerless)}.")
    if undescribed:
        gaps.append(f"{len(undescribed)} of {len(agents)} agents have no description: {_some(undescribed)}.")
    return Evidence(
        title="Agents and tools",
        says="As they are when this was made; every version is kept and the records tell each change.",
        facts=(
            Fact("Agents", words.count(len(agents))),
            Fact("of them suspended", words.count(sum(one.status == AgentStatus.SUSPENDED for one in agents))),
            Fact("Tools", words.count(len(tools))),
            Fact("Changes in the period", words.count(sum(scope.counts.get(kind, 0) for kind in KINDS))),
        ),
        tables=(
            Table("Agents", _CARD, [
                (one.name, f"v{one.version}", one.description or one.title or words.NOTHING,
                 words.listed(one.capabilities), one.role_name, str(one.limits.get("authority", words.NOTHING)),
                 words.listed(one.limits.get("tools")), one.spec.get("owner") or words.NOTHING, one.status)
                for one in agents
            ], none="There is no agent."),
            Table("Tools", ("Tool", "Version", "Effect", "Can be taken back", "Data"), [
                (one.name, f"v{one.version}", str(one.spec.get("effect", "write")),
                 str(one.spec.get("reversibility", "irreversible")), str(one.spec.get("classification", "internal")))
                for one in tools
            ], none="There is no tool."),
        ),
        kinds=KINDS,
        gaps=gaps,
    )  # fmt: skip


def _some(names: list[str], most: int = 10) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
