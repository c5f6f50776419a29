"""A change is reviewed by people who did not write it; what they say moves the version."""

from uuid import UUID

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Membership
from coordination.approvals import services as approvals
from coordination.approvals.models import ApprovalRequest, State, Verdict
from coordination.approvals.question import UNTOLD, Manner
from coordination.approvals.selectors import get_request
from coordination.policies.errors import (
    NotBacktested,
    NotEnforced,
    PolicyUnknown,
    ReviewNotEdited,
    ReviewNotReturned,
    UnderReview,
    WroteIt,
)
from coordination.policies.models import CANDIDATES, Policy, PolicyDecision, PolicyVersion, VersionStatus, Way
from coordination.policies.selectors import latest_report, policy_named, version_of
from coordination.policies.selectors.lifecycle import (
    POST_REVIEW,
    authors_of,
    changes_of,
    loosening_of,
    subject_of,
)
from coordination.policies.services.asking import RETIRE, REVIEW, ask_retirement, ask_review, parameters_of
from coordination.policies.services.changing import ask_about_change
from coordination.policies.services.moving import end_others, enforce, forget_review, locked, move
from coordination.policies.services.publishing import disable, rollback
from coordination.policies.services.records import record
from coordination.policies.services.validating import check, refuse_unready
from coordination.shared.json import JsonObject


def request_review(policy: Policy, number: int, way: str, membership: Membership, *, note: str = "") -> ApprovalRequest:
    """Ask others whether a version comes into force, in stages or directly.

    Raises VersionUnknown, NotValid, NotBacktested, UnderReview, WrongStatus, NobodyToReview.
    """
    way = Way(way)
    version = version_of(policy, number)
    refuse_unready(version, check(policy.organization, version.spec))
    with transaction.atomic():
        policy = locked(policy)
        version = version_of(policy, number)
        if version.status == VersionStatus.IN_REVIEW:
            raise UnderReview(name=policy.name, number=number)
        _refuse_unseen(version)
        for other in policy.versions.filter(status=VersionStatus.IN_REVIEW):
            raise UnderReview(name=policy.name, number=other.number)
        found = loosening_of(policy, version)
        changes = changes_of(policy, number)
        forget_review(version)
        version.way = way
        version.replaces = policy.enforced.number if policy.enforced else None
        request = ask_review(policy, version, way, changes, found, membership, note)
        move(version, VersionStatus.IN_REVIEW)
        record(
            "PolicyReviewAsked",
            version,
            Actor.of(membership),
            way=way.value,
            n_required=found.n_required,
            because=list(found.because),
            is_backtested=found.is_backtested,
            request=str(request.pk),
            note=note,
        )
    return request


@transaction.atomic
def withdraw_review(policy: Policy, number: int, actor: Actor) -> PolicyVersion:
    """Take a version back from its reviewers; raises VersionUnknown, WrongStatus."""
    policy = locked(policy)
    version = version_of(policy, number)
    if version.status == VersionStatus.IN_REVIEW:
        approvals.cancel_for(policy.organization, subject_of(policy, version), actor=actor, reason="withdrawn")
    forget_review(version)
    move(version, VersionStatus.VALIDATED)
    record("PolicyReviewWithdrawn", version, actor)
    return version


@transaction.atomic
def request_retirement(policy: Policy, membership: Membership, *, note: str = "") -> ApprovalRequest:
    """Ask others whether a policy is enforced no more; raises NotEnforced, NobodyToReview."""
    policy = locked(policy)
    if policy.enforced is None:
        raise NotEnforced(name=policy.name)
    request = ask_retirement(policy, policy.enforced, note, membership)
    record("PolicyRetirementAsked", policy.enforced, Actor.of(membership), request=str(request.pk), note=note)
    return request


