"""The form that starts a run: fields come from the workflow's own input schema."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from coordination.shared.errors import FieldError
from coordination.web.contexts.parts import Choice, Problem
from coordination.web.forms.schema import Field, fields_of
from coordination.workflows.models import Workflow, WorkflowVersion


@dataclass(frozen=True, slots=True)
class NewRunPage:
    """A workflow to choose, and its fields."""

    choices: list[Choice]
    workflow: Workflow | None
    version: WorkflowVersion | None
    fields: list[Field]
    title: str
    problems: list[Problem]

    @classmethod
    def of(
        cls,
        workflows: Sequence[Workflow],
        chosen: Workflow | None,
        typed: Mapping[str, str],
        errors: Iterable[FieldError] = (),
    ) -> "NewRunPage":
        """Compute the form; errors of fields stand beside them, the others above."""
        version = chosen.live if chosen else None
        errors = list(errors)
        fields = fields_of(version.spec.get("input", {}), typed, errors) if version else []
        placed = [Problem(f"{field.title}: {field.error}", f"#{field.id}") for field in fields if field.error]
        known = {field.error for field in fields}
        return cls(
            choices=[
                Choice(one.title or one.name, f"?workflow={one.name}", chosen is not None and one.name == chosen.name)
                for one in workflows
            ],
            workflow=chosen,
            version=version,
            fields=fields,
            title=typed.get("title", ""),
            problems=[*placed, *(Problem(error.message) for error in errors if error.message not in known)],
        )
