"""What rules decided about acts, and which acts left the house."""

from django.db.models import Count

from coordination.policies.models import Outcome, PolicyDecision
from coordination.reports.dossier import Evidence, Fact, Scope, Table
from coordination.reports.evidence import words
from coordination.runs.models import ToolCall, ToolCallStatus

KINDS = frozenset({"ActGuarded", "ActDenied", "PolicyDecided", "ActionReleased", "ActionSettled", "StepHeld"})
_AGENTS_SHOWN = 200


def collect(scope: Scope) -> Evidence:
    """Count decisions by outcome, kind of act and agent, and released acts by what became of them."""
    made = PolicyDecision.objects.filter(
        organization=scope.organization, created_at__gte=scope.since, created_at__lt=scope.until
    ).order_by()
    by_outcome = dict(made.values_list("outcome").annotate(n=Count("id")))
    by_hook = made.values_list("hook", "outcome").annotate(n=Count("id")).order_by("hook", "outcome")
    refused = (
        made.filter(outcome=Outcome.DENY).values_list("agent", "action").annotate(n=Count("id")).order_by("-n", "agent")
    )
    released = dict(
        ToolCall.objects.filter(
            organization=scope.organization, released_at__gte=scope.since, released_at__lt=scope.until
        )
        .order_by()
        .values_list("status")
        .annotate(n=Count("id"))
    )
    by_tool = (
        ToolCall.objects.filter(
            organization=scope.organization, released_at__gte=scope.since, released_at__lt=scope.until
        )
        .values_list("tool", "tool_version", "status")
        .annotate(n=Count("id"))
        .order_by("tool", "tool_version", "status")
    )
    total = sum(by_outcome.values())
    return Evidence(
        title="Decisions by rules",
        says="Rules are asked before an act, on every path; an error while deciding is a denial. Each decision has a "
        "page with the rules that held, what was known and what came of it.",
        facts=(
            Fact("Decisions", words.count(total)),
            *(
                Fact(str(outcome.label).capitalize(), words.count(by_outcome.get(outcome, 0)),
                     words.share(by_outcome.get(outcome, 0), total))
                for outcome in Outcome
            ),
            Fact("Acts that were carried out", words.count(sum(released.values()))),
            Fact("Acts whose outcome is unknown", words.count(released.get(ToolCallStatus.UNKNOWN, 0)),
                 "A person has to look; nothing is done twice by itself."),
        ),
        tables=(
            Table("Decisions by kind of act", ("Act", "Decision", "Times"),
                  [(hook, _said(outcome), words.count(n)) for hook, outcome, n in by_hook]),
            Table("What was refused", ("Agent", "Act", "Times"),
                  [(agent or words.NOTHING, action or words.NOTHING, words.count(n))
                   for agent, action, n in refused[:_AGENTS_SHOWN]]),
            Table("Acts carried out by tool", ("Tool", "Version", "Result", "Times"),
                  [(tool, f"v{version}", status, words.count(n)) for tool, version, status, n in by_tool]),
        ),
        kinds=KINDS,
        data={"by_outcome": dict(by_outcome), "acts": dict(released)},
    )  # fmt: skip


def _said(outcome: str) -> str:
    return str(Outcome(outcome).label)
