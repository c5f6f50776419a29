"""How reviewers decide: how many, how fast, how often otherwise than was proposed."""

from collections import defaultdict
from dataclasses import dataclass, field

from coordination.approvals.models import ApprovalDecision, Band, Verdict
from coordination.approvals.selectors import Board, board_of, median_effort_s
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
    board = board_of(scope.organization, scope.since)
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
            Fact("Exercises let pass", words.share(board.missed.k, board.missed.n),
                 words.between(*board.missed.interval) if board.missed.interval else "too few to tell"),
            Fact("Judged twice, the second time blind", words.count(board.agreement.n),
                 f"{board.agreement.same} of them the same"),
            Fact("Agreement (Krippendorff’s α)", _number(board.agreement.value),
                 f"{_number(board.agreement.low)} to {_number(board.agreement.high)}, 95 % bootstrap interval"
                 if board.agreement.low is not None else "too few to tell"),
        ),
        tables=(
            Table("By reviewer", _COLUMNS, [
                (name, words.count(one.answers), words.count(one.high), words.count(one.rejected),
                 words.count(one.edited), words.between(*wilson(one.rejected + one.edited, one.answers)),
                 words.took(median(sorted(one.waits))))
                for name, one in sorted(found.items())
            ]),
        ),
        kinds=frozenset({"ApprovalDecided", "ExerciseAnswered", "SecondLookTaken", "SecondLookSettled"}),
        gaps=_gaps(board),
    )  # fmt: skip


def _gaps(board: Board) -> tuple[str, ...]:
    """Say what is not known of how well people look."""
    gaps = []
    if board.missed.value is None:
        gaps.append("Too few exercises were answered to tell whether reviewers notice what is wrong.")
    if not board.agreement.is_enough:
        gaps.append("Too little was judged twice to tell how far reviewers agree.")
    return tuple(gaps)


def _number(value: float | None) -> str:
    return f"{value:.2f}" if value is not None else "—"
