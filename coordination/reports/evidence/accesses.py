"""Which data agents read or wrote, of which class, and whether they were let."""

from django.db.models import Count

from coordination.reports.dossier import Evidence, Fact, Scope, Table
from coordination.reports.evidence import words
from coordination.runs.models import DataAccess


def collect(scope: Scope) -> Evidence:
    """Count accesses by agent, class and decision."""
    period = DataAccess.objects.filter(
        organization=scope.organization, created_at__gte=scope.since, created_at__lt=scope.until
    )
    rows = list(
        period.values_list("agent", "kind", "classification", "decision")
        .annotate(n=Count("id"))
        .order_by("agent", "kind", "classification", "decision")
    )
    total = sum(n for *_, n in rows)
    refused = sum(n for *_, decision, n in rows if decision != "allow")
    return Evidence(
        title="Data that agents used",
        says="Each read of knowledge or memory by an agent is kept with its class, its purpose and the decision.",
        facts=(Fact("Accesses", words.count(total)), Fact("of them refused", words.count(refused))),
        tables=(
            Table("Accesses", ("Agent", "What", "Class", "Decision", "Times"), [
                (agent, kind, classes or words.NOTHING, decision, words.count(n))
                for agent, kind, classes, decision, n in rows
            ]),
        ),
        kinds=frozenset({"KnowledgeBaseSaved", "KnowledgeBaseRemoved"}),
        gaps=("What an agent that runs elsewhere reads by itself is not seen.",),
    )  # fmt: skip
