"""Find runs and what belongs to one; every query is scoped to the organization."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from coordination.accounts.models import Organization
from coordination.engine.flow.state import RUN_ENDED, RunStatus, StepStatus
from coordination.runs.errors import RunUnknown, StepUnknown
from coordination.runs.models import DataAccess, Run, Step, ToolCall
from coordination.runs.selectors.bounds import settled, within_bounds
from coordination.workflows.selectors import plan_of

# What can be large: the output of a map has megabytes.
_LARGE = ("item", "parameters", "facts", "output", "usage", "proposals", "sources")


def runs(
    organization: Organization, *, status: str = "", workflow: str = "", q: str = "", parent: UUID | None = None
) -> QuerySet[Run]:
    """Return the organization's runs, newest first; `parent` finds those that were started for a step of a run."""
    found = Run.objects.filter(organization=organization).select_related("workflow_version")
    if status == "open":
        found = found.exclude(status__in=RUN_ENDED)
    elif status:
        found = found.filter(status=status)
    if workflow:
        found = found.filter(workflow_name=workflow)
    if q:
        found = found.filter(title__icontains=q)
    if parent is not None:
        found = found.filter(parent_id=parent)
    return found.order_by("-created_at", "-id")


def live_runs(organization: Organization, limit: int) -> list[Run]:
    """Return the runs to watch, those aside that are parts of others: what waits first, then what moves or ended."""
    urgency = Case(
        When(status="waiting", then=Value(0)),
        When(status__in=("running", "pending", "paused"), then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    found = runs(organization).filter(parent=None).annotate(urgency=urgency).order_by("urgency", "-created_at")
    return list(found[:limit])


def asking_people() -> Exists:
    """Return the condition that a step of a run waits for people, not for a time or a signal."""
    waiting = Step.objects.filter(run=OuterRef("pk"), status=StepStatus.WAITING)
    return Exists(waiting.exclude(Q(kind="wait", error=None)))


def which_ask_people(found: Iterable[Run]) -> set[UUID]:
    """Return which of these runs wait for people."""
    waiting = [run.pk for run in found if run.status == RunStatus.WAITING]
    if not waiting:
        return set()
    return set(Run.objects.filter(asking_people(), pk__in=waiting).values_list("pk", flat=True))


def steps_of_each(found: Sequence[Run]) -> dict[UUID, list[Step]]:
    """Return the steps of several runs without what can be large, in one statement."""
    touched: dict[UUID, list[Step]] = {run.pk: [] for run in found}
    for step in Step.objects.filter(run__in=found, parent="").defer(*_LARGE, "rationale", "attempts"):
        touched[step.run_id].append(step)
    return {run.pk: in_order(run, touched[run.pk]) for run in found}


def get_run(organization: Organization, run_id: UUID | str) -> Run:
    """Return one run; raises RunUnknown, also for another organization's."""
    try:
        key = UUID(str(run_id))
    except ValueError:
        raise RunUnknown(name=run_id) from None
    whole = Run.objects.select_related("workflow_version", "organization", "parent")
    run = whole.filter(organization=organization, pk=key).first()
    if run is None:
        raise RunUnknown(name=run_id)
    return run


def steps_of(run: Run) -> list[Step]:
    """Return the steps of the workflow in their order, those that nothing has touched yet as pending ones.

    Values that are too large to be told beside others are left out.
    """
    return in_order(run, map(settled, within_bounds(run.steps.filter(parent=""))))


def outline_of(run: Run) -> list[Step]:
    """Return the steps of the workflow without what went into them and what came out: that is read when asked for."""
    return in_order(run, run.steps.filter(parent="").defer(*_LARGE))


def step_of(run: Run, key: str) -> Step:
    """Return one step, item, round or racer, its output read when it is asked for; raises StepUnknown."""
    row = run.steps.defer("output").filter(key=key).first()
    if row is None and key not in plan_of(run.workflow_version_id).steps:
        raise StepUnknown(name=key)
    return row or _untouched(run, key)


def children_of(run: Run, step_key: str, status: str = "") -> QuerySet[Step]:
    """Return the items, rounds or racers of one step, and its compensation, in their order."""
    found = run.steps.filter(parent=step_key)
    return (found.filter(status=status) if status else found).order_by("index", "key")


def worked_inside(run: Run) -> QuerySet[Step]:
    """Return the items, rounds and racers of a run that somebody worked on, the latest first."""
    begun = run.steps.exclude(parent="").filter(started_at__isnull=False)
    return begun.defer(*_LARGE, "rationale").order_by("-started_at")


def parts_of(run: Run) -> QuerySet[Run]:
    """Return the runs that steps of this one started, oldest first."""
    return Run.objects.filter(parent=run).select_related("workflow_version").order_by("id")


def in_order(run: Run, touched: Iterable[Step]) -> list[Step]:
    """Return the steps of the workflow in their order, with these rows where there are any."""
    found = {step.key: step for step in touched}
    return [found.get(key) or _untouched(run, key) for key in plan_of(run.workflow_version_id).steps]


def _untouched(run: Run, key: str) -> Step:
    plan = plan_of(run.workflow_version_id)
    step = plan.steps[key]
    return Step(
        run=run,
        organization_id=run.organization_id,
        key=key,
        position=plan.position_of(key),
        kind=step.kind,
        title=step.title,
    )


def accesses_of(run: Run) -> QuerySet[DataAccess]:
    """Return what data the run's agents read, oldest first."""
    return run.accesses.order_by("created_at", "id")


def actions_of(run: Run) -> QuerySet[ToolCall]:
    """Return the actions that the gate released for the run, oldest first."""
    return run.tool_calls.order_by("released_at", "id")
