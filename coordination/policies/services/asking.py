"""Put a change of policies to people who did not write it."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from coordination.accounts.actors import Actor
from coordination.accounts.models import MemberRole, Membership
from coordination.approvals import services as approvals
from coordination.approvals.models import ApprovalRequest, Band
from coordination.approvals.question import Question, Stage
from coordination.engine.rules.difference import Change, Direction
from coordination.policies.errors import NobodyToReview
from coordination.policies.models import Policy, PolicyVersion, Way
from coordination.policies.selectors.lifecycle import (
    POST_REVIEW,
    Loosening,
    authors_of,
    reviewers_for,
    subject_of,
)
from coordination.shared.json import Json, JsonObject

REVIEW = "policy.review"
RETIRE = "policy.retire"
_OPEN_FOR = timedelta(days=14)
_MOST_TOLD = 20


def ask_review(
    policy: Policy,
    version: PolicyVersion,
    way: Way,
    changes: Sequence[Change],
    found: Loosening,
    asker: Membership,
    note: str = "",
) -> ApprovalRequest:
    """Ask whether a version comes into force this way; raises NobodyToReview."""
    n = found.n_required
    question = Question(
        subject=subject_of(policy, version),
        title=f"{policy.name} v{version.number}: {_first(changes)}",
        intent=" ".join(part for part in (f"It comes into force {way.label}.", version.note, note) if part),
        operation=REVIEW,
        parameters=parameters_of(policy, version, way),
        requested_by_id=asker.user_id,
        on_behalf_of=f"user:{version.created_by}",
        reasons=_reasons(policy, version, found),
        risk_band=Band.MEDIUM if found.loosens else Band.LOW,
        evidence=_evidence(changes),
        stage=_stage(policy, n, {*authors_of(version), asker.user.username}),
        expires_in=_OPEN_FOR,
    )
    return approvals.ask(policy.organization, question, Actor.of(asker))


def ask_post_review(
    policy: Policy, version: PolicyVersion, changes: Sequence[Change], asker: Membership
) -> ApprovalRequest | None:
    """Ask within a day whether a version that was enforced at once should stay, if there is anyone to ask."""
    try:
        stage = _stage(policy, 1, {*authors_of(version), asker.user.username})
    except NobodyToReview:
        # What tightens must not wait for people who are not there; that nobody looked at it is on record.
        return None
    question = Question(
        subject=subject_of(policy, version),
        title=f"{policy.name} v{version.number} is enforced already: {_first(changes)}",
        intent="It only tightens, so it was enforced at once. If you refuse it, what held before is enforced again.",
        operation=POST_REVIEW,
        parameters=parameters_of(policy, version, Way.HOTFIX),
        requested_by_id=asker.user_id,
        on_behalf_of=f"user:{version.created_by}",
        # A low risk is due within a day.
        risk_band=Band.LOW,
        evidence=_evidence(changes),
        stage=stage,
        expires_in=_OPEN_FOR,
    )
    return approvals.ask(policy.organization, question, Actor.of(asker))


def ask_retirement(policy: Policy, version: PolicyVersion, note: str, asker: Membership) -> ApprovalRequest:
    """Ask whether a policy that restricts something is enforced no more; raises NobodyToReview."""
    question = Question(
        subject=subject_of(policy, None),
        title=f"{policy.name}: is not enforced any more",
        intent=f"What its version {version.number} forbids is decided by the other policies then. {note}".strip(),
        operation=RETIRE,
        parameters=parameters_of(policy, version, Way.DIRECT),
        requested_by_id=asker.user_id,
        risk_band=Band.MEDIUM,
        stage=_stage(policy, 2, {asker.user.username}),
        expires_in=_OPEN_FOR,
    )
    return approvals.ask(policy.organization, question, Actor.of(asker))


def parameters_of(policy: Policy, version: PolicyVersion, way: Way) -> JsonObject:
    """Return what exactly is agreed to: another text, another way or another predecessor is another question."""
    replaces: Json = policy.enforced.number if policy.enforced and policy.enforced_id != version.pk else None
    return {
        "policy": policy.name,
        "version": version.number,
        "digest": version.digest,
        "way": way.value,
        "replaces": replaces,
    }


def _stage(policy: Policy, n_required: int, without: Iterable[str]) -> Stage:
    """Return who is asked: any reviewer, and by name the admins; raises NobodyToReview."""
    fit = reviewers_for(policy.organization, without)
    if len(fit) < n_required:
        needed = "Two people" if n_required == 2 else "Someone"
        raise NobodyToReview(needed=needed, found=len(fit))
    admins = sorted(member.user.username for member in fit if MemberRole.ADMIN in member.roles)
    return Stage(role=MemberRole.REVIEWER.value, users=admins, n_required=n_required)


def _reasons(policy: Policy, version: PolicyVersion, found: Loosening) -> list[JsonObject]:
    """Return why so many people are asked, as approvals keep reasons."""
    if not found.loosens:
        told = [f"{found.verdict}, so one person reviews it."]
    else:
        told = [f"More may happen: {one}" for one in found.because[:_MOST_TOLD]]
    return [{"policy": policy.name, "version": version.number, "rule": "", "message": one} for one in told]


def _evidence(changes: Sequence[Change]) -> list[JsonObject]:
    return [{"title": "What changes", "text": change.sentence} for change in changes[:_MOST_TOLD]]


def _first(changes: Sequence[Change]) -> str:
    deciding = [change.sentence for change in changes if change.direction != Direction.SAME]
    more = f" (and {len(deciding) - 1} more)" if len(deciding) > 1 else ""
    return f"{deciding[0]}{more}" if deciding else "nothing that decides changes"
