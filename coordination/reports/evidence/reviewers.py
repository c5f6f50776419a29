"""How reviewers decide: how many, how fast, how often otherwise than was proposed."""

from collections import defaultdict
from dataclasses import dataclass, field

from coordination.approvals.models import ApprovalDecision, Band, Verdict
from coordination.approvals.selectors import median_effort_s
from coordination.engine.trust.intervals import wilson
from coordination.reports.dossier import Evidence, Fact, Scope, Table
from coordination.reports.evidence import words
from coordination.reports.evidence.spread import median

_MOST = 100_000
_COLUMNS = ("Person", "Answers", "On high risk", "Rejected", "Edited", "Otherwise, 95 % interval", "Median wait")
_ANSWERS = (Verdict.APPROVE, Verdict.REJECT, Verdict.EDIT)


@dataclass(slots=True)
class _Reviewer:
    answers: int = 0
    rejected: int = 0
    edited: int = 0
    high: int = 0
    waits: list[float] = field(default_factory=list)


def collect(scope: Scope) -> Evidence:
    """Count each reviewer's answers."""
    said = ApprovalDecision.objects.filter(
        request__organization=scope.organization,
        request__is_synthetic=False,
        created_at__gte=scope.since,
        created_at__lt=scope.until,
        verdict__in=_ANSWERS,
    ).order_by("-id")
    rows = said.values_list("actor__username", "verdict", "request__risk_band", "created_at", "request__created_at")
    found: dict[str, _Reviewer] = defaultdict(_Reviewer)
    for name, verdict, band, answered_at, asked_at in rows[:_MOST]:
        one = found[name]
        one.answers += 1
        one.rejected += verdict == Verdict.REJECT
        one.edited += verdict == Verdict.EDIT
        one.high += band in (Band.HIGH, Band.CRITICAL)
        one.waits.append((answered_at - asked_at).total_seconds())
    everyone = sum(one.answers for one in found.values())
    otherwise = sum(one.rejected + one.edited for one in found.values())
    effort = median_effort_s(scope.organization, scope.since)
    return Evidence(
        title="How reviewers decide",
        says="Reviewers who never decide otherwise than was proposed may not be looking, or there may be nothing to "
        "object to: the figures alone do not tell which.",
        facts=(
            Fact("Reviewers who answered", words.count(len(found))),
            Fact("Answers", words.count(everyone)),
            Fact("Otherwise than proposed", words.share(otherwise, everyone),
                 words.between(*wilson(otherwise, everyone)) if everyone else ""),
            Fact("Median effort for one answer", words.took(effort), "from the times of their answers"),
        ),
        tables=(
            Table("By reviewer", _COLUMNS, [
                (name, words.count(one.answers), words.count(one.high), words.count(one.rejected),
                 words.count(one.edited), words.between(*wilson(one.rejected + one.edited, one.answers)),
                 words.took(median(sorted(one.waits))))
                for name, one in sorted(found.items())
            ]),
        ),
        kinds=frozenset({"ApprovalDecided"}),
        gaps=(
            "Whether reviewers notice known-bad cases is not measured yet, nor how far two of them agree.",
        ),
    )  # fmt: skip
