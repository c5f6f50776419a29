"""What went wrong, was refused or had to be put right."""

from django.db.models import Count

from coordination.engine.flow.state import RunStatus
from coordination.reports.dossier import Evidence, Fact, Scope, Table
from coordination.reports.evidence import words
from coordination.runs.models import Run, ToolCall, ToolCallStatus

# What each kind of record means, in the order in which they are listed.
MEANINGS = {
    "RunFailed": "A run failed",
    "StepFailed": "An attempt at a step failed",
    "StepGivenUp": "A step was given up after repeated trouble",
    "StepNotUndone": "An act could not be undone",
    "StepUndone": "An act was undone",
    "StepRerouted": "A step went to another agent",
    "LeaseExpired": "A worker was lost",
    "ActDenied": "An act was refused",
    "BudgetRefused": "A call was refused by a budget",
    "CallSettled": "An answer came when nobody waited any longer",
    "AgentSuspended": "An agent was suspended",
    "TriggerRefused": "A trigger was not allowed to start a run",
    "PolicyTrialStopped": "A trial of a rule was stopped",
    "AnchorFailed": "A place outside took no checkpoint",
    "BiasStateChanged": "A bias monitor changed its state",
}
_RUNS_LISTED = 1_000


def collect(scope: Scope) -> Evidence:
    """List failures and refusals, and the acts whose outcome nobody knows."""
    period = {"organization": scope.organization, "finished_at__gte": scope.since, "finished_at__lt": scope.until}
    ended = Run.objects.filter(**period).order_by()
    by_workflow = (
        ended.values_list("workflow_name", "status").annotate(n=Count("id")).order_by("workflow_name", "status")
    )
    failed = ended.filter(status=RunStatus.FAILED).order_by("-finished_at")
    unknown = ToolCall.objects.filter(
        organization=scope.organization,
        status=ToolCallStatus.UNKNOWN,
        released_at__gte=scope.since,
        released_at__lt=scope.until,
    ).order_by("-released_at")
    n_failed, n_ended, n_unknown = failed.count(), ended.count(), unknown.count()
    happened = [(what, words.count(scope.counts[kind])) for kind, what in MEANINGS.items() if scope.counts.get(kind)]
    return Evidence(
        title="Incidents",
        says="What failed, was refused, or had an outcome that nobody knows. Whether any of it is a serious incident "
        "in the sense of a law, people decide.",
        facts=(
            Fact("Runs that ended", words.count(n_ended)),
            Fact("Runs that failed", words.count(n_failed), words.share(n_failed, n_ended)),
            Fact("Acts refused", words.count(scope.counts.get("ActDenied", 0))),
            Fact("Acts of unknown outcome", words.count(n_unknown)),
        ),
        tables=(
            Table("What happened", ("Event", "Times"), happened),
            Table("Runs that failed", ("Run", "Workflow", "Ended", "Why"), [
                (str(run.pk), f"{run.workflow_name} v{run.workflow_number}", words.moment(run.finished_at), _why(run))
                for run in failed[:_RUNS_LISTED]
            ]),
            Table("Acts of unknown outcome", ("Tool", "Step", "Released", "Run"), [
                (f"{call.tool} v{call.tool_version}", call.step_key, words.moment(call.released_at), str(call.run_id))
                for call in unknown[:_RUNS_LISTED]
            ]),
            Table("Runs that ended, by workflow", ("Workflow", "Ended as", "Runs"), [
                (workflow, status, words.count(n)) for workflow, status, n in by_workflow
            ]),
        ),
        kinds=frozenset(MEANINGS),
        gaps=() if n_failed <= _RUNS_LISTED else (f"Only the newest {_RUNS_LISTED} failed runs are listed.",),
    )  # fmt: skip


def _why(run: Run) -> str:
    said = run.error if isinstance(run.error, dict) else {}
    return str(said.get("code") or run.stop_reason or words.NOTHING)
