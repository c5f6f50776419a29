"""Agents, roles and tools: the lists, one of each, and what agents did lately."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.agents.models import Agent, AgentStatus, AgentVersion, Autonomy, Role, RoleVersion, Tool, ToolVersion
from coordination.runs.models import Step
from coordination.runs.selectors import Day
from coordination.runs.selectors.usage import AgentUse
from coordination.web import words
from coordination.web.contexts import status as statuses
from coordination.web.contexts.budget_use import Use, uses_of
from coordination.web.contexts.parts import Choice, Kpi, Pager, strip_of
from coordination.web.contexts.status import Status
from coordination.web.contexts.versions import VersionView, views_of

ACTIVE = Status("active", "ok", "done", "Active")
SUSPENDED = Status("suspended", "bad", "paused", "Suspended")
FAILING = Status("failing", "bad", "failed", "Failing")
# From so many calls on, an agent that fails more often than not is called failing.
ENOUGH_CALLS = 3
ADAPTERS = {"python": "Python function", "http": "HTTP service", "openai": "OpenAI-compatible model"}
_HOLDS = ("max_concurrency", "rate", "max_cost_usd_per_call", "max_tokens_per_call")
NEVER_USED = AgentUse()
_TABS = (("agents", "Agents", "/agents/"), ("roles", "Roles", "/roles/"), ("tools", "Tools", "/tools/"))


@dataclass(frozen=True, slots=True)
class AgentRow:
    """One agent in the list."""

    agent: Agent
    link: str
    status: Status
    use: AgentUse
    success: str
    last_used_at: Any

    @classmethod
    def of(cls, agent: Agent, use: AgentUse) -> "AgentRow":
        """Return the row."""
        return cls(
            agent=agent,
            link=reverse("agent", args=[agent.name]),
            status=health(agent, use),
            use=use,
            success=words.percent(use.succeeded / use.calls) if use.calls else "—",
            last_used_at=use.last_at or getattr(agent, "last_used_at", None),
        )


@dataclass(frozen=True, slots=True)
class AgentsPage:
    """The list of agents."""

    rows: list[AgentRow]
    pager: Pager
    tabs: list[Choice]
    here: str
    may_edit: bool

    @classmethod
    def of(
        cls, agents: Sequence[Agent], pager: Pager, use: Mapping[str, AgentUse], membership: Membership, here: str
    ) -> "AgentsPage":
        """Compute the list for one member."""
        rows = [AgentRow.of(agent, use.get(agent.name, NEVER_USED)) for agent in agents]
        return cls(rows, pager, tabs("agents"), here, may(membership, Right.AGENT_EDIT))


@dataclass(frozen=True, slots=True)
class Lately:
    """A step that the agent took."""

    step: Step
    status: Status
    link: str
    took_s: float | None


@dataclass(frozen=True, slots=True)
class AgentPage:
    """One agent."""

    agent: Agent
    status: Status
    here: str
    kpis: list[Kpi]
    capabilities: list[tuple[str, int]]
    adapter: str
    called: str
    limits: Mapping[str, Any]
    # What it may take in a day, and the limits that are no budget.
    uses: list[Use]
    holds: list[tuple[str, str]]
    lately: list[Lately]
    versions: list[VersionView[AgentVersion]]
    may_edit: bool
    may_stop: bool
    autonomy: str
    is_suspended: bool

    @classmethod
    def of(
        cls,
        agent: Agent,
        use: AgentUse,
        day: Day | None,
        steps: Sequence[Step],
        versions: Sequence[AgentVersion],
        membership: Membership,
    ) -> "AgentPage":
        """Compute the page for one member."""
        calls = dict(use.of_capability)
        adapter = agent.spec["adapter"]
        kind = next(kind for kind in ADAPTERS if adapter.get(kind) is not None)
        return cls(
            agent=agent,
            status=health(agent, use),
            here=reverse("agent", args=[agent.name]),
            kpis=_kpis(use),
            capabilities=[(name, calls.get(name, 0)) for name in agent.capabilities],
            adapter=ADAPTERS[kind],
            called=_called(kind, adapter[kind]),
            limits=agent.limits,
            uses=uses_of(day) if day else [],
            holds=_holds(agent.spec),
            lately=[_lately(step) for step in steps],
            versions=views_of(versions),
            may_edit=may(membership, Right.AGENT_EDIT),
            may_stop=may(membership, Right.STOP),
            autonomy=Autonomy(agent.autonomy).label.lower(),
            is_suspended=agent.status == AgentStatus.SUSPENDED,
        )


@dataclass(frozen=True, slots=True)
class TurnPage:
    """The question before an agent is suspended or resumed."""

    agent: Agent
    is_suspending: bool
    title: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RolesPage:
    """The list of roles."""

    rows: Sequence[Role]
    pager: Pager
    tabs: list[Choice]
    may_edit: bool


@dataclass(frozen=True, slots=True)
class RolePage:
    """One role, and who plays it."""

    role: Role
    players: Sequence[Agent]
    versions: list[VersionView[RoleVersion]]
    may_edit: bool


@dataclass(frozen=True, slots=True)
class ToolsPage:
    """The list of tools."""

    rows: Sequence[Tool]
    pager: Pager
    tabs: list[Choice]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a tool."""

    name: str
    type: str
    what: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class ToolPage:
    """One tool, and its arguments."""

    tool: Tool
    arguments: list[Argument]
    called: str
    versions: list[VersionView[ToolVersion]]

    @classmethod
    def of(cls, tool: Tool, versions: Sequence[ToolVersion]) -> "ToolPage":
        """Compute the page."""
        schema, adapter = tool.spec["input"], tool.spec["adapter"]
        required = schema.get("required", [])
        kind = "http" if adapter.get("http") else "python"
        return cls(
            tool=tool,
            arguments=[
                Argument(
                    name, about.get("type", "any"), about.get("description") or about.get("title", ""), name in required
                )
                for name, about in schema.get("properties", {}).items()
            ],
            called=f"{ADAPTERS[kind]} {_called(kind, adapter[kind])}",
            versions=views_of(versions),
        )


