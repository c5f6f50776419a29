"""How people bring policies into force: what lets more happen is reviewed by others first.

1. What was reviewed comes into force as its reviewers agreed (`reviewing`, `staging`).
2. What only tightens is enforced at once, and reviewed within a day.
3. What held before comes back at once.
4. An organization may choose, with a reason, to do without reviews.
"""

from collections.abc import Sequence

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Membership
from coordination.engine.rules.difference import differences, loosening
from coordination.policies.errors import NotEnforced, ReviewRequired, StillStaged
from coordination.policies.models import CANDIDATES, Policy, PolicyVersion, VersionStatus, Way
from coordination.policies.selectors import version_of
from coordination.policies.selectors.lifecycle import changes_of, loosening_of, looser_of, practice_of, review_of
from coordination.policies.services.asking import ask_post_review
from coordination.policies.services.drafting import draft_from
from coordination.policies.services.moving import locked
from coordination.policies.services.publishing import disable, publish, publishable, restorable, rollback
from coordination.policies.services.validating import refuse_failing


@transaction.atomic
def release(policy: Policy, number: int, membership: Membership, *, reason: str = "") -> PolicyVersion:
    """Enforce a version at once where one person may; raises ReviewRequired, StillStaged, NotADraft, NotValid."""
    policy = locked(policy)
    version = publishable(policy, number)
    if version.status == VersionStatus.ENFORCED:
        return version
    refuse_failing(version)
    actor = Actor.of(membership)
    if not practice_of(policy.organization).is_review_required:
        return publish(policy, number, actor, way=Way.UNREVIEWED, reason=reason)
    because = [change.sentence for change in looser_of(policy, version)] or loosening_of(policy, version).because
    if because and version.status in CANDIDATES and version.reviewed_by:
        raise StillStaged(name=policy.name, number=number)
    _refuse_loosening(policy, because, f"ask for a review of version {number}")
    request = ask_post_review(policy, version, changes_of(policy, number), membership)
    asked = str(request.pk) if request else ""
    return publish(policy, number, actor, way=Way.HOTFIX, reason=reason, post_review=asked)


@transaction.atomic
def restore(policy: Policy, number: int, membership: Membership, *, reason: str = "") -> PolicyVersion:
    """Enforce what an older version said, as a new one, where one person may; raises NeverEnforced, ReviewRequired.

    Going back to what held before is always possible; further back only where nothing more may happen than now.
    """
    policy = locked(policy)
    older = restorable(policy, number)
    if older.status == VersionStatus.ENFORCED:
        return older
    actor, way = Actor.of(membership), Way.RESTORED
    if not practice_of(policy.organization).is_review_required:
        way = Way.UNREVIEWED
    elif policy.enforced is None or policy.enforced.replaces != number:
        because = [change.sentence for change in looser_of(policy, older)]
        _refuse_loosening(policy, because, f"make a draft of version {number} and ask for a review of it")
    return rollback(policy, number, actor, way=way, reason=reason)


def redraft(policy: Policy, number: int, actor: Actor, *, base: int | None = None, note: str = "") -> PolicyVersion:
    """Make a new draft of what an older version said; raises VersionUnknown, ManifestInvalid, DraftChanged."""
    older = version_of(policy, number)
    return draft_from(policy, older.spec, actor, source=older, base=base, note=note)


@transaction.atomic
def retire(policy: Policy, membership: Membership, *, reason: str = "") -> Policy:
    """Enforce no version of a policy any more, where one person may; raises NotEnforced, ReviewRequired."""
    policy = locked(policy)
    version = policy.enforced
    if version is None:
        raise NotEnforced(name=policy.name)
    if practice_of(policy.organization).is_review_required and not _is_new_hotfix(version):
        because = [change.sentence for change in loosening(differences(version.spec, {**version.spec, "rules": []}))]
        _refuse_loosening(policy, because, "ask for a review of its end")
    return disable(policy, Actor.of(membership), reason=reason)


def _is_new_hotfix(version: PolicyVersion) -> bool:
    """Tell whether nothing held before the version, and nobody has looked at it since it was enforced at once."""
    return version.way == Way.HOTFIX and version.replaces is None and review_of(version) is not None


def _refuse_loosening(policy: Policy, because: Sequence[str], then: str) -> None:
    if because:
        more = f" and {len(because) - 1} more" if len(because) > 1 else ""
        raise ReviewRequired(name=policy.name, why=f"{because[0]}{more}", next=then)
