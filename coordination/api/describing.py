"""Say in the OpenAPI description what an address takes and gives."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from coordination.api.inputs import Input

_pages: dict[str, type[serializers.Serializer[Any]]] = {}


class Paging(Input):
    """How to read a list."""

    cursor = serializers.CharField(required=False, help_text="From `next` or `previous`.")
    limit = serializers.IntegerField(required=False, min_value=1, max_value=200, help_text="Items on a page.")


def listing(
    name: str, filters: type[Input] | None, item: type[serializers.BaseSerializer[Any]]
) -> Callable[[Any], Any]:
    """Describe a method that answers with a page of a list."""
    parameters: list[type[Input]] = [filters, Paging] if filters else [Paging]
    return extend_schema(
        operation_id=name, parameters=parameters, responses={200: page_of(f"{item.__name__}Page", item)}
    )


def takes(
    name: str,
    given: type[Input] | dict[str, Any] | None,
    gives: Any,
    status: int = 200,
) -> Callable[[Any], Any]:
    """Describe a method that takes a body and gives an answer."""
    return extend_schema(operation_id=name, request=given, responses={status: gives})


def page_of(name: str, item: type[serializers.BaseSerializer[Any]]) -> type[serializers.Serializer[Any]]:
    """Return the shape of one page of a list: the same one for the same name, as OpenAPI has it."""
    if name not in _pages:
        _pages[name] = _page(name, item)
    return _pages[name]


def _page(name: str, item: type[serializers.BaseSerializer[Any]]) -> type[serializers.Serializer[Any]]:
    fields = {
        "results": item(many=True),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
    }
    return type(name, (serializers.Serializer,), fields)


def page_schema(item: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of one page of a list whose items have a schema of their own."""
    link = {"type": ["string", "null"], "format": "uri"}
    return {
        "type": "object",
        "required": ["results", "next", "previous"],
        "properties": {"results": {"type": "array", "items": item}, "next": link, "previous": link},
    }
