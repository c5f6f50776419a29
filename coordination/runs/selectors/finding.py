"""Find runs and what belongs to one; every query is scoped to the organization."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Case, IntegerField, QuerySet, Value, When

from coordination.accounts.models import Organization
from coordination.engine.flow.state import RUN_ENDED
from coordination.runs.errors import RunUnknown
from coordination.runs.models import DataAccess, Run, Step, ToolCall
from coordination.workflows.selectors import plan_of


def runs(organization: Organization, *, status: str = "", workflow: str = "", q: str = "") -> QuerySet[Run]:
    """Return the organization's runs, newest first."""
    found = Run.objects.filter(organization=organization).select_related("workflow_version")
    if status == "open":
        found = found.exclude(status__in=RUN_ENDED)
    elif status:
        found = found.filter(status=status)
    if workflow:
        found = found.filter(workflow_name=workflow)
    if q:
        found = found.filter(title__icontains=q)
    return found.order_by("-created_at", "-id")


def live_runs(organization: Organization, limit: int) -> list[Run]:
    """Return the runs to watch: those that wait for people first, then what moves, then what ended last."""
    urgency = Case(
        When(status="waiting", then=Value(0)),
        When(status__in=("running", "pending", "paused"), then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    found = runs(organization).annotate(urgency=urgency).order_by("urgency", "-created_at")
    return list(found[:limit])


def steps_of_each(found: Sequence[Run]) -> dict[UUID, list[Step]]:
    """Return the steps of several runs, in one statement."""
    touched: dict[UUID, list[Step]] = {run.pk: [] for run in found}
    for step in Step.objects.filter(run__in=found, parent=""):
        touched[step.run_id].append(step)
    return {run.pk: _in_order(run, touched[run.pk]) for run in found}


def get_run(organization: Organization, run_id: UUID | str) -> Run:
    """Return one run; raises RunUnknown, also for another organization's."""
    try:
        key = UUID(str(run_id))
    except ValueError:
        raise RunUnknown(name=run_id) from None
    run = (
        Run.objects.select_related("workflow_version", "organization").filter(organization=organization, pk=key).first()
    )
    if run is None:
        raise RunUnknown(name=run_id)
    return run


def steps_of(run: Run) -> list[Step]:
    """Return the steps of the workflow in their order, those that nothing has touched yet as pending ones."""
    return _in_order(run, run.steps.filter(parent=""))


def children_of(run: Run, step_key: str) -> QuerySet[Step]:
    """Return the items, rounds or racers of one step in their order."""
    return run.steps.filter(parent=step_key).order_by("index", "key")


def _in_order(run: Run, touched: Iterable[Step]) -> list[Step]:
    found = {step.key: step for step in touched}
    plan = plan_of(run.workflow_version_id)
    return [
        found.get(key)
        or Step(
            run=run,
            organization_id=run.organization_id,
            key=key,
            position=plan.position_of(key),
            kind=step.kind,
            title=step.title,
        )
        for key, step in plan.steps.items()
    ]


def accesses_of(run: Run) -> list[DataAccess]:
    """Return what data the run's agents read, oldest first."""
    return list(run.accesses.order_by("created_at", "id"))


def actions_of(run: Run) -> list[ToolCall]:
    """Return the actions that the gate released for the run, oldest first."""
    return list(run.tool_calls.order_by("released_at", "id"))
