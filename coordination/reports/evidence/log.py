"""The record itself: how much of it there is, and how far it is proven."""

from coordination.audit.models import AuditEvent
from coordination.audit.selectors import checkpoints, unsealed
from coordination.reports.dossier import Evidence, Fact, Scope, Table
from coordination.reports.evidence import words

_TAIL_COUNTED = 10_000


def collect(scope: Scope) -> Evidence:
    """Count the period's records, and tell which checkpoint covers them."""
    total = sum(scope.counts.values())
    signed = checkpoints(scope.organization).filter(created_at__gte=scope.since, created_at__lt=scope.until)
    last = checkpoints(scope.organization).first()
    tail = unsealed(scope.organization)[:_TAIL_COUNTED].count()
    first = AuditEvent.objects.filter(organization=scope.organization).order_by("id").first()
    by_kind = sorted(scope.counts.items(), key=lambda item: (-item[1], item[0]))
    facts = (
        Fact("Records in the period", words.count(total)),
        Fact("Checkpoints signed in the period", words.count(signed.count())),
        Fact(
            "Records in the tree", words.count(last.size) if last else "0", f"checkpoint {last.number}" if last else ""
        ),
        Fact("Not sealed when this was made", words.count(tail), "They are in the next checkpoint."),
        Fact("Oldest record kept", words.day(first.occurred_at) if first else words.NOTHING),
    )
    gaps = [] if last else ["No checkpoint has been signed yet: nothing in this pack is proven."]
    return Evidence(
        title="The record",
        says="Every governed act is recorded in the transaction of its effect. Records are leaves of one Merkle tree "
        "(RFC 9162) per organization; signed checkpoints say what the tree was. Each record in this pack's evidence "
        "folder comes with its path to the checkpoint.",
        facts=facts,
        tables=(Table("Records by kind", ("Kind", "Records"), [(kind, words.count(n)) for kind, n in by_kind]),),
        gaps=gaps,
        data={"records": total, "by_kind": dict(by_kind)},
    )
