"""A workflow as an author writes it: one YAML text, and everything that is wrong with it, by line and column."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from coordination.accounts.models import Organization
from coordination.engine.flow.checks.salvage import sound_part
from coordination.engine.flow.definition import WorkflowSpec
from coordination.engine.manifest import Manifest, Problem
from coordination.manifests.checking import problems_in
from coordination.manifests.documents import Document
from coordination.manifests.errors import ManifestUnreadable
from coordination.manifests.reading import only_one
from coordination.shared.errors import FieldError
from coordination.workflows.missing import missing

KIND = "Workflow"
STARTER = """\
apiVersion: coordination/v1
kind: Workflow
metadata:
  name: my-workflow
  title: My workflow
spec:
  input:
    type: object
    required: [message]
    properties:
      message: {type: string, title: Message, maxLength: 4000}
  title: ${input.message}
  steps:
    - id: answer
      title: Answer
      agent: {capability: write.reply}
      input: {text: "${input.message}"}
  output: {reply: "${steps.answer.output}"}
"""


@dataclass(frozen=True, slots=True)
class Written:
    """What a text says: a manifest when nothing is wrong, and as much of the workflow as can be drawn.

    `missing` is what it asks for that is not there: a draft may, what is published may not.
    """

    text: str
    manifest: Manifest | None = None
    spec: WorkflowSpec | None = None
    errors: list[FieldError] = field(default_factory=list)
    missing: list[FieldError] = field(default_factory=list)
    lines: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    document: Document | None = None


def written(text: str, name: str = "") -> Written:
    """Read a text; with a name it must be about the workflow of that name."""
    try:
        document = only_one(text)
    except ManifestUnreadable as error:
        return Written(text, errors=error.errors)
    value: Any = document.value
    found = [*problems_in(value), *_others(value, name)]
    manifest = None if found else Manifest.model_validate(value)
    errors = _in_order(map(document.place, found))
    return Written(text, manifest, _drawable(value), errors, lines=_lines_of_steps(document), document=document)


def looked_for(text: Written, organization: Organization, name: str = "") -> Written:
    """Add what a text asks for that the organization does not have."""
    if text.document is None or not isinstance(text.document.value, dict):
        return text
    own = name or (text.manifest.metadata.name if text.manifest else "")
    found = missing(organization, own, sound_part(text.document.value.get("spec")))
    return replace(text, missing=_in_order(map(text.document.place, found)))


def _in_order(found: Iterable[FieldError]) -> list[FieldError]:
    return sorted(found, key=lambda one: (one.line or 0, one.column or 0))


def _others(value: Any, name: str) -> list[Problem]:
    if not isinstance(value, dict):
        return []
    metadata = value.get("metadata")
    said = metadata.get("name") if isinstance(metadata, dict) else None
    found = []
    if value.get("kind") not in (KIND, None):
        found.append(Problem("/kind", "this page edits workflows", KIND))
    if name and said not in (name, None):
        found.append(Problem("/metadata/name", f"this page edits {name}; a workflow keeps its name", name))
    return found


def _drawable(value: Any) -> WorkflowSpec | None:
    try:
        return WorkflowSpec.model_validate(value["spec"])
    except (ValidationError, KeyError, TypeError):
        return None


def _lines_of_steps(document: Document) -> dict[str, tuple[int, int]]:
    """Return the first and the last line of each step's text."""
    value: Any = document.value
    spec = value.get("spec") if isinstance(value, dict) else None
    steps = spec.get("steps") if isinstance(spec, dict) else None
    if not isinstance(steps, list):
        return {}
    found = {}
    for at, step in enumerate(steps):
        path = f"/spec/steps/{at}"
        inside = [mark.line for place, mark in document.marks.items() if f"{place}/".startswith(f"{path}/")]
        if isinstance(step, dict) and "id" in step:
            found[str(step["id"])] = (min(inside), max(inside))
    return found
