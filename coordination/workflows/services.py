"""What changes about workflows; each change is a new version and an audit record."""

from django.db import transaction
from django.db.models import ProtectedError

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit.services import Entry, append
from coordination.engine.flow.definition import WorkflowSpec
from coordination.engine.flow.problems import problems_of
from coordination.engine.manifest import Manifest
from coordination.engine.proof.canonical import digest_of
from coordination.shared.clock import now
from coordination.shared.json import JsonObject
from coordination.shared.live import ring
from coordination.shared.manifests import refuse
from coordination.workflows.errors import WorkflowInUse
from coordination.workflows.missing import missing
from coordination.workflows.models import VersionStatus, Workflow, WorkflowVersion
from coordination.workflows.selectors import latest_version, version_numbered, workflow_named

STREAM = "workflows"


def check(manifest: Manifest) -> WorkflowSpec:
    """Return the workflow that a manifest describes; raises ManifestInvalid with everything that is wrong."""
    found = problems_of(manifest.spec)
    if found:
        raise refuse(found)
    return WorkflowSpec.model_validate(manifest.spec)


@transaction.atomic
def save_draft(organization: Organization, manifest: Manifest, actor: Actor, *, source: str = "") -> WorkflowVersion:
    """Keep a new draft version, or return the latest one if it says the same."""
    check(manifest)
    meta = manifest.metadata
    workflow, _ = Workflow.objects.select_for_update().get_or_create(organization=organization, name=meta.name)
    digest = digest_of(manifest.spec)
    latest = latest_version(workflow)
    described = (meta.title, meta.description, meta.labels)
    redescribed = (workflow.title, workflow.description, workflow.labels) != described
    if redescribed:
        workflow.title, workflow.description, workflow.labels = described
        workflow.save()
    if latest is not None and latest.digest == digest:
        if redescribed:
            _record(organization, actor, "WorkflowDescribed", latest, {"metadata": meta.model_dump(mode="json")})
        return latest
    version = WorkflowVersion.objects.create(
        workflow=workflow,
        number=(latest.number if latest else 0) + 1,
        spec=manifest.spec,
        digest=digest,
        source=source,
        created_by=actor.name,
    )
    _record(
        organization, actor, "WorkflowSaved", version, {"says": manifest.spec, "metadata": meta.model_dump(mode="json")}
    )
    return version


@transaction.atomic
def publish(organization: Organization, name: str, number: int, actor: Actor) -> WorkflowVersion:
    """Make a version the one that new runs use; raises ManifestInvalid where it asks for what is not there."""
    workflow = workflow_named(organization, name)
    version = version_numbered(workflow, number)
    if workflow.live_id != version.pk:
        found = problems_of(version.spec) or missing(organization, name, WorkflowSpec.model_validate(version.spec))
        if found:
            raise refuse(found)
    return bring_into_force(organization, name, number, actor)


@transaction.atomic
def bring_into_force(organization: Organization, name: str, number: int, actor: Actor) -> WorkflowVersion:
    """Make a version the one that new runs use; whoever calls asks `missing` when all else is in place.

    Running runs keep the version that they began with.
    """
    workflow = workflow_named(organization, name)
    Workflow.objects.select_for_update().get(pk=workflow.pk)
    version = version_numbered(workflow, number)
    if workflow.live_id == version.pk:
        return version
    workflow.versions.filter(status=VersionStatus.PUBLISHED).update(status=VersionStatus.SUPERSEDED)
    version.status, version.published_at, version.published_by = VersionStatus.PUBLISHED, now(), actor.name
    version.save(update_fields=["status", "published_at", "published_by"])
    workflow.live = version
    workflow.save(update_fields=["live", "updated_at"])
    _record(organization, actor, "WorkflowPublished", version, {})
    return version


@transaction.atomic
def remove_workflow(organization: Organization, name: str, actor: Actor) -> None:
    """Forget a workflow that was never run; raises WorkflowUnknown, WorkflowInUse."""
    workflow = workflow_named(organization, name)
    last = latest_version(workflow)
    try:
        with transaction.atomic():
            # The pointer at the live version protects it from being removed with the others.
            Workflow.objects.filter(pk=workflow.pk).update(live=None)
            workflow.delete()
    except ProtectedError:
        raise WorkflowInUse(name=name) from None
    if last is not None:
        _record(organization, actor, "WorkflowRemoved", last, {})


def _record(organization: Organization, actor: Actor, kind: str, version: WorkflowVersion, data: JsonObject) -> None:
    said: JsonObject = {"version": version.number, "digest": version.digest, **data}
    append(organization.id, STREAM, actor, [Entry(kind, said, object=f"workflow:{version.workflow.name}")])
    ring(organization.id, "workflows")
