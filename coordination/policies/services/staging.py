"""Try a version before everyone follows it: in shadow, then on a part of the runs, then on all."""

import logging
from uuid import UUID

from django.db import transaction

from coordination.accounts.actors import SYSTEM, Actor
from coordination.policies.errors import WrongStatus
from coordination.policies.models import CANDIDATES, Policy, PolicyVersion, VersionStatus, Way
from coordination.policies.selectors import version_of
from coordination.policies.selectors.lifecycle import Progress, practice_of, progress_of, review_of
from coordination.policies.services.changing import ask_about_change
from coordination.policies.services.moving import enforce, forget_review, locked, move
from coordination.policies.services.records import record
from coordination.policies.services.validating import check, refuse_unready
from coordination.shared.errors import CoordinationError

logger = logging.getLogger(__name__)


def try_in_shadow(policy: Policy, number: int, actor: Actor) -> PolicyVersion:
    """Judge every act by a version too, for the record only; nobody has to agree, for it decides nothing.

    Raises VersionUnknown, NotValid, WrongStatus. It goes no further by itself: that takes a review.
    """
    version = version_of(policy, number)
    refuse_unready(version, check(policy.organization, version.spec))
    with transaction.atomic():
        policy = locked(policy)
        version = version_of(policy, number)
        if version.status == VersionStatus.SHADOW:
            return version
        # One at a time: what is on its way after a review is not pushed aside.
        for other in policy.versions.filter(status__in=CANDIDATES):
            if other.reviewed_by:
                what = f"be tried while version {other.number} is being tried"
                status = version.get_status_display().lower()
                raise WrongStatus(name=policy.name, number=number, status=status, what=what)
            forget_review(other)
            move(other, VersionStatus.VALIDATED)
        ask_about_change(policy.organization, actor, "policy", "shadow", policy.name, version.spec)
        move(version, VersionStatus.SHADOW)
        record("PolicyShadowed", version, actor, reviewed_by=[])
    return version


@transaction.atomic
def stop_trying(policy: Policy, number: int, actor: Actor) -> PolicyVersion:
    """Take a version out of shadow or canary; what its reviewers said is void. Raises VersionUnknown, WrongStatus."""
    policy = locked(policy)
    version = version_of(policy, number)
    if version.status not in CANDIDATES:
        status = version.get_status_display().lower()
        raise WrongStatus(name=policy.name, number=number, status=status, what="be stopped: it is not being tried")
    stage = version.status
    forget_review(version)
    move(version, VersionStatus.VALIDATED)
    record("PolicyTrialStopped", version, actor, stage=stage)
    return version


def advance_due() -> int:
    """Let each version go on whose time has come, take back each whose review nobody answered; return how many."""
    waiting = PolicyVersion.objects.filter(status__in=(*CANDIDATES, VersionStatus.IN_REVIEW)).order_by("status_at")
    moved = 0
    for version_id in list(waiting.values_list("pk", flat=True)):
        try:
            moved += _advance(version_id)
        except CoordinationError:
            # One that cannot go on, for it does not compile any more for instance, must not hold up the others.
            logger.warning("Version %s of a policy cannot go on.", version_id, exc_info=True)
    return moved


@transaction.atomic
def _advance(version_id: UUID) -> bool:
    version = PolicyVersion.objects.select_related("policy").filter(pk=version_id).first()
    if version is None:
        return False
    policy = locked(version.policy)
    version = version_of(policy, version.number)
    if version.status == VersionStatus.IN_REVIEW:
        return _lapse(version)
    practice = practice_of(policy.organization)
    progress = progress_of(version, practice)
    if progress is None or not progress.is_over:
        return False
    if version.status == VersionStatus.SHADOW:
        version.canary_percent = practice.canary_percent
        move(version, VersionStatus.CANARY)
        record("PolicyCanaried", version, SYSTEM, percent=version.canary_percent, **_grounds(progress))
    else:
        before = enforce(policy, version, SYSTEM, Way.STAGED)
        grounds = _grounds(progress)
        record("PolicyPublished", version, SYSTEM, replaces=before, way=Way.STAGED, **grounds)
    return True


def _grounds(progress: Progress) -> dict[str, str | int]:
    """Return what a version went on by."""
    return {"since": progress.since.isoformat(), "decisions": progress.matches}


def _lapse(version: PolicyVersion) -> bool:
    """Give a version back to its author when the question about it ended without an answer."""
    if review_of(version) is not None:
        return False
    forget_review(version)
    move(version, VersionStatus.VALIDATED)
    record("PolicyReviewLapsed", version, SYSTEM)
    return True
