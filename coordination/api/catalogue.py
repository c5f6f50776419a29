"""What the addresses of all manifest kinds share: list, make, read, replace, amend, remove, versions.

Body and answer are the manifest; the answer says its `status` and `version` as well, and a body may repeat them, so
that what was read can be sent back changed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.urls import URLPattern, path
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.accounts.rights import Right
from coordination.api.describing import Paging, page_of, page_schema
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input, MergePatchParser, StrictJSONParser
from coordination.api.pagination import ByName, NewestVersionFirst
from coordination.engine.manifest import Manifest, Problem
from coordination.manifests.checking import check
from coordination.manifests.kinds import KINDS
from coordination.policies.services import ask_about_change
from coordination.shared.errors import Conflict, NotFound
from coordination.shared.json import Json, JsonObject
from coordination.shared.manifests import refuse

# What an answer says beyond the manifest; a body that repeats it is not wrong.
SAID_BESIDES = (
    "status",
    "status_reason",
    "autonomy",
    "stopped_at",
    "version",
    "live_version",
    "enforced_version",
    "candidate_version",
    "candidate_status",
    "documents",
    "created_at",
    "updated_at",
)
# Policies are asked about changes of these here; of changes of their own they are asked where those are made.
_ACTING = ("Agent", "Role", "Tool")
_NO_SHELF: Any = None  # Each address brings its own.


class NameTaken(Conflict):
    """There is a {kind} named {name} already; PUT to its address to change it."""

    code = "name-taken"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where one kind is kept, and what its room does with it."""

    kind: str
    edits: Right
    rows: Callable[..., QuerySet[Any]]
    shown: Callable[[Any], JsonObject]
    save: Callable[..., object]
    remove: Callable[[Organization, str, Actor], None]
    versions: Callable[[Any], QuerySet[Any]] | None = None
    shown_whole: Callable[[Any], JsonObject] | None = None
    # What a body may say about the change itself; `save` is told.
    change: type[Input] | None = None

    def row(self, organization: Organization, name: str) -> Any:
        """Return one thing of the organization; raises NotFound."""
        found = self.rows(organization).filter(name=name).first()
        if found is None:
            raise NotFound(kind=self.kind, name=name)
        return found

    def keep(self, organization: Organization, said: Manifest, actor: Actor, body: Any) -> None:
        """Save a manifest, with what its body says about the change."""
        about: dict[str, Any] = {}
        if self.change is not None and isinstance(body, dict):
            given = self.change(data={name: body[name] for name in self.about_changes if name in body})
            given.is_valid(raise_exception=True)
            about = given.validated_data
        self.ask(organization, actor, "save", said.metadata.name, said.spec)
        self.save(organization, said, actor, **about)

    def ask(
        self, organization: Organization, actor: Actor, verb: str, name: str, spec: JsonObject | None = None
    ) -> None:
        """Ask policies about a change of what acts, before it is made; raises ActDenied."""
        if self.kind in _ACTING:
            ask_about_change(organization, actor, self.kind.lower(), verb, name, spec)

    @property
    def about_changes(self) -> tuple[str, ...]:
        """Return the names of what a body may say about the change itself."""
        return tuple(self.change().fields) if self.change is not None else ()

    def answer(self, organization: Organization, name: str) -> JsonObject:
        """Return one thing as an answer."""
        return (self.shown_whole or self.shown)(self.row(organization, name))


class Labelled(Input):
    """Filters that every list of manifests has."""

    label = serializers.CharField(max_length=130, required=False, help_text="`name` or `name=value`.")  # type: ignore[assignment]  # DRF keeps fields apart from attributes


class VersionOutput(serializers.Serializer[Any]):
    """One version of a thing."""

    number = serializers.IntegerField()
    status = serializers.SerializerMethodField()
    digest = serializers.CharField()
    created_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    spec = serializers.JSONField()

    def get_status(self, version: Any) -> str:
        """Return where the version is in its life; kinds without drafts have none."""
        return str(getattr(version, "status", "saved"))


class ThingSchema(AutoSchema):
    """Describe the shared views by the shelf that an address gives them."""

    @property
    def one(self) -> "ThingList | Thing | ThingVersions":
        """Return the view that is described."""
        return cast("ThingList | Thing | ThingVersions", self.view)

    def get_operation_id(self) -> str:
        """Return for instance `agents_replace`."""
        return f"{KINDS[self.one.shelf.kind].plural.replace('-', '_')}_{self.one.verbs[self.method]}"

    def get_request_serializer(self) -> Any:
        """Return the manifest's schema, or any object for a merge patch."""
        if self.method in ("POST", "PUT"):
            return {"application/json": {"$ref": f"#/components/schemas/{self.one.shelf.kind}.Manifest"}}
        return {"application/merge-patch+json": {"type": "object"}} if self.method == "PATCH" else None

    def get_response_serializers(self) -> Any:
        """Return the manifest with its status, or a page of them."""
        shown = {"$ref": f"#/components/schemas/{self.one.shelf.kind}.Answer"}
        if self.method == "DELETE":
            return {204: None}
        if isinstance(self.one, ThingVersions):
            return {200: page_of("VersionPage", VersionOutput)}
        if isinstance(self.one, ThingList):
            return {201: shown} if self.method == "POST" else {200: page_schema(shown)}
        return {200: shown, 201: shown} if self.method == "PUT" else {200: shown}

    def get_override_parameters(self) -> Any:
        """Return what a list is asked with."""
        if self.method != "GET" or isinstance(self.one, Thing):
            return []
        return [getattr(self.one, "filters", Paging), Paging]


