"""Where versions are on their way into force, who is asked about them, and what they change."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from coordination.accounts.models import MemberRole, Membership, Organization
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may, members
from coordination.approvals.models import OPEN, ApprovalRequest
from coordination.approvals.selectors import requests_about
from coordination.engine.rules.difference import Change, differences, loosening
from coordination.policies.models import Policy, PolicyDecision, PolicyPractice, PolicyVersion, VersionStatus, Way
from coordination.policies.selectors.backtests import latest_report
from coordination.policies.selectors.policies import version_of
from coordination.shared.clock import now
from coordination.shared.json import JsonObject

RETIREMENT = "off"
POST_REVIEW = "policy.post-review"
# The roles of those who may review a change.
REVIEWERS = (MemberRole.REVIEWER, MemberRole.ADMIN)
# What an organization may choose about how changes come into force.
PRACTICES = ("is_review_required", "shadow_hours", "shadow_matches", "canary_percent", "canary_hours")
_MOST_ERRORS = 100
_FLIPS = {("deny", "allow"): "denied acts", ("require_approval", "allow"): "acts that a person decides"}


@dataclass(frozen=True, slots=True)
class Loosening:
    """Whether a version lets more happen than what is enforced, told how, and how many people must agree."""

    loosens: bool
    because: tuple[str, ...]
    is_backtested: bool

    @property
    def n_required(self) -> int:
        """Return how many people must agree: two when something becomes possible that was not."""
        return 2 if self.loosens else 1

    @property
    def verdict(self) -> str:
        """Return in words what was found: a backtest speaks of what happened, not of what may."""
        if self.loosens:
            return "More may happen than before"
        if self.is_backtested:
            return "Nothing that was stopped or asked about in the backtest would just happen"
        return "Nothing more may happen than before"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a version is in shadow or canary; `due_at` is None while nobody can tell when it goes on."""

    stage: VersionStatus
    since: datetime
    hours: float
    hours_needed: int
    matches: int
    matches_needed: int
    n_errors: int
    is_staged: bool

    @property
    def is_over(self) -> bool:
        """Tell whether the version may go on by itself."""
        enough = self.hours >= self.hours_needed and self.matches >= self.matches_needed
        return self.is_staged and enough and not self.n_errors

    @property
    def what_next(self) -> str:
        """Say in a sentence what it waits for."""
        if not self.is_staged:
            return "It is only being watched; ask for a review to bring it into force."
        if self.n_errors:
            return (
                f"It is held here: its rules could not be decided {self.n_errors:,} times. Correct them in a new draft."
            )
        left = [
            *([f"{self.hours_needed - self.hours:.0f} hours more"] if self.hours < self.hours_needed else []),
            *([f"{self.matches_needed - self.matches:,} decisions more"] if self.matches < self.matches_needed else []),
        ]
        then = "a part of the runs follows it" if self.stage == VersionStatus.SHADOW else "it is enforced"
        return f"In {' and '.join(left)} {then}." if left else f"Within a minute {then}."


def practice_of(organization: Organization) -> PolicyPractice:
    """Return how the organization brings changes of policies into force: its own practice, or the usual one."""
    return PolicyPractice.objects.filter(organization=organization).first() or PolicyPractice(organization=organization)


def changes_of(policy: Policy, number: int, against: int | None = None) -> list[Change]:
    """Return what a version says otherwise than another one, or than the enforced one; raises VersionUnknown."""
    other = version_of(policy, against) if against is not None else policy.enforced
    return differences(other.spec if other else None, version_of(policy, number).spec)


