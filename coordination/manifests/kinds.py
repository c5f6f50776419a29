"""Each kind of manifest and the room that keeps it: what it may say, what is in force, how it comes into force."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from pydantic import ValidationError

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.agents import selectors as agents
from coordination.agents.manifest import AgentSpec, RoleSpec, ToolSpec
from coordination.agents.models import Agent, Role, Tool
from coordination.agents.services import save_agent, save_role, save_tool
from coordination.bias import selectors as bias
from coordination.bias.manifest import MonitorSpec
from coordination.bias.manifest import problems_of as monitor_problems
from coordination.bias.models import BiasMonitor
from coordination.engine.flow.definition import WorkflowSpec
from coordination.engine.flow.problems import problems_of as workflow_problems
from coordination.engine.manifest import Manifest, Metadata, Problem, Spec, problems
from coordination.insights.services import save_monitor
from coordination.manifests.errors import KindUnknown
from coordination.memory import selectors as memory
from coordination.memory.manifest import KnowledgeBaseSpec
from coordination.memory.models import KnowledgeBase
from coordination.memory.services import save_knowledge_base
from coordination.policies import selectors as policies
from coordination.policies import services as policy_services
from coordination.policies.manifest import PolicySpec
from coordination.policies.manifest import problems_of as policy_problems
from coordination.policies.models import Policy
from coordination.policies.models import VersionStatus as PolicyStatus
from coordination.shared.json import Json, JsonObject
from coordination.workflows import selectors as workflows
from coordination.workflows import services as workflow_services
from coordination.workflows.missing import missing
from coordination.workflows.models import Workflow

Named = Role | Agent | Tool | Workflow | Policy | KnowledgeBase | BiasMonitor


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind; `put` saves a manifest and brings it into force, `in_force` gives back what `put` was last given.

    `keeps_text`: `put` takes the author's own text as `source` too. `wrong` says what is wrong with a spec as it was
    written, where its model does not say all. `missing` says what it asks for that is not there, once all is in place.
    """

    name: str
    plural: str
    spec: type[Spec]
    rows: Callable[[Organization], QuerySet[Any]]
    in_force: Callable[[Any], Manifest | None]
    put: Callable[..., object]
    done: str = "saved"
    keeps_text: bool = False
    wrong: Callable[[Any], list[Problem]] | None = None
    missing: Callable[[Organization, Manifest], list[Problem]] = lambda _organization, _said: []
    normal: Callable[[Any], Json] = lambda spec: spec.model_dump(mode="json")

    def problems(self, spec: Any) -> list[Problem]:
        """Return everything that is wrong with a spec, as far as it can be told without the database."""
        if self.wrong is not None:
            return self.wrong(spec)
        try:
            self.spec.model_validate(spec)
        except ValidationError as error:
            return problems(error, self.spec, "/spec")
        return []

    def find(self, organization: Organization, name: str) -> Manifest | None:
        """Return what is in force under a name."""
        row = self.rows(organization).filter(name=name).first()
        return self.in_force(row) if row is not None else None

    def all(self, organization: Organization) -> Iterable[Manifest]:
        """Yield everything in force, by name."""
        for row in self.rows(organization):
            if (manifest := self.in_force(row)) is not None:
                yield manifest


def manifest(kind: str, row: Named, spec: JsonObject) -> Manifest:
    """Return the manifest that says this about a thing."""
    about = Metadata.model_construct(name=row.name, title=row.title, description=row.description, labels=row.labels)
    return Manifest(kind=kind, metadata=about, spec=spec)


def kind_named(name: str) -> Kind:
    """Return a kind by its name; raises KindUnknown."""
    if name not in KINDS:
        raise KindUnknown(name=name, known=", ".join(KINDS))
    return KINDS[name]


def _role(row: Role) -> Manifest:
    return manifest("Role", row, row.spec)


def _tool(row: Tool) -> Manifest:
    return manifest("Tool", row, row.spec)


def _agent(row: Agent) -> Manifest:
    return manifest("Agent", row, row.spec)


def _monitor(row: BiasMonitor) -> Manifest:
    return manifest("BiasMonitor", row, row.spec)


def _workflow(row: Workflow) -> Manifest | None:
    return manifest("Workflow", row, row.live.spec) if row.live else None


def _policy(row: Policy) -> Manifest | None:
    return manifest("Policy", row, row.enforced.spec) if row.enforced else None


def _put_workflow(organization: Organization, said: Manifest, actor: Actor, source: str = "") -> object:
    draft = workflow_services.save_draft(organization, said, actor, source=source)
    return workflow_services.bring_into_force(organization, said.metadata.name, draft.number, actor)


def _missing(organization: Organization, said: Manifest) -> list[Problem]:
    return missing(organization, said.metadata.name, WorkflowSpec.model_validate(said.spec))


def _put_policy(organization: Organization, said: Manifest, actor: Actor) -> object:
    version = policy_services.save_draft(organization, said, actor)
    # The newest version is the same text as before, and was taken out of force: going back to it is a new version.
    bring = policy_services.rollback if version.status == PolicyStatus.SUPERSEDED else policy_services.publish
    return bring(version.policy, version.number, actor)


def _contents(spec: KnowledgeBaseSpec) -> Json:
    """Return the documents by key: however they are written, that is what is kept."""
    found: dict[str, Json] = {
        item.key: {"title": item.title, "text": item.text, "label": item.label, "links": list(item.links),
                   "classification": item.classification}
        for item in spec.contents()
    }  # fmt: skip
    return {"documents": dict(sorted(found.items()))}


# In the order in which they need each other.
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("Role", "roles", RoleSpec, agents.roles, _role, save_role),
        Kind("Tool", "tools", ToolSpec, agents.tools, _tool, save_tool),
        Kind(
            "KnowledgeBase",
            "knowledge-bases",
            KnowledgeBaseSpec,
            memory.knowledge_bases,
            memory.manifest_of,
            save_knowledge_base,
            normal=_contents,
        ),
        Kind("Agent", "agents", AgentSpec, agents.agents, _agent, save_agent),
        Kind(
            "Policy",
            "policies",
            PolicySpec,
            policies.policies,
            _policy,
            _put_policy,
            "enforced",
            wrong=policy_problems,
        ),
        Kind(
            "Workflow",
            "workflows",
            WorkflowSpec,
            workflows.workflows,
            _workflow,
            _put_workflow,
            "published",
            keeps_text=True,
            wrong=workflow_problems,
            missing=_missing,
        ),
        Kind(
            "BiasMonitor",
            "bias-monitors",
            MonitorSpec,
            bias.monitors,
            _monitor,
            save_monitor,
            wrong=monitor_problems,
        ),
    )
}