@transaction.atomic
def answer_review(
    membership: Membership,
    request_id: UUID,
    verdict: str,
    *,
    reason: str = "",
    revision: int,
    parameters: JsonObject | None = None,
    manner: Manner = UNTOLD,
) -> ApprovalRequest:
    """Take what a reviewer says about a change, and move the version once enough of them agree or one objects."""
    if verdict == Verdict.EDIT or parameters is not None:
        raise ReviewNotEdited
    request = get_request(membership.organization, request_id)
    policy, version = _about(membership, request)
    if verdict == Verdict.APPROVE and request.operation != RETIRE and membership.user.username in authors_of(version):
        raise WroteIt
    if verdict == Verdict.RETURN and request.operation != REVIEW:
        raise ReviewNotReturned
    request = approvals.decide(request, membership, verdict, reason, revision, manner=manner)
    actor = Actor.of(membership)
    if request.state == State.REJECTED:
        _refused(policy, version, request, actor, reason)
    elif request.state == State.RETURNED:
        forget_review(version)
        move(version, VersionStatus.VALIDATED)
        record("PolicyReviewReturned", version, actor, reason=reason)
    elif request.state == State.APPROVED:
        approvals.consume(request.pk, _digest_now(policy, version, request))
        _agreed(policy, version, request, actor, reason)
    return request


def _about(membership: Membership, request: ApprovalRequest) -> tuple[Policy, PolicyVersion]:
    """Return the locked policy and the version that a question is about; raises PolicyUnknown, VersionUnknown."""
    said = request.parameters
    if request.subject.partition(":")[0] != "policy":
        raise PolicyUnknown(name=request.subject)
    policy = locked(policy_named(membership.organization, said["policy"]))
    return policy, version_of(policy, said["version"])


def _digest_now(policy: Policy, version: PolicyVersion, request: ApprovalRequest) -> str:
    """Return the digest of what was asked, as things are now."""
    if request.operation == POST_REVIEW:
        return request.action_digest  # It is in force already: nothing is released.
    return request.digest_for(parameters_of(policy, version, Way(request.parameters["way"])))


def _agreed(policy: Policy, version: PolicyVersion, request: ApprovalRequest, actor: Actor, reason: str) -> None:
    people = sorted({one.actor.username for one in request.decisions.all() if one.verdict == Verdict.APPROVE})
    if request.operation == RETIRE:
        disable(policy, actor, reason=reason, reviewed_by=[*people])
        return
    version.reviewed_by = people
    if request.operation == POST_REVIEW:
        version.save(update_fields=["reviewed_by"])
        record("PolicyPostReviewed", version, actor, reviewed_by=[*people], reason=reason)
    elif request.parameters["way"] == Way.DIRECT:
        before = enforce(policy, version, actor, Way.DIRECT)
        details: JsonObject = {"replaces": before, "way": Way.DIRECT, "reason": reason}
        record("PolicyPublished", version, actor, reviewed_by=[*people], **details)
    else:
        ask_about_change(policy.organization, actor, "policy", "shadow", policy.name, version.spec)
        end_others(policy, version, actor)
        move(version, VersionStatus.SHADOW)
        record("PolicyShadowed", version, actor, reviewed_by=[*people], reason=reason)


def _refused(policy: Policy, version: PolicyVersion, request: ApprovalRequest, actor: Actor, reason: str) -> None:
    if request.operation == RETIRE:
        record("PolicyRetirementRefused", version, actor, reason=reason)
    elif request.operation != POST_REVIEW:
        move(version, VersionStatus.REJECTED)
        record("PolicyRejected", version, actor, reason=reason)
    else:
        record("PolicyPostReviewRefused", version, actor, reason=reason)
        if policy.enforced_id == version.pk:
            _take_back(policy, version, actor, reason)


def _take_back(policy: Policy, version: PolicyVersion, actor: Actor, reason: str) -> None:
    """Enforce again what held before a version that was enforced at once."""
    if version.replaces is None:
        disable(policy, actor, reason=reason)
    else:
        rollback(policy, version.replaces, actor, way=Way.RESTORED, reason=reason)


def _refuse_unseen(version: PolicyVersion) -> None:
    """Raise NotBacktested while nobody can tell what a version would have changed, although there is a past to ask."""
    if version.status in CANDIDATES:
        return
    has_past = PolicyDecision.objects.filter(organization=version.policy.organization_id).exists()
    if has_past and latest_report(version) is None:
        raise NotBacktested(name=version.policy.name, number=version.number)