def tabs(here: str) -> list[Choice]:
    """Return the tabs of the room."""
    return strip_of(_TABS, here)


def health(agent: Agent, use: AgentUse) -> Status:
    """Return how an agent does."""
    if agent.status == AgentStatus.SUSPENDED:
        return SUSPENDED
    if use.calls >= ENOUGH_CALLS and use.succeeded * 2 < use.calls:
        return FAILING
    return ACTIVE


def _kpis(use: AgentUse) -> list[Kpi]:
    if not use.calls:
        return [Kpi(title, "—", "not called in 24 h") for title in ("Calls", "Success", "Median time", "Cost")]
    failed = use.calls - use.succeeded
    return [
        Kpi("Calls", words.count(use.calls), "in the last 24 h"),
        Kpi(
            "Success",
            words.percent(use.succeeded / use.calls),
            f"{words.count(use.succeeded)} of {words.count(use.calls)} calls",
            note_tone="bad" if failed * 2 > use.calls else "",
        ),
        Kpi("Median time", words.duration(use.median_s or 0), f"95 of 100 within {words.duration(use.p95_s or 0)}"),
        Kpi(
            "Cost",
            words.money(use.cost_microusd),
            f"{words.money(use.cost_microusd // use.calls)} a call",
            exact=words.exact_money(use.cost_microusd),
        ),
    ]


def _holds(spec: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what an agent's manifest limits, in words."""
    most, rate, usd, tokens = (spec.get(name) for name in _HOLDS)
    found = [("At once", f"{words.plural(most, 'call')} by all workers together")] if most else []
    if rate:
        found.append(("Rate", f"{words.plural(rate['calls'], 'call')} in {rate.get('per', '1m')}"))
    dearest = [words.money(round(usd * 1_000_000))] if usd is not None else []
    dearest += [words.plural(tokens, "token")] if tokens is not None else []
    return [*found, ("A call takes", f"at most {' and '.join(dearest)}")] if dearest else found


def _called(kind: str, how: Any) -> str:
    return str(how) if kind == "python" else str(how["url"] if kind == "http" else how["model"])


def _lately(step: Step) -> Lately:
    took = (step.finished_at - step.started_at).total_seconds() if step.started_at and step.finished_at else None
    link = f"{reverse('run', args=[step.run_id])}?tab=steps#step-{step.key}"
    return Lately(step, statuses.of_step(step), link, took)
