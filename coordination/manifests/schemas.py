"""The JSON Schema of each kind: the envelope around the spec that the room accepts."""

from functools import cache
from typing import Any

from pydantic import BaseModel

from coordination.engine.manifest import NAME, Manifest, Metadata
from coordination.manifests.kinds import kind_named

DIALECT = "https://json-schema.org/draft/2020-12/schema"
IN_PLACE = "#/$defs/{model}"


@cache
def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind, whole in one document; raises KindUnknown."""
    about, spec = _part(Metadata, IN_PLACE), _part(kind_named(name).spec, IN_PLACE)
    parts = {**about.pop("$defs", {}), **spec.pop("$defs", {})}
    return {"$schema": DIALECT, **_envelope(name, about, spec), **({"$defs": parts} if parts else {})}


def components_of(name: str, template: str) -> dict[str, dict[str, Any]]:
    """Return the schema of a kind as named parts that refer to each other; `template` holds {model}."""
    about, spec = _part(Metadata, template), _part(kind_named(name).spec, template)
    parts: dict[str, dict[str, Any]] = {**about.pop("$defs", {}), **spec.pop("$defs", {})}
    return {**parts, "Manifest": _envelope(name, about, spec)}


def _part(model: type[BaseModel], template: str) -> dict[str, Any]:
    return model.model_json_schema(ref_template=template)


def _envelope(name: str, about: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": name,
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
        "properties": {
            "apiVersion": {"const": Manifest.model_fields["apiVersion"].default},
            "kind": {"const": name},
            "metadata": about,
            "spec": spec,
        },
        "description": f"A manifest of kind {name}; its name matches {NAME}.",
    }
