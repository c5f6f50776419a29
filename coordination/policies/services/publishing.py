"""Put a policy in force, take it back, or end it: from the next decision on, in every process.

Whoever has the right to edit policies may do this alone; a second pair of eyes comes with the review of changes.
"""

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.policies.errors import NeverEnforced, NotADraft, NotEnforced
from coordination.policies.manifest import problems_of
from coordination.policies.models import Policy, PolicyVersion, RuleSetStamp, VersionStatus
from coordination.policies.selectors import version_of
from coordination.policies.services.records import record
from coordination.shared.clock import now
from coordination.shared.ids import new_id
from coordination.shared.manifests import refuse


@transaction.atomic
def publish(policy: Policy, number: int, actor: Actor) -> PolicyVersion:
    """Enforce a draft in place of the version before; raises VersionUnknown, NotADraft, ManifestInvalid."""
    policy = _locked(policy)
    version = version_of(policy, number)
    if version.status == VersionStatus.ENFORCED:
        return version
    if version.status != VersionStatus.DRAFT:
        raise NotADraft(name=policy.name, number=number, status=version.status)
    before = _enforce(policy, version, actor)
    record("PolicyPublished", version, actor, replaces=before)
    return version


@transaction.atomic
def rollback(policy: Policy, number: int, actor: Actor) -> PolicyVersion:
    """Enforce what an older version said, as a new version; raises VersionUnknown, NeverEnforced."""
    policy = _locked(policy)
    older = version_of(policy, number)
    if older.status == VersionStatus.ENFORCED:
        return older
    if older.published_at is None:
        raise NeverEnforced(name=policy.name, number=number)
    newest = policy.versions.latest("number")
    version = policy.versions.create(
        number=newest.number + 1, spec=older.spec, digest=older.digest, created_by=actor.name, restores=older
    )
    before = _enforce(policy, version, actor)
    record("PolicyRolledBack", version, actor, replaces=before, restores=number)
    return version


@transaction.atomic
def disable(policy: Policy, actor: Actor) -> Policy:
    """Enforce no version of the policy any more; raises NotEnforced."""
    policy = _locked(policy)
    version = policy.enforced
    if version is None:
        raise NotEnforced(name=policy.name)
    _supersede(version)
    policy.enforced = None
    policy.save(update_fields=["enforced", "updated_at"])
    _renew_stamp(policy)
    record("PolicyDisabled", version, actor)
    return policy


def _locked(policy: Policy) -> Policy:
    return Policy.objects.select_for_update().get(pk=policy.pk, organization_id=policy.organization_id)


def _enforce(policy: Policy, version: PolicyVersion, actor: Actor) -> int | None:
    """Make the version the enforced one and return the number of the one it replaces."""
    # What compiled when it was written may not any more, after an upgrade for instance.
    found = problems_of(version.spec)
    if found:
        raise refuse(found)
    replaced = policy.enforced
    if replaced is not None:
        _supersede(replaced)
    version.status, version.published_at, version.published_by = VersionStatus.ENFORCED, now(), actor.name
    version.save(update_fields=["status", "published_at", "published_by"])
    policy.enforced = version
    policy.save(update_fields=["enforced", "updated_at"])
    _renew_stamp(policy)
    return replaced.number if replaced else None


def _supersede(version: PolicyVersion) -> None:
    version.status = VersionStatus.SUPERSEDED
    version.save(update_fields=["status"])


def _renew_stamp(policy: Policy) -> None:
    RuleSetStamp.objects.update_or_create(organization_id=policy.organization_id, defaults={"stamp": new_id()})
