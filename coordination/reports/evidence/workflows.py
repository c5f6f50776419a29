"""Which workflows were in force, and how their runs went."""

from django.db.models import Count, Q

from coordination.engine.flow.state import RUN_ENDED, RunStatus
from coordination.engine.trust.intervals import wilson
from coordination.reports.dossier import Evidence, Fact, Scope, Table
from coordination.reports.evidence import words
from coordination.runs.models import Run
from coordination.workflows.models import WorkflowVersion

KINDS = frozenset(f"Workflow{what}" for what in ("Saved", "Published", "Described", "Removed"))


def collect(scope: Scope) -> Evidence:
    """List versions that came into force, and count the runs of each workflow."""
    published = (
        WorkflowVersion.objects.filter(
            workflow__organization=scope.organization, published_at__gte=scope.since, published_at__lt=scope.until
        )
        .select_related("workflow")
        .order_by("workflow__name", "number")
    )
    started = Run.objects.filter(
        organization=scope.organization, created_at__gte=scope.since, created_at__lt=scope.until
    ).order_by()
    ended = Q(status__in=RUN_ENDED) & ~Q(status=RunStatus.CANCELLED)
    went = list(
        started.values("workflow_name", "workflow_number")
        .annotate(
            runs=Count("id"),
            ended=Count("id", filter=ended),
            succeeded=Count("id", filter=Q(status=RunStatus.SUCCEEDED)),
        )
        .order_by("workflow_name", "workflow_number")
    )
    return Evidence(
        title="Workflows and their runs",
        says="A version of a workflow never changes; a run keeps to the version it began with.",
        facts=(
            Fact("Runs started", words.count(sum(row["runs"] for row in went))),
            Fact("Versions that came into force", words.count(len(published))),
        ),
        tables=(
            Table("Runs by workflow", ("Workflow", "Version", "Runs", "Succeeded", "95 % interval"), [
                (row["workflow_name"], f"v{row['workflow_number']}", words.count(row["runs"]),
                 words.share(row["succeeded"], row["ended"]),
                 words.between(*wilson(row["succeeded"], row["ended"])) if row["ended"] else words.NOTHING)
                for row in went
            ]),
            Table("Versions that came into force", ("Workflow", "Version", "In force since", "By"), [
                (one.workflow.name, f"v{one.number}", words.moment(one.published_at),
                 one.published_by or one.created_by)
                for one in published
            ]),
        ),
        kinds=KINDS,
    )  # fmt: skip
