"""May this person decide it?"""

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.accounts.sign_in import SignIn, is_strong_enough
from coordination.approvals.chain import OpenStage, open_stages
from coordination.approvals.errors import (
    Abstained,
    AlreadyDecided,
    AlreadyVoted,
    ClaimedByOther,
    EditedByYou,
    NotAsked,
    OwnAgent,
    OwnRequest,
    Refusal,
    SameUnit,
    SignInTooWeak,
)
from coordination.approvals.models import ApprovalDecision, ApprovalRequest, Band, State, Verdict
from coordination.approvals.question import Manner, Stage
from coordination.shared.clock import now


def may_decide(
    request: ApprovalRequest, membership: Membership, verdict: str = Verdict.APPROVE, manner: Manner | None = None
) -> Refusal | None:
    """Return why this member may not give this verdict now, or None: the separation of duties, in one place.

    Who edited a revision or has approved it may still object to it, but not approve it (again). How they are signed in
    is looked at where `manner` says it.
    """
    for_user_id = manner.for_user_id if manner else None
    refusal = _wrong_person(request, membership, for_user_id) or wrong_time(request, membership)
    if refusal is not None:
        return refusal
    if verdict == Verdict.APPROVE:
        return _second_hand(request, membership, for_user_id) or _too_weak(request, membership, manner)
    said = {one.actor_id for one in _said(request) if one.verdict == Verdict.REJECT and one.is_counted}
    return AlreadyVoted() if verdict == Verdict.REJECT and membership.user_id in said else None


def stage_for(request: ApprovalRequest, membership: Membership, for_user_id: int | None = None) -> OpenStage | None:
    """Return the first open stage that this member may decide, by name, by delegation, or by role and group."""
    for one in open_stages(request):
        if membership.user_id in one.delegates or for_user_id in one.delegates:
            return one
        if _names(one.stage, membership):
            return one
    return None


def _names(stage: Stage, membership: Membership) -> bool:
    role_fits = not stage.role or stage.role in membership.roles
    group_fits = not stage.group or stage.group in membership.groups
    named = membership.user.username in stage.users
    return named or (bool(stage.role or stage.group) and role_fits and group_fits)


def _wrong_person(request: ApprovalRequest, membership: Membership, for_user_id: int | None) -> Refusal | None:
    if not (may(membership, Right.APPROVAL_DECIDE) and is_asked(request, membership, for_user_id)):
        return NotAsked(asked=asked_of(request))
    if has_abstained(request, membership):
        return Abstained()
    return OwnRequest() if is_requester(request, membership) else None


def has_abstained(request: ApprovalRequest, membership: Membership) -> bool:
    """Tell whether the member recused themselves: nobody asks them again."""
    recused = {one.actor_id for one in request.decisions.all() if one.verdict == Verdict.ABSTAIN}
    return membership.user_id in recused


def _said(request: ApprovalRequest) -> list[ApprovalDecision]:
    return [one for one in request.decisions.all() if one.revision == request.revision]


def wrong_time(request: ApprovalRequest, membership: Membership) -> Refusal | None:
    """Return why nobody, or not this member, may decide the request at this moment."""
    moment = now()
    if not request.is_open:
        return AlreadyDecided(state=request.get_state_display().lower())
    if request.expires_at <= moment:
        return AlreadyDecided(state=State.EXPIRED.label.lower())
    if request.is_claimed(moment) and request.claimed_by_id != membership.user_id:
        return ClaimedByOther(username=request.claimed_by, until=f"{request.claimed_until:%H:%M} UTC")
    return None


def _second_hand(request: ApprovalRequest, membership: Membership, for_user_id: int | None) -> Refusal | None:
    """Refuse whom the action is too close to, and who counted already: one person counts once in all stages."""
    if request.edited_by_id is not None and request.edited_by_id in (membership.user_id, for_user_id):
        return EditedByYou()
    is_high = request.risk_band in (Band.HIGH, Band.CRITICAL)
    if is_high and membership.user.username in request.owners:
        return OwnAgent(agent=request.agent or "this agent")
    votes = [one for one in _said(request) if one.is_counted and one.verdict in (Verdict.APPROVE, Verdict.REJECT)]
    counted = {one.actor_id for one in votes} | {one.for_user_id for one in votes if one.for_user_id}
    if counted & {membership.user_id, for_user_id}:
        return AlreadyVoted()
    return _same_unit(request, membership, for_user_id)


def _same_unit(request: ApprovalRequest, membership: Membership, for_user_id: int | None) -> Refusal | None:
    found = stage_for(request, membership, for_user_id)
    if found is None or not found.stage.distinct_units:
        return None
    spoken = {unit for vote in request.standing_votes() if vote.stage_no == found.no for unit in vote.units}
    return SameUnit() if spoken & {*units_of(found.stage, membership)} else None


def units_of(stage: Stage, membership: Membership) -> list[str]:
    """Return the units that a member's voice stands for: their groups, but for the one that all of the stage share."""
    return sorted({*membership.groups} - {stage.group}) or [""]


def _too_weak(request: ApprovalRequest, membership: Membership, manner: Manner | None) -> Refusal | None:
    """Refuse to approve with a weaker sign-in than the stage asks for."""
    found = stage_for(request, membership, manner.for_user_id if manner else None)
    if manner is None or found is None or is_strong_enough(manner.auth, found.stage.min_auth):
        return None
    return SignInTooWeak(needed=SignIn(found.stage.min_auth).label)


def is_requester(request: ApprovalRequest, membership: Membership) -> bool:
    """Tell whether the member asked, or is the one on whose behalf it was asked."""
    return request.requested_by_id == membership.user_id or request.on_behalf_of in names_of(membership)


def is_asked(request: ApprovalRequest, membership: Membership, for_user_id: int | None = None) -> bool:
    """Tell whether an open stage of the request was put to this member."""
    return stage_for(request, membership, for_user_id) is not None


def asked_of(request: ApprovalRequest) -> str:
    """Return in words whom the request is put to now."""
    return "; ".join(in_words(one.stage) for one in open_stages(request))


def in_words(stage: Stage) -> str:
    """Return in words whom a stage asks."""
    role, group = stage.role or "member", stage.group
    team = f"any {role} of the group {group}" if group else f"any {role}"
    return ", ".join([*stage.users, *([team] if stage.role or group else [])])


def names_of(membership: Membership) -> tuple[str, str]:
    """Return how a request may name this member: as a person, and as the audit log does."""
    return membership.user.username, f"user:{membership.user.username}"
