"""Put a policy in force, take it back, or end it, without asking anyone: from the next decision on, in every process.

This is the way of operators at the shell, on record as such. People go through `releasing`, which asks others first.
"""

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.approvals import services as approvals
from coordination.policies.errors import NeverEnforced, NotADraft, NotEnforced
from coordination.policies.models import CANDIDATES, UNREVIEWED, Policy, PolicyVersion, VersionStatus, Way
from coordination.policies.selectors import version_of
from coordination.policies.selectors.lifecycle import subject_of
from coordination.policies.services.changing import ask_about_change
from coordination.policies.services.moving import end_others, enforce, locked, move, renew_stamp
from coordination.policies.services.records import record
from coordination.shared.clock import now
from coordination.shared.json import Json

_PUBLISHABLE = (*UNREVIEWED, VersionStatus.IN_REVIEW, *CANDIDATES)


@transaction.atomic
def publish(
    policy: Policy, number: int, actor: Actor, *, way: Way = Way.OPERATOR, reason: str = "", **details: Json
) -> PolicyVersion:
    """Enforce a version in place of the one before; raises VersionUnknown, NotADraft, ManifestInvalid."""
    policy = locked(policy)
    version = publishable(policy, number)
    if version.status == VersionStatus.ENFORCED:
        return version
    if version.status == VersionStatus.IN_REVIEW and way != Way.HOTFIX:
        # Of a hotfix its reviewers are asked again, whether it should stay.
        approvals.cancel_for(policy.organization, subject_of(policy, version), actor=actor, reason="enforced already")
    before = enforce(policy, version, actor, way)
    record("PolicyPublished", version, actor, replaces=before, way=way, reason=reason, **details)
    return version


@transaction.atomic
def rollback(policy: Policy, number: int, actor: Actor, *, way: Way = Way.OPERATOR, reason: str = "") -> PolicyVersion:
    """Enforce what an older version said, as a new version; raises VersionUnknown, NeverEnforced."""
    policy = locked(policy)
    older = restorable(policy, number)
    if older.status == VersionStatus.ENFORCED:
        return older
    version = copy_of(older, actor, reason)
    before = enforce(policy, version, actor, way, VersionStatus.ROLLED_BACK)
    record("PolicyRolledBack", version, actor, replaces=before, restores=number, way=way, reason=reason)
    return version


@transaction.atomic
def disable(policy: Policy, actor: Actor, *, reason: str = "", **details: Json) -> Policy:
    """Enforce no version of the policy any more; raises NotEnforced."""
    policy = locked(policy)
    version = policy.enforced
    if version is None:
        raise NotEnforced(name=policy.name)
    ask_about_change(policy.organization, actor, "policy", "disable", policy.name, version.spec)
    end_others(policy, None, actor)
    move(version, VersionStatus.SUPERSEDED)
    policy.enforced = None
    policy.save(update_fields=["enforced", "updated_at"])
    renew_stamp(policy)
    record("PolicyDisabled", version, actor, reason=reason, **details)
    return policy


def publishable(policy: Policy, number: int) -> PolicyVersion:
    """Return a version that is enforced, or could be; raises VersionUnknown, NotADraft."""
    version = version_of(policy, number)
    if version.status not in (VersionStatus.ENFORCED, *_PUBLISHABLE):
        raise NotADraft(name=policy.name, number=number, status=version.get_status_display().lower())
    return version


def restorable(policy: Policy, number: int) -> PolicyVersion:
    """Return a version that is enforced, or once was; raises VersionUnknown, NeverEnforced."""
    version = version_of(policy, number)
    if version.status != VersionStatus.ENFORCED and version.published_at is None:
        raise NeverEnforced(name=policy.name, number=number)
    return version


def copy_of(older: PolicyVersion, actor: Actor, note: str) -> PolicyVersion:
    """Return a new draft of a locked policy that says what an older version said."""
    newest = older.policy.versions.latest("number")
    return older.policy.versions.create(
        number=newest.number + 1,
        spec=older.spec,
        digest=older.digest,
        created_by=actor.name,
        restores=older,
        based_on=older.number,
        note=note[:500],
        status_at=now(),
    )
