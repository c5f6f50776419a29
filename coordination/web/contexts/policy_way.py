"""The way of a version to enforcement: what is done, what is next, who must agree, and the button for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from coordination.approvals.models import ApprovalRequest
from coordination.approvals.selectors import asked_of
from coordination.policies.models import CANDIDATES, UNREVIEWED, Backtest, PolicyPractice, PolicyVersion, VersionStatus
from coordination.policies.selectors.lifecycle import Loosening, Progress
from coordination.policies.services.validating import RuleTests
from coordination.web import words

# Whatever still has a way to go.
OPEN = (*UNREVIEWED, VersionStatus.IN_REVIEW, *CANDIDATES)
_ENDED = {
    VersionStatus.SUPERSEDED: "It was enforced and has been replaced.",
    VersionStatus.ROLLED_BACK: "It was enforced and was rolled back.",
    VersionStatus.REJECTED: "Its reviewers said no; change it in a new draft.",
}


@dataclass(frozen=True, slots=True)
class WayStep:
    """One step: done, where it is now, or still to come; `lines` say more."""

    text: str
    state: str
    note: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class WayAct:
    """A button that a person may press now."""

    title: str
    name: str
    is_main: bool = False
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class WayPanel:
    """How a version comes into force."""

    version: PolicyVersion
    steps: list[WayStep]
    address: str
    acts: list[WayAct]
    may_ask: bool
    needed: str
    because: Sequence[str]
    note: str
    review_link: str

    @classmethod
    def of(
        cls,
        version: PolicyVersion,
        practice: PolicyPractice,
        *,
        tests: Sequence[RuleTests] | None,
        report: Backtest | None,
        found: Loosening | None,
        review: ApprovalRequest | None,
        progress: Progress | None,
        may_edit: bool,
    ) -> "WayPanel":
        """Compute the way for one member."""
        status = VersionStatus(version.status)
        link = reverse("approval", args=[review.id]) if review else ""
        steps = [
            _validated(status, tests),
            _backtested(status, report),
            _reviewed(version, status, practice, found, review, link),
            *_stages(version, status, practice, progress),
            _enforced(version, status),
        ]
        is_new = status in UNREVIEWED
        return cls(
            version=version,
            steps=_with_next(steps) if status in OPEN else steps,
            address=reverse("move-policy", args=[version.policy.name]),
            acts=_acts(status, practice, found) if may_edit else [],
            may_ask=may_edit and practice.is_review_required and (is_new or status in CANDIDATES),
            needed=_needed(found) if found and practice.is_review_required and is_new else "",
            because=found.because if found and is_new else (),
            note=_ENDED.get(status, "") or (progress.what_next if progress else ""),
            review_link=link,
        )


def _validated(status: VersionStatus, tests: Sequence[RuleTests] | None) -> WayStep:
    n = sum(len(one.tried) for one in tests or ())
    failed = sum(not tried.passed for one in tests or () for tried in one.tried)
    untested = sum(bool(one.missing) for one in tests or ())
    if failed:
        return WayStep(f"Validated · {failed} of {words.plural(n, 'test')} fail", "now")
    if not n and status not in UNREVIEWED:
        return WayStep("No tests are kept with it", "")
    if status != VersionStatus.DRAFT:
        return WayStep(f"Validated · {words.plural(n, 'test')} pass" + ("es" if n == 1 else ""), "done")
    if untested:
        return WayStep("Validated", "", f"{words.plural(untested, 'rule')} without a test each way")
    return WayStep("Validated", "", f"{words.plural(n, 'test')}")


def _backtested(status: VersionStatus, report: Backtest | None) -> WayStep:
    if report is None:
        return WayStep("Backtested" if status in UNREVIEWED else "Not backtested", "")
    outdated = "before another version was enforced" if report.is_outdated else ""
    return WayStep("Backtested", "done", outdated)


def _reviewed(
    version: PolicyVersion,
    status: VersionStatus,
    practice: PolicyPractice,
    found: Loosening | None,
    review: ApprovalRequest | None,
    link: str,
) -> WayStep:
    if version.reviewed_by:
        return WayStep(f"Approved by {' and '.join(version.reviewed_by)}", "done")
    if review is not None:
        said = f"{len(review.voters)} of {review.needed} approved; asked of {asked_of(review)}"
        text = "Reviewed afterwards" if status == VersionStatus.ENFORCED else "In review"
        return WayStep(text, "now", said, link)
    if not practice.is_review_required:
        return WayStep("No review: the organization does without", "done", practice.reason)
    if status == VersionStatus.ENFORCED:
        return WayStep("Not reviewed", "")
    n = found.n_required if found else 1
    return WayStep("Two people approve (not the author)" if n == 2 else "A second person approves (not the author)", "")


def _stages(
    version: PolicyVersion, status: VersionStatus, practice: PolicyPractice, progress: Progress | None
) -> list[WayStep]:
    shadow = f"Shadow until {words.count(practice.shadow_matches)} matches and {practice.shadow_hours} h"
    canary = f"Canary on {practice.canary_percent}% of runs for {practice.canary_hours} h"
    if status == VersionStatus.ENFORCED:
        return [WayStep("Shadow and canary", "done")] if version.way == "staged" else []
    passed = _passed(progress) if progress else ""
    return [
        WayStep(
            shadow,
            _state(status, VersionStatus.SHADOW, VersionStatus.CANARY),
            passed if status == VersionStatus.SHADOW else "",
        ),
        WayStep(canary, _state(status, VersionStatus.CANARY), passed if status == VersionStatus.CANARY else ""),
    ]


def _state(status: VersionStatus, here: VersionStatus, *later: VersionStatus) -> str:
    return "now" if status == here else "done" if status in later else ""


def _passed(progress: Progress) -> str:
    hours = f"{progress.hours:.0f} of {progress.hours_needed} h"
    return f"{hours}, {progress.matches} of {progress.matches_needed} matches" if progress.matches_needed else hours


def _enforced(version: PolicyVersion, status: VersionStatus) -> WayStep:
    if status != VersionStatus.ENFORCED:
        return WayStep("Enforced for all", "")
    return WayStep("Enforced for all", "done", version.get_way_display())


def _with_next(steps: Sequence[WayStep]) -> list[WayStep]:
    """Mark the first step that is not done as the one that is next."""
    if any(step.state == "now" for step in steps):
        return list(steps)
    at = next((number for number, step in enumerate(steps) if not step.state), None)
    return [
        WayStep(step.text, "now", step.note, step.link) if number == at else step for number, step in enumerate(steps)
    ]


def _acts(status: VersionStatus, practice: PolicyPractice, found: Loosening | None) -> list[WayAct]:
    tightens = found is not None and not found.loosens
    at_once = not practice.is_review_required or tightens
    enforce = WayAct("Enforce now", "release")
    match status:
        case VersionStatus.DRAFT:
            return [WayAct("Validate", "validate", is_main=True), *([enforce] if at_once else [])]
        case VersionStatus.VALIDATED | VersionStatus.BACKTESTED:
            return [WayAct("Watch it in shadow", "shadow"), *([enforce] if at_once else [])]
        case VersionStatus.IN_REVIEW:
            return [WayAct("Withdraw the review", "withdraw")]
        case VersionStatus.SHADOW | VersionStatus.CANARY:
            return [WayAct("Stop trying it", "stop", is_bad=True), *([enforce] if at_once else [])]
    return []


def _needed(found: Loosening) -> str:
    people = "two other people approve it" if found.loosens else "one other person approves it"
    return f"{found.verdict}, so {people}."
