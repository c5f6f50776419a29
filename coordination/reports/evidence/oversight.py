"""People in the loop: what was put to them, what they said, what they stopped or overruled."""

from collections import Counter
from datetime import datetime

from django.db.models import Count, F, Q

from coordination.approvals.models import OPEN, ApprovalDecision, ApprovalRequest, Verdict
from coordination.approvals.selectors import requests
from coordination.engine.flow.state import RunStatus
from coordination.reports.dossier import Evidence, Fact, Scope, Table
from coordination.reports.evidence import words
from coordination.reports.evidence.spread import median, percentile
from coordination.reports.selectors.records import within
from coordination.runs.models import Run

APPROVALS = frozenset(
    f"Approval{what}"
    for what in (
        "Asked", "Claimed", "Decided", "InfoRequested", "Delegated", "Escalated", "Expired", "Cancelled", "Invalidated",
        "Consumed", "Superseded",
    )
)  # fmt: skip
INTERVENTIONS = {
    "RunPaused": "Run paused",
    "RunResumed": "Run let go on",
    "RunCancelled": "Run stopped",
    "StepOverridden": "Result replaced by a person",
    "StepSkipped": "Step skipped by a person",
    "StepRepeated": "Step repeated by a person",
    "AgentSuspended": "Agent suspended",
    "AgentResumed": "Agent let work again",
    "TriggerPaused": "Trigger paused",
    "TriggerResumed": "Trigger let start runs again",
}

KINDS = APPROVALS | frozenset(INTERVENTIONS)


def collect(scope: Scope) -> Evidence:
    """Count questions, answers, overrides and stops, and how long each took."""
    asked = requests(scope.organization).filter(
        created_at__gte=scope.since, created_at__lt=scope.until, is_synthetic=False
    )
    states = dict(asked.order_by().values_list("state").annotate(n=Count("id")))
    n_asked = sum(states.values())
    overdue = asked.filter(Q(decided_at__gt=F("due_at")) | Q(state__in=OPEN, due_at__lt=scope.made_at)).count()
    said = _said(scope)
    waits = sorted(_waits(scope))
    stops = sorted(_stops(scope))
    happened = scope.counts
    interventions = [(what, words.count(happened[kind])) for kind, what in INTERVENTIONS.items() if happened.get(kind)]
    labels = dict(ApprovalRequest._meta.get_field("state").flatchoices)
    return Evidence(
        title="Human oversight",
        says="What waited for people because a rule or a step said so, what they answered, and where they stepped in. "
        "An act that was approved ran once, with exactly the arguments that were approved.",
        facts=(
            Fact("Questions to people", words.count(n_asked)),
            Fact("Answers", words.count(sum(said.values()))),
            Fact("Median time to an answer", words.took(median(waits)),
                 f"90 % within {words.took(percentile(waits, 0.9))}"),
            Fact("Answered or open after their time", words.count(overdue), f"of {words.count(n_asked)}"),
            Fact("Stops by a person", words.count(len(stops)), f"median {words.took(median(stops))} from order to end"),
        ),
        tables=(
            Table("Questions by what became of them", ("State", "Questions"), [
                (str(labels[state]), words.count(n)) for state, n in sorted(states.items())
            ]),
            Table("What people said", ("Answer", "Times"), [
                (str(Verdict(verdict).label), words.count(n)) for verdict, n in said.most_common()
            ]),
            Table("Where people stepped in", ("Act", "Times"), interventions),
        ),
        kinds=KINDS,
        gaps=("How long a reviewer looked at a question before answering is only estimated.",),
        data={"states": dict(states), "answers": dict(said), "waits_s": [round(w, 1) for w in waits][:10_000]},
    )  # fmt: skip


def _said(scope: Scope) -> Counter[str]:
    """Return how often people gave each answer."""
    rows = ApprovalDecision.objects.filter(
        request__organization=scope.organization,
        request__is_synthetic=False,
        created_at__gte=scope.since,
        created_at__lt=scope.until,
    )
    return Counter(dict(rows.order_by().values_list("verdict").annotate(n=Count("id"))))


def _waits(scope: Scope) -> list[float]:
    """Return the times from question to decision, in seconds, of what people decided."""
    decided = requests(scope.organization).filter(
        decided_at__gte=scope.since, decided_at__lt=scope.until, decisions__isnull=False, is_synthetic=False
    )
    spans = decided.order_by().values_list("pk", "created_at", "decided_at").distinct()
    return [(decided_at - asked_at).total_seconds() for _, asked_at, decided_at in spans if decided_at]


def _stops(scope: Scope) -> list[float]:
    """Return the times from the order to stop a run to its end, in seconds."""
    cancelled = Run.objects.filter(
        organization=scope.organization,
        status=RunStatus.CANCELLED,
        finished_at__gte=scope.since,
        finished_at__lt=scope.until,
    ).values_list("id", "finished_at")
    ordered = _ordered_at(scope)
    return [(end - ordered[str(run)]).total_seconds() for run, end in cancelled if end and str(run) in ordered]


def _ordered_at(scope: Scope) -> dict[str, datetime]:
    """Return when each run was first told to stop."""
    orders = within(scope).filter(kind="RunCancelled").order_by("-id")
    return {stream.removeprefix("run:"): at for stream, at in orders.values_list("stream", "occurred_at")}
