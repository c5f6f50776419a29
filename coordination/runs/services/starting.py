"""A run begins."""

from typing import Any

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.agents.models import Agent, AgentStatus
from coordination.engine.cel import EvaluationError, ExpressionError
from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from coordination.engine.flow.definition import Step as StepDefinition
from coordination.engine.flow.definition import Target, input_errors
from coordination.engine.flow.expressions import render
from coordination.engine.flow.graph import Plan
from coordination.engine.keepable import unfit_to_keep
from coordination.engine.manifest import pointer
from coordination.runs.effects import carry_out, hand_on
from coordination.runs.errors import InputInvalid
from coordination.runs.loading import Loaded, about_of
from coordination.runs.models import Run, Step
from coordination.shared.clock import now
from coordination.shared.errors import FieldError
from coordination.shared.json import JsonObject
from coordination.workflows.models import WorkflowVersion
from coordination.workflows.selectors import live_version, plan_of

_TITLE_LENGTH = 100


def start_run(
    organization: Organization,
    workflow: str,
    value: JsonObject,
    *,
    actor: Actor,
    title: str = "",
    priority: int = 50,
) -> Run:
    """Start a run of the workflow's live version; raises WorkflowUnknown, NotPublished, InputInvalid."""
    version = live_version(organization, workflow)
    plan = plan_of(version.pk)
    _check_input(workflow, plan, value)
    with transaction.atomic():
        return _create(organization, workflow, version, plan, value, actor, title, priority)


def _check_input(workflow: str, plan: Plan, value: Any) -> None:
    if unfit := unfit_to_keep(value):
        problem = f"it holds {unfit}."
        raise InputInvalid(errors=[FieldError("/input", problem)], workflow=workflow, problem=problem)
    found = input_errors(plan.spec.input, value)
    if found:
        errors = [FieldError(f"/input{pointer(path)}", message) for path, message in found]
        raise InputInvalid(errors=errors, workflow=workflow, problem=errors[0].message)


def _create(
    organization: Organization,
    workflow: str,
    version: WorkflowVersion,
    plan: Plan,
    value: JsonObject,
    actor: Actor,
    title: str,
    priority: int,
) -> Run:
    at = now()
    run = Run(
        organization=organization,
        workflow_version=version,
        workflow_name=workflow,
        workflow_number=version.number,
        title=_shortened(title or _title(plan, value)) or workflow,
        input=value,
        priority=priority,
        started_by_id=actor.user_id,
        started_by_name=actor.name,
        steps_total=len(plan.steps),
        created_at=at,
    )
    pools = _pools(organization, plan)
    rows = [
        Step(
            run=run,
            organization_id=organization.pk,
            key=step.id,
            position=position,
            kind=step.kind,
            title=step.title,
            pool=pools.get(step.id, "io"),
        )
        for position, step in enumerate(plan.spec.steps)
    ]
    state = machine.begin(plan, value, about_of(run))
    loaded = Loaded(run, {row.key: row for row in rows}, plan, state, at)
    loaded.note("RunStarted", "", {"workflow": workflow, "version": version.number, "input": value})
    for offer in carry_out(loaded, loaded.take(ev.RunStarted())):
        hand_on(loaded, offer)
    loaded.create(actor)
    return run


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


def _pools(organization: Organization, plan: Plan) -> dict[str, str]:
    """Return the pool that each agent step's first choice works in: one look at the registry for the whole run."""
    wanted = {step.id: _target(step) for step in plan.spec.steps if step.agent is not None}
    if not wanted:
        return {}
    agents = list(
        Agent.objects.filter(organization=organization, status=AgentStatus.ACTIVE)
        .order_by("-priority", "name")
        .only("name", "role_name", "capabilities", "pool")
    )
    return {step_id: next((a.pool for a in agents if _fits(a, target)), "io") for step_id, target in wanted.items()}


def _target(step: StepDefinition) -> Target:
    assert step.agent is not None  # noqa: S101  (only agent steps are asked about)
    return step.agent


def _fits(agent: Agent, target: Target) -> bool:
    return target.name == agent.name or target.role == agent.role_name or target.capability in agent.capabilities
