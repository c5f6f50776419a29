"""Workflows: what is written is a draft until it is published."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.accounts.rights import Right
from coordination.api.catalogue import Shelf, addresses, answer_of, manifest_in
from coordination.api.describing import takes
from coordination.api.endpoint import Endpoint
from coordination.api.errors import as_json
from coordination.api.inputs import StrictJSONParser, WhichVersion
from coordination.api.yaml import YAML_PARSERS, YamlText
from coordination.engine.flow.checks.salvage import sound_part
from coordination.engine.manifest import Manifest
from coordination.manifests.documents import unplaced
from coordination.manifests.kinds import manifest
from coordination.shared.errors import FieldError, Invalid
from coordination.shared.json import JsonObject
from coordination.workflows import selectors, services
from coordination.workflows.missing import missing
from coordination.workflows.models import Workflow, WorkflowVersion

ANSWER = {"$ref": "#/components/schemas/Workflow.Answer"}
WRITTEN = {
    "application/json": {"$ref": "#/components/schemas/Workflow.Manifest"},
    "application/yaml": {"type": "string"},
}


class Validity(serializers.Serializer[Any]):
    """Whether a workflow could be saved; `errors` are as in a problem."""

    valid = serializers.BooleanField()
    errors = serializers.ListField(child=serializers.DictField())  # type: ignore[assignment]  # DRF keeps fields apart from attributes


class Validate(Endpoint):
    """Check a workflow without saving it."""

    parser_classes = [StrictJSONParser, *YAML_PARSERS]

    @takes("workflows_validate", WRITTEN, Validity)
    def post(self, request: Request, name: str) -> Response:
        """Tell everything that is wrong with the body, or with the newest version if there is no body.

        A body in YAML (`application/yaml`) is told with the line and column of each mistake.
        """
        found = self._mistakes(request.data, name)
        return Response({"valid": not found, "errors": [as_json(one) for one in found]})

    def _mistakes(self, body: Any, name: str) -> list[FieldError]:
        try:
            document = body.document() if isinstance(body, YamlText) else unplaced(body or self._newest(name))
        except Invalid as error:
            return error.errors
        try:
            manifest_in(document.value, "Workflow", name)
            found = []
        except Invalid as error:
            found = document.placed(error)
        spec = document.value.get("spec") if isinstance(document.value, dict) else None
        found += [document.place(one) for one in missing(self.organization, name, sound_part(spec))]
        return sorted(found, key=lambda one: (one.line or 0, one.column or 0))

    def _newest(self, name: str) -> JsonObject:
        return WORKFLOWS.answer(self.organization, name)


class Publish(Endpoint):
    """Make a version the one that new runs use."""

    writes = Right.WORKFLOW_EDIT

    @takes("workflows_publish", WhichVersion, ANSWER)
    def post(self, request: Request, name: str) -> Response:
        """Publish the version; running runs keep theirs."""
        number = self.given(WhichVersion).get("version") or _newest(WORKFLOWS.row(self.organization, name)).number
        services.publish(self.organization, name, number, self.caller.actor)
        return Response(WORKFLOWS.answer(self.organization, name))


def _workflows(organization: Organization) -> QuerySet[Workflow]:
    newest = WorkflowVersion.objects.order_by("workflow_id", "-number").distinct("workflow_id")
    return selectors.workflows(organization).prefetch_related(Prefetch("versions", newest, to_attr="newest"))


def _newest(row: Workflow) -> WorkflowVersion:
    found: list[WorkflowVersion] = row.newest  # type: ignore[attr-defined]  # _workflows fetches it
    return found[0]


def _shown(row: Workflow) -> JsonObject:
    version = _newest(row)
    live = row.live.number if row.live else None
    stopped = row.stopped_at.isoformat() if row.stopped_at else None
    said = manifest("Workflow", row, version.spec)
    return answer_of(said, row, version.status, version.number, live_version=live, stopped_at=stopped)


def _save(organization: Organization, said: Manifest, actor: Actor) -> WorkflowVersion:
    return services.save_draft(organization, said, actor)


WORKFLOWS = Shelf(
    kind="Workflow",
    edits=Right.WORKFLOW_EDIT,
    rows=_workflows,
    shown=_shown,
    save=_save,
    remove=services.remove_workflow,
)

urlpatterns = [
    *addresses("workflows", WORKFLOWS),
    path("workflows/<str:name>/validate/", Validate.as_view(writes=Right.READ)),
    path("workflows/<str:name>/publish/", Publish.as_view()),
]
