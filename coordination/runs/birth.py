"""A run comes into being: from a person's start, or as a part of another run."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit.covering import open_stream
from coordination.engine.cel import EvaluationError, ExpressionError
from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from coordination.engine.flow.budget import too_late
from coordination.engine.flow.definition import input_errors
from coordination.engine.flow.expressions import render
from coordination.engine.flow.graph import Plan
from coordination.engine.keepable import unfit_to_keep
from coordination.engine.manifest import pointer
from coordination.engine.proof.personal import told
from coordination.policies.services import Decision, allow_or_raise
from coordination.runs.budgets import bounds_within, deepest, until
from coordination.runs.entering import decide_start
from coordination.runs.errors import InputInvalid
from coordination.runs.loading import Loaded, about_of, stream_of
from coordination.runs.models import Run
from coordination.runs.registry import Registry
from coordination.runs.stored import Rows, StoredSteps
from coordination.shared.clock import now
from coordination.shared.errors import CoordinationError, FieldError
from coordination.shared.json import JsonObject
from coordination.workflows.models import WorkflowVersion
from coordination.workflows.selectors import live_version, plan_of

_TITLE_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants started."""

    workflow: str
    input: JsonObject
    title: str = ""
    priority: int = 50


class ChildRefused(Exception):
    """A run within a run cannot start; `code` is the step's error."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def new_run(
    organization: Organization, version: WorkflowVersion, wish: Wish, actor: Actor, stamp: UUID | None = None
) -> tuple[Loaded, list[ev.Effect]]:
    """Return a run that has begun but is not written yet, and what the machine asks for.

    `stamp` names the policies that hold. Raises InputInvalid, ActDenied.
    """
    plan = plan_of(version.pk)
    check_input(wish.workflow, plan, wish.input)
    run = Run(
        organization=organization,
        workflow_version=version,
        workflow_name=wish.workflow,
        workflow_number=version.number,
        input=wish.input,
        priority=wish.priority,
        started_by_id=actor.user_id,
        started_by_name=actor.name,
        created_at=now(),
    )
    decision = decide_start(run, stamp)
    if decision is not None:
        allow_or_raise(decision, actor)
        check_input(wish.workflow, plan, run.input)
    run.title = _shortened(wish.title or _title(plan, run.input)) or wish.workflow
    return _begun(run, plan, stamp, decision)


def child_of(parent: Loaded, wanted: ev.StartChild) -> tuple[Loaded, list[ev.Effect]]:
    """Return a run that a step of another run is, begun but not written yet; raises ChildRefused."""
    outer, workflow, value = parent.run, wanted.workflow, wanted.input
    _check_bounds(parent, wanted)
    try:
        version = live_version(outer.organization, workflow)
        plan = plan_of(version.pk)
        check_input(workflow, plan, value)
    except CoordinationError as error:
        raise ChildRefused(error.code, str(error)) from error
    run = Run(
        organization=outer.organization,
        workflow_version=version,
        workflow_name=workflow,
        workflow_number=version.number,
        input=value,
        priority=outer.priority,
        started_by_id=outer.started_by_id,
        started_by_name=outer.started_by_name,
        created_at=parent.at,
        parent=outer,
        parent_step=wanted.step,
        parent_attempt=wanted.attempt,
        depth=outer.depth + 1,
        bounds={
            **bounds_within(outer, parent.plan, parent.plan.parent_of(wanted.step) or wanted.step),
            "personal": tells_about_a_person(outer, parent.plan),
        },
    )
    decision = decide_start(run, parent.stamp)
    if decision is not None and decision.outcome != "allow":
        parent.decisions.append(decision)
        raise ChildRefused("policy-denied", " ".join(reason.message for reason in decision.reasons))
    run.title = _shortened(_title(plan, run.input)) or workflow
    return _begun(run, plan, parent.stamp, decision)


def _check_bounds(parent: Loaded, wanted: ev.StartChild) -> None:
    """Refuse a run that is too deep or comes too late; raises ChildRefused."""
    most = deepest(parent.run, parent.plan)
    if parent.run.depth + 1 > most:
        raise ChildRefused("too-deep", f"Runs within runs may be {most} deep; {wanted.workflow} would be deeper.")
    message = too_late(until(parent.run, parent.plan), parent.at)
    if message is not None:
        parent.note("BudgetRefused", wanted.step, {"scope": "time", "message": message})
        raise ChildRefused("budget-exhausted", message)


def check_input(workflow: str, plan: Plan, value: Any) -> None:
    """Refuse what does not fit the workflow's input schema; raises InputInvalid."""
    if unfit := unfit_to_keep(value):
        problem = f"it holds {unfit}."
        raise InputInvalid(errors=[FieldError("/input", problem)], workflow=workflow, problem=problem)
    found = input_errors(plan.spec.input, value)
    if found:
        errors = [FieldError(f"/input{pointer(path)}", message) for path, message in found]
        raise InputInvalid(errors=errors, workflow=workflow, problem=errors[0].message)


def _begun(run: Run, plan: Plan, stamp: UUID | None, decision: Decision | None) -> tuple[Loaded, list[ev.Effect]]:
    state = machine.begin(plan, run.input, about_of(run))
    rows = Rows(run, plan, (), whole=True)
    state.steps = StoredSteps(plan, rows)
    loaded = Loaded(run, rows, plan, state, run.created_at, Registry(), stamp)
    if tells_about_a_person(run, plan):
        _keep_out_of_record(loaded)
    if decision is not None:
        loaded.decisions.append(decision)
    about: dict[str, Any] = {"workflow": run.workflow_name, "version": run.workflow_number}
    if run.parent_id is not None:
        about["parent"] = f"run:{run.parent_id}/step:{run.parent_step}"
    return loaded, loaded.take(ev.RunStarted(), "", input=run.input, **about)


def tells_about_a_person(run: Run, plan: Plan) -> bool:
    """Tell whether values of a person must be kept out of a run's records: its own, or those of a run above it."""
    return plan.personal is not None or bool(run.bounds.get("personal"))


def _keep_out_of_record(loaded: Loaded) -> None:
    """Open the run's stream so that whatever is written there holds commitments in place of a person's values."""
    run, personal = loaded.run, loaded.plan.personal
    above = stream_of(run.parent_id) if run.parent_id else ""
    open_stream(run.organization_id, stream_of(run.pk), told(personal, run.input) if personal else None, above)
    loaded.let_others_write()


def _title(plan: Plan, value: JsonObject) -> str:
    if not plan.spec.title:
        return ""
    try:
        return str(render(plan.spec.title, {"input": value, "steps": {}, "run": {}, "context": {}}))
    except (EvaluationError, ExpressionError):
        return ""


def _shortened(text: str) -> str:
    """Return the text as one line that fits a list: a title is often a whole message."""
    line = " ".join(text.split())
    if len(line) <= _TITLE_LENGTH:
        return line
    cut = line[: _TITLE_LENGTH - 1]
    at_word = cut.rpartition(" ")[0]
    return f"{at_word if len(at_word) > _TITLE_LENGTH // 2 else cut}…"
