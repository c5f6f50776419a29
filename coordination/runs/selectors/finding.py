"""Find runs and what belongs to one; every query is scoped to the organization."""

from uuid import UUID

from django.db.models import Case, IntegerField, QuerySet, Value, When

from coordination.accounts.models import Organization
from coordination.engine.flow.state import RUN_ENDED
from coordination.runs.errors import RunUnknown
from coordination.runs.models import DataAccess, Run, Step, ToolCall


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
    return list(found.prefetch_related("steps")[:limit])


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
    """Return the run's steps in the order of the workflow."""
    return list(run.steps.order_by("position"))


def accesses_of(run: Run) -> list[DataAccess]:
    """Return what data the run's agents read, oldest first."""
    return list(run.accesses.order_by("created_at", "id"))


def actions_of(run: Run) -> list[ToolCall]:
    """Return the actions that the gate released for the run, oldest first."""
    return list(run.tool_calls.order_by("released_at", "id"))