def loosening_of(policy: Policy, version: PolicyVersion) -> Loosening:
    """Return whether a version lets more happen than what is enforced: by its backtest, or else by its text."""
    backtest = latest_report(version)
    found = (backtest.report or {}) if backtest and not backtest.is_outdated else {}
    # A backtest speaks only of what it could judge, all of it, and only while it compared with what is still enforced.
    if found.get("n") and not found["unreplayable"]["n"]:
        because = [
            f"{flip['n']:,} {_FLIPS[flip['before'], flip['after']]} of the backtest would just happen"
            for flip in found["flips"]
            if (flip["before"], flip["after"]) in _FLIPS
        ]
        return Loosening(bool(because), tuple(because), is_backtested=True)
    looser = looser_of(policy, version)
    return Loosening(bool(looser), tuple(change.sentence for change in looser), is_backtested=False)


def looser_of(policy: Policy, version: PolicyVersion) -> list[Change]:
    """Return the changes of a version that let more happen, or of which that cannot be told."""
    return loosening(differences(policy.enforced.spec if policy.enforced else None, version.spec))


def subject_of(policy: Policy, version: PolicyVersion | None) -> str:
    """Return how questions to people name a version of a policy, or that it is enforced no more."""
    return f"policy:{policy.name}/{f'v{version.number}' if version else RETIREMENT}"


def reviews_of(policy: Policy) -> QuerySet[ApprovalRequest]:
    """Return every question to people about a policy, oldest first."""
    return requests_about(policy.organization, f"policy:{policy.name}")


def review_of(version: PolicyVersion) -> ApprovalRequest | None:
    """Return the open question about a version."""
    return _open(version.policy, version)


def retirement_of(policy: Policy) -> ApprovalRequest | None:
    """Return the open question whether a policy is enforced no more."""
    return _open(policy, None)


def _open(policy: Policy, version: PolicyVersion | None) -> ApprovalRequest | None:
    subject = subject_of(policy, version)
    return requests_about(policy.organization, subject).filter(state__in=OPEN, subject=subject).last()


def authors_of(version: PolicyVersion) -> set[str]:
    """Return everyone who wrote a part of what a version changes: its drafts back to what was enforced."""
    authors = {version.created_by}
    before = {one.number: one for one in version.policy.versions.filter(number__lt=version.number)}
    at = before.get(version.based_on or 0)
    while at is not None and at.published_at is None:
        authors.add(at.created_by)
        at = before.get(at.based_on or 0)
    return authors


def reviewers_for(organization: Organization, without: Iterable[str]) -> list[Membership]:
    """Return who may review a change that these people had a part in."""
    excluded = set(without)
    return [member for member in members(organization) if may_review(member) and member.user.username not in excluded]


def may_review(member: Membership) -> bool:
    """Tell whether a member may review changes of policies."""
    return may(member, Right.APPROVAL_DECIDE) and any(role in member.roles for role in REVIEWERS)


def progress_of(version: PolicyVersion, practice: PolicyPractice) -> Progress | None:
    """Return how far a version is in shadow or canary, None when it is in neither."""
    if version.status not in (VersionStatus.SHADOW, VersionStatus.CANARY) or version.status_at is None:
        return None
    is_shadow = version.status == VersionStatus.SHADOW
    needed = practice.shadow_matches if is_shadow else 0
    judged = _judged(version, version.status_at)
    return Progress(
        stage=VersionStatus(version.status),
        since=version.status_at,
        hours=(now() - version.status_at) / timedelta(hours=1),
        hours_needed=practice.shadow_hours if is_shadow else practice.canary_hours,
        # Counting ends where it does not matter any more.
        matches=judged[:needed].count() if needed else 0,
        matches_needed=needed,
        n_errors=_judged(version, version.status_at, results=[{"result": "error"}])[:_MOST_ERRORS].count(),
        is_staged=version.way == Way.STAGED and bool(version.reviewed_by),
    )


def _judged(version: PolicyVersion, since: datetime, **said: Any) -> QuerySet[PolicyDecision]:
    """Return the decisions in which a version was tried out."""
    policy = version.policy
    tried: JsonObject = {"policy": policy.name, "version": version.number, **said}
    return PolicyDecision.objects.filter(
        organization=policy.organization_id, created_at__gte=since, shadows__contains=[tried]
    )