class ThingList(Endpoint):
    """All things of a kind."""

    shelf: Shelf = _NO_SHELF
    filters: ClassVar[type[Input]] = Labelled
    verbs: ClassVar[dict[str, str]] = {"GET": "list", "POST": "create"}
    schema = ThingSchema()

    def get(self, request: Request) -> Response:
        """List them by name."""
        asked = self.asked(self.filters)
        label = asked.pop("label", "")
        rows = self.shelf.rows(self.organization, **asked)
        if label:
            name, equals, value = label.partition("=")
            rows = rows.filter(labels__contains={name: value}) if equals else rows.filter(labels__has_key=name)
        return self.page(rows, shape_of(self.shelf), ByName)

    def post(self, request: Request) -> Response:
        """Make one; raises NameTaken."""
        said = manifest_in(request.data, self.shelf.kind, besides=self.shelf.about_changes)
        name = said.metadata.name
        if self.shelf.rows(self.organization).filter(name=name).exists():
            raise NameTaken(kind=self.shelf.kind, name=name)
        self.shelf.keep(self.organization, said, self.caller.actor, request.data)
        answer = self.shelf.answer(self.organization, name)
        return Response(answer, status=201, headers={"Location": f"{request.path}{name}/"})


class Thing(Endpoint):
    """One thing, by its name."""

    shelf: Shelf = _NO_SHELF
    verbs: ClassVar[dict[str, str]] = {"GET": "read", "PUT": "replace", "PATCH": "amend", "DELETE": "remove"}
    parser_classes = [StrictJSONParser, MergePatchParser]
    schema = ThingSchema()

    def get(self, request: Request, name: str) -> Response:
        """Return it."""
        return Response(self.shelf.answer(self.organization, name))

    def put(self, request: Request, name: str) -> Response:
        """Make it say this, whether or not it is there."""
        said = manifest_in(request.data, self.shelf.kind, name, self.shelf.about_changes)
        is_new = not self.shelf.rows(self.organization).filter(name=name).exists()
        self.shelf.keep(self.organization, said, self.caller.actor, request.data)
        return Response(self.shelf.answer(self.organization, name), status=201 if is_new else 200)

    def patch(self, request: Request, name: str) -> Response:
        """Amend it with a JSON merge patch (RFC 7396)."""
        present = self.shelf.answer(self.organization, name)
        said = manifest_in(merged(present, request.data), self.shelf.kind, name, self.shelf.about_changes)
        self.shelf.keep(self.organization, said, self.caller.actor, request.data)
        return Response(self.shelf.answer(self.organization, name))

    def delete(self, request: Request, name: str) -> Response:
        """Forget it; what it did stays on record."""
        self.shelf.ask(self.organization, self.caller.actor, "remove", name)
        self.shelf.remove(self.organization, name, self.caller.actor)
        return Response(status=204)


class ThingVersions(Endpoint):
    """What a thing said before."""

    shelf: Shelf = _NO_SHELF
    verbs: ClassVar[dict[str, str]] = {"GET": "versions"}
    schema = ThingSchema()

    def get(self, request: Request, name: str) -> Response:
        """List its versions, the newest first."""
        self.no_filters()
        row = self.shelf.row(self.organization, name)
        found = self.shelf.versions(row) if self.shelf.versions else row.versions.all()
        return self.page(found, VersionOutput, NewestVersionFirst)


def manifest_in(body: Any, kind: str, name: str | None = None, besides: Sequence[str] = ()) -> Manifest:
    """Return the manifest that a body is; raises ManifestInvalid, also for another kind or name than the address."""
    if isinstance(body, dict):
        body = {key: value for key, value in body.items() if key not in (*SAID_BESIDES, *besides)}
        body.setdefault("apiVersion", "coordination/v1")
        if body.setdefault("kind", kind) != kind:
            raise refuse([Problem("/kind", f"this address takes manifests of kind {kind}", kind)])
        about = body.get("metadata")
        if name is not None and isinstance(about, dict) and about.setdefault("name", name) != name:
            raise refuse([Problem("/metadata/name", f"the address says {name}; a thing cannot be renamed", name)])
    return check(body)


def answer_of(said: Manifest | JsonObject, row: Any, status: str, version: int, **more: Json) -> JsonObject:
    """Return a manifest as an answer."""
    whole = said.model_dump(mode="json") if isinstance(said, Manifest) else said
    times: JsonObject = {"created_at": row.created_at.isoformat(), "updated_at": row.updated_at.isoformat()}
    return {**whole, "status": status, "version": version, **more, **times}


def merged(present: Any, patch: Any) -> Any:
    """Return a value changed by a JSON merge patch. Source: RFC 7396, section 2."""
    if not isinstance(patch, dict):
        return patch
    result = dict(present) if isinstance(present, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def shape_of(shelf: Shelf) -> type[serializers.BaseSerializer[Any]]:
    """Return the serializer that shows the rows of a shelf."""

    class Shown(serializers.BaseSerializer[Any]):
        def to_representation(self, instance: Any) -> JsonObject:
            return shelf.shown(instance)

    return Shown


def addresses(
    prefix: str, shelf: Shelf, filters: type[Input] = Labelled, versions: type[Endpoint] | None = None
) -> list[URLPattern]:
    """Return the addresses that every kind has."""
    kept: dict[str, Any] = {"shelf": shelf, "writes": shelf.edits}
    return [
        path(f"{prefix}/", ThingList.as_view(**kept, filters=filters)),
        path(f"{prefix}/<str:name>/", Thing.as_view(**kept)),
        path(f"{prefix}/<str:name>/versions/", versions.as_view() if versions else ThingVersions.as_view(shelf=shelf)),
    ]
