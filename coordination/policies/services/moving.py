"""Move a version from one status to the next, in the caller's transaction: the only place that does.

Locks are taken in one order: the policy, approvals, the stamp, then the policies' audit stream.
"""

from collections.abc import Mapping
from uuid import UUID

from coordination.accounts.actors import Actor
from coordination.approvals import services as approvals
from coordination.policies.errors import WrongStatus
from coordination.policies.manifest import problems_of
from coordination.policies.models import CANDIDATES, Policy, PolicyVersion, RuleSetStamp, VersionStatus, Way
from coordination.policies.selectors.lifecycle import subject_of
from coordination.policies.services.changing import ask_about_change
from coordination.shared.clock import now
from coordination.shared.ids import new_id
from coordination.shared.manifests import refuse

S = VersionStatus
_AFTER: Mapping[str, tuple[VersionStatus, ...]] = {
    S.DRAFT: (S.VALIDATED, S.IN_REVIEW, S.SHADOW, S.ENFORCED),
    S.VALIDATED: (S.BACKTESTED, S.IN_REVIEW, S.SHADOW, S.ENFORCED),
    S.BACKTESTED: (S.IN_REVIEW, S.SHADOW, S.ENFORCED),
    S.IN_REVIEW: (S.VALIDATED, S.REJECTED, S.SHADOW, S.ENFORCED, S.SUPERSEDED),
    S.SHADOW: (S.VALIDATED, S.IN_REVIEW, S.CANARY, S.ENFORCED, S.SUPERSEDED),
    S.CANARY: (S.VALIDATED, S.IN_REVIEW, S.ENFORCED, S.SUPERSEDED),
    S.ENFORCED: (S.SUPERSEDED, S.ROLLED_BACK),
}
_TO = {S.IN_REVIEW: "be reviewed", S.SHADOW: "be tried in shadow", S.CANARY: "be tried on a part of the runs"}


def locked(policy: Policy) -> Policy:
    """Return the policy as it is now, locked."""
    return Policy.objects.select_for_update().get(pk=policy.pk, organization_id=policy.organization_id)


def move(version: PolicyVersion, status: VersionStatus) -> None:
    """Give a version its next status; raises WrongStatus when its present one does not lead there."""
    if status not in _AFTER.get(version.status, ()):
        what = _TO.get(status, f"become {status.label.lower()}")
        raise WrongStatus(
            name=version.policy.name, number=version.number, status=version.get_status_display().lower(), what=what
        )
    was_tried = version.status in CANDIDATES
    version.status, version.status_at = status, now()
    version.save()
    if was_tried or status in CANDIDATES:
        renew_stamp(version.policy)


def enforce(
    policy: Policy, version: PolicyVersion, actor: Actor, way: Way, leaves: VersionStatus = S.SUPERSEDED
) -> int | None:
    """Make the version of a locked policy the enforced one and return the number of the one it replaces.

    Whatever else of the policy is being reviewed or tried out was compared with what no longer holds: it ends.
    """
    verb = "rollback" if version.restores_id else "publish"
    ask_about_change(policy.organization, actor, "policy", verb, policy.name, version.spec)
    # What compiled when it was written may not any more, after an upgrade for instance.
    found = problems_of(version.spec)
    if found:
        raise refuse(found)
    end_others(policy, version, actor)
    replaced = policy.enforced
    if replaced is not None:
        move(replaced, leaves)
    version.way, version.replaces = way, replaced.number if replaced else None
    version.published_at, version.published_by = now(), actor.name
    move(version, S.ENFORCED)
    policy.enforced = version
    policy.save(update_fields=["enforced", "updated_at"])
    renew_stamp(policy)
    return version.replaces


def end_others(policy: Policy, version: PolicyVersion | None, actor: Actor) -> None:
    """End what is being reviewed or tried out of a locked policy besides this version."""
    approvals.cancel_for(policy.organization, subject_of(policy, None), actor=actor, reason="another version holds now")
    why = f"version {version.number} takes its place" if version else "the policy was disabled"
    for other in policy.versions.filter(status__in=(*CANDIDATES, S.IN_REVIEW)):
        if version is not None and other.pk == version.pk:
            continue
        if other.status == S.IN_REVIEW:
            approvals.cancel_for(policy.organization, subject_of(policy, other), actor=actor, reason=why)
        move(other, S.SUPERSEDED)


def forget_review(version: PolicyVersion) -> None:
    """Void what reviewers said about a version that goes back to its author."""
    version.way, version.reviewed_by, version.replaces, version.canary_percent = "", [], None, None


def renew_stamp(policy: Policy) -> None:
    """Let every process notice that the organization's rules changed."""
    renew_stamp_of(policy.organization_id)


def renew_stamp_of(organization_id: UUID) -> None:
    """Let every process notice that what an organization has to keep to changed."""
    RuleSetStamp.objects.update_or_create(organization_id=organization_id, defaults={"stamp": new_id()})
