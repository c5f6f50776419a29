"""The pages that ask before something is done to a run: why, and with what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from coordination.engine.flow.graph import Plan
from coordination.runs.models import Run, Step
from coordination.shared.errors import FieldError
from coordination.web.contexts.parts import Choice, Problem
from coordination.web.contexts.run_controls import REPEAT, Control, repeated_with, signal_link
from coordination.web.contexts.run_names import called
from coordination.web.contexts.run_place import Place
from coordination.web.forms.controls import output_field, payload_fields, reason_field
from coordination.web.forms.schema import Field


@dataclass(frozen=True, slots=True)
class ActPage:
    """An act that is about to be done to a run or a step."""

    run: Run
    control: Control
    about: str
    also: str
    fields: list[Field]
    problems: list[Problem]
    back: str

    @classmethod
    def of(
        cls,
        run: Run,
        control: Control,
        typed: Mapping[str, str],
        wrong: Mapping[str, str],
        step: Step | None = None,
    ) -> "ActPage":
        """Compute the page; `wrong` says what is wrong in which field."""
        fields = [output_field(typed, step.output, wrong.get("output", ""))] if step and control.gives_output else []
        fields.append(reason_field(typed, control.needs_reason, wrong.get("reason", "")))
        later = repeated_with(run, step.key) if step and control.act == REPEAT.act else []
        return cls(
            run=run,
            control=control,
            about=called(run, step.key) if step else "",
            also=", ".join(called(run, key) for key in later),
            fields=fields,
            problems=_problems(fields),
            back=Place(run.pk).on_step(step.key) if step else Place(run.pk).run_link,
        )


@dataclass(frozen=True, slots=True)
class SignalPage:
    """A signal that is about to be sent."""

    run: Run
    name: str
    choices: list[Choice]
    waits: str
    fields: list[Field]
    problems: list[Problem]
    back: str

    @classmethod
    def of(
        cls, run: Run, plan: Plan, name: str, typed: Mapping[str, str], errors: Sequence[FieldError] = ()
    ) -> "SignalPage":
        """Compute the page; errors of fields stand beside them, the others above."""
        waiting = plan.waiting_for.get(name, [])
        wait = plan.steps[waiting[0]].wait if waiting else None
        fields = payload_fields(wait.payload, typed, errors) if wait else []
        return cls(
            run=run,
            name=name,
            choices=[Choice(one, signal_link(run, one), one == name) for one in plan.waiting_for],
            waits=", ".join(called(run, key) for key in waiting),
            fields=fields,
            problems=_problems(fields, errors),
            back=Place(run.pk).run_link,
        )


def _problems(fields: Iterable[Field], errors: Iterable[FieldError] = ()) -> list[Problem]:
    placed = [Problem(f"{field.title}: {field.error}", f"#{field.id}") for field in fields if field.error]
    known = {field.error for field in fields}
    return [*placed, *(Problem(error.message) for error in errors if error.message not in known)]
