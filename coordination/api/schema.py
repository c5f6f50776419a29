"""The API described by itself: OpenAPI 3.1, the manifests' schemas, and a page for people."""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path, re_path
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.selectors import membership_of
from coordination.api.authentication import SESSION_ORGANIZATION
from coordination.api.docs import DocsPage
from coordination.api.endpoint import Endpoint
from coordination.manifests.kinds import KINDS
from coordination.manifests.schemas import components_of, schema_of
from coordination.shared.json import Json

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "What is wrong (RFC 9457); `code` is stable, `detail` is for people.",
    "required": ["type", "title", "status", "detail", "code", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "reference": {"type": "string", "description": "Where the log tells more about an unexpected error."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "message"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer (RFC 6901) into the body."},
                    "message": {"type": "string"},
                    "suggestion": {"type": "string"},
                    "line": {"type": "integer"},
                    "column": {"type": "integer"},
                },
            },
        },
    },
}
_IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "maxLength": 200},
    "description": "Repeating the request with this key within a day gives the first answer again.",
}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped in the package
    """Describe bearer tokens."""

    target_class = "coordination.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return the scheme."""
        return {"type": "http", "scheme": "bearer"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # untyped in the package
    """Describe the browser's session."""

    target_class = "coordination.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return the scheme."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class KindSchema(Endpoint):
    """The JSON Schema of a kind of manifest."""

    authentication_classes = []
    permission_classes = []
    schema = None

    def get(self, request: Request, kind: str) -> Response:
        """Return the schema, for editors and for anyone who writes manifests."""
        return Response(schema_of(kind), content_type="application/schema+json")


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    said: dict[str, Any] = _corrected(SchemaGenerator().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]
    components = said.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    for kind in KINDS:
        template = f"#/components/schemas/{kind}.{{model}}"
        parts = components_of(kind, template)
        schemas |= {f"{kind}.{name}": part for name, part in parts.items()}
        schemas[f"{kind}.Answer"] = _answer(kind)
    problem = {"description": "What went wrong.", "content": {"application/problem+json": {"schema": _ref("Problem")}}}
    for methods in said["paths"].values():
        for method, operation in methods.items():
            operation.setdefault("responses", {})["default"] = problem
            if method == "post":
                operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
    return said


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Return the OpenAPI document."""
    return JsonResponse(document(), content_type="application/vnd.oai.openapi+json;version=3.1")


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Show the OpenAPI document to people; who is signed in keeps the frame of the other pages."""
    membership = None
    if request.user.is_authenticated:
        membership = membership_of(request.user, request.session.get(SESSION_ORGANIZATION))
        request.membership = membership  # type: ignore[attr-defined]  # where the frame looks for it
    layout = "base.html" if membership else "api/open.html"
    return render(request, "api/docs.html", {"page": DocsPage.of(document()), "layout": layout})


def _corrected(said: Any) -> Any:
    """Return the document with "anything, or else nothing" as "anything": nothing is something too."""
    if isinstance(said, dict):
        if said.get("oneOf") == [{}, {"type": "null"}]:
            said = {name: value for name, value in said.items() if name != "oneOf"}
        return {name: _corrected(value) for name, value in said.items()}
    return [_corrected(value) for value in said] if isinstance(said, list) else said


def _answer(kind: str) -> dict[str, Json]:
    """Return the schema of a manifest with what the answer says besides."""
    return {
        "description": f"A manifest of kind {kind} with its status.",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec", "status", "version"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"const": kind},
            "metadata": {"type": "object"},
            "spec": {"type": "object"},
            "status": {"type": "string"},
            "version": {"type": "integer"},
            "created_at": {"type": "string", "format": "date-time"},
            "updated_at": {"type": "string", "format": "date-time"},
        },
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


urlpatterns = [
    path("openapi.json", openapi, name="openapi"),
    re_path(r"^schemas/(?P<kind>[A-Za-z]+)/?$", KindSchema.as_view()),
]
