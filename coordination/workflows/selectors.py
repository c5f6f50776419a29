"""Which workflows there are, and what their versions say."""

from functools import lru_cache
from uuid import UUID

from django.db.models import QuerySet

from coordination.accounts.models import Organization
from coordination.engine.flow.definition import WorkflowSpec
from coordination.engine.flow.graph import Plan
from coordination.shared.pipeline import Prepared
from coordination.workflows.errors import NotPublished, VersionUnknown, WorkflowStopped, WorkflowUnknown
from coordination.workflows.models import Workflow, WorkflowVersion


def workflows(organization: Organization) -> QuerySet[Workflow]:
    """Return the organization's workflows by name, each with its live version."""
    return Workflow.objects.filter(organization=organization).select_related("live").order_by("name")


def workflow_named(organization: Organization, name: str) -> Workflow:
    """Return one workflow; raises WorkflowUnknown."""
    workflow = workflows(organization).filter(name=name).first()
    if workflow is None:
        raise WorkflowUnknown(name=name)
    return workflow


def live_versions(organization_id: UUID, name: str) -> QuerySet[WorkflowVersion]:
    """Return the version that new runs use, or none, as a query that others may add to; a stopped one has none."""
    going = Workflow.objects.filter(organization_id=organization_id, name=name, stopped_at__isnull=True)
    live = going.values("live_id")
    return WorkflowVersion.objects.filter(pk__in=live)


# Asked at every start: compiled and prepared once.
_LIVE = Prepared(live_versions, UUID(int=1), "?")


def live_version(organization: Organization, name: str, asked: Prepared[WorkflowVersion] = _LIVE) -> WorkflowVersion:
    """Return the version that new runs use; raises WorkflowUnknown, NotPublished, WorkflowStopped.

    `asked` is the query itself, or one that adds to it what its caller would otherwise ask for by itself.
    """
    found = asked.send(organization.pk, name).rows()
    if not found:
        if workflow_named(organization, name).stopped_at is not None:
            raise WorkflowStopped(name=name)
        raise NotPublished(name=name)
    return found[0]


def version_numbered(workflow: Workflow, number: int) -> WorkflowVersion:
    """Return one version; raises VersionUnknown."""
    version = workflow.versions.filter(number=number).first()
    if version is None:
        raise VersionUnknown(name=workflow.name, number=number)
    return version


def latest_version(workflow: Workflow) -> WorkflowVersion | None:
    """Return the newest version, draft or not."""
    return workflow.versions.order_by("-number").first()


@lru_cache(maxsize=256)
def plan_of(version_id: UUID) -> Plan:
    """Return the plan of a version: versions never change, so a process parses each once."""
    spec = WorkflowVersion.objects.values_list("spec", flat=True).get(pk=version_id)
    return Plan(WorkflowSpec.model_validate(spec))
