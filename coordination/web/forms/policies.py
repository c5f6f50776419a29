"""What a policy is, as it is typed: its name, who answers for it, until when somebody looks at it again."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from coordination.engine.manifest import Manifest, Metadata, problems
from coordination.policies.models import Policy
from coordination.shared.errors import FieldError
from coordination.shared.json import JsonObject
from coordination.web.forms.manifest import joined
from coordination.web.forms.policy_fields import ABOUT
from coordination.web.forms.policy_values import parts


def about_in(posted: Mapping[str, str]) -> dict[str, str]:
    """Read the fields that are about the whole policy."""
    return {one.name: posted.get(one.name, "").strip() for one in ABOUT}


def about_of(policy: Policy, spec: Mapping[str, Any]) -> dict[str, str]:
    """Return what a policy is as it would have been typed."""
    return {
        "name": policy.name,
        "title": policy.title,
        "description": policy.description,
        "owner": spec.get("owner") or "",
        "review_by": spec.get("review_by") or "",
        "tags": joined(spec.get("tags")),
    }


def manifest_of(about: Mapping[str, str], rules: Iterable[Any], labels: Mapping[str, str]) -> JsonObject:
    """Return the manifest that the form says, with these rules."""
    metadata: JsonObject = {name: about[name] for name in ("name", "title", "description")}
    spec: JsonObject = {"owner": about["owner"], "tags": parts(about["tags"])}
    if about["review_by"]:
        spec["review_by"] = about["review_by"]
    return {
        "apiVersion": "coordination/v1",
        "kind": "Policy",
        "metadata": metadata | {"labels": dict(labels)},
        "spec": spec | {"rules": list(rules)},
    }


def changed(policy: Policy, spec: Mapping[str, Any]) -> Manifest:
    """Return a policy's manifest with another spec."""
    about = Metadata(name=policy.name, title=policy.title, description=policy.description, labels=policy.labels)
    return Manifest(kind="Policy", metadata=about, spec=dict(spec))


def errors_about(value: Mapping[str, Any]) -> list[FieldError]:
    """Return what is wrong with a manifest's name, title and description."""
    try:
        Metadata.model_validate(value["metadata"])
    except ValidationError as error:
        return [
            FieldError(one.pointer, one.message, one.suggestion, one.line, one.column)
            for one in problems(error, Metadata, "/metadata")
        ]
    return []
