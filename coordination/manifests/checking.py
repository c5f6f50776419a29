"""Is this a manifest? Say everything that is wrong with it, each with its place."""

import difflib
from typing import Any

from pydantic import ValidationError

from coordination.engine.manifest import Manifest, Problem, problems
from coordination.manifests.kinds import KINDS
from coordination.shared.manifests import refuse


def problems_in(value: Any) -> list[Problem]:
    """Return everything that is wrong with a document, as far as it can be told without the database."""
    if not isinstance(value, dict):
        return [Problem("", "a manifest is an object with apiVersion, kind, metadata and spec")]
    found: list[Problem] = []
    if "apiVersion" not in value:
        found.append(Problem("/apiVersion", "this field is required: coordination/v1"))
    try:
        Manifest.model_validate(value)
    except ValidationError as error:
        found += problems(error, Manifest)
    name = value.get("kind")
    if isinstance(name, str) and name not in KINDS:
        close = next(iter(difflib.get_close_matches(name, KINDS, n=1, cutoff=0.6)), None)
        found.append(Problem("/kind", f"there is no kind {name}; there are {', '.join(KINDS)}", close))
    elif isinstance(name, str) and isinstance(value.get("spec"), dict):
        found += KINDS[name].problems(value["spec"])
    return found


def check(value: Any) -> Manifest:
    """Return the manifest that a value is; raises ManifestInvalid with everything that is wrong."""
    found = problems_in(value)
    if found:
        raise refuse(found)
    return Manifest.model_validate(value)
