"""May this person decide it?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.accounts.sign_in import SignIn, is_strong_enough
from coordination.approvals.chain import OpenStage, open_stages
from coordination.approvals.errors import (
    Abstained,
    AlreadyDecided,
    AlreadyVoted,
    AnswerHeld,
    ClaimedByOther,
    EditedByYou,
    NotAsked,
    OwnAgent,
    OwnRequest,
    Refusal,
    SameUnit,
    SignInTooWeak,
    TakenBack,
)
from coordination.approvals.held import HeldAnswer, standing
from coordination.approvals.models import ApprovalDecision, ApprovalRequest, Band, State, Verdict
from coordination.approvals.question import Manner, Stage
from coordination.approvals.selectors.away import Substitution, answers_for
from coordination.shared.clock import now


def may_decide(
    request: ApprovalRequest, membership: Membership, verdict: str = Verdict.APPROVE, manner: Manner | None = None
) -> Refusal | None:
    """Return why this member may not give this verdict now, or None: the separation of duties, in one place.

    Who edited a revision or has approved it may still object to it, but not approve it (again). How they are signed in
    is looked at where `manner` says it.
    """
    place = place_of(request, membership, manner.for_user_id if manner else None)
    refusal = _wrong_person(request, membership, place) or wrong_time(request, membership, manner)
    if refusal is not None or place is None:
        return refusal
    if verdict == Verdict.APPROVE:
        return _second_hand(request, membership, place) or _too_weak(place, manner)
    said = {one.actor_id for one in _said(request) if one.verdict == Verdict.REJECT and one.is_counted}
    return AlreadyVoted() if verdict == Verdict.REJECT and membership.user_id in said else None


@dataclass(frozen=True, slots=True)
class Place:
    """An open stage that a member may decide, and in whose place where it was not put to themselves."""

    opened: OpenStage
    giver: Membership | None = None

    @property
    def for_user_id(self) -> int | None:
        """Return in whose place they decide."""
        return self.giver.user_id if self.giver else None


def place_of(
    request: ApprovalRequest,
    membership: Membership,
    for_user_id: int | None = None,
    substitutions: Sequence[Substitution] | None = None,
) -> Place | None:
    """Return the first open stage that this member may decide: in person, else in the place of somebody who is away.

    `for_user_id` asks for the place of one person. `substitutions` are given where they are known for many at once.
    """
    opened = open_stages(request)
    if for_user_id is None:
        for one in opened:
            if membership.user_id in one.delegates or _names(one.stage, membership):
                return Place(one)
    for known in answers_for(membership) if substitutions is None else substitutions:
        if for_user_id in (None, known.giver.user_id) and _may_give(request, known):
            for one in opened:
                # What was handed on to somebody once is not handed on again.
                if _names(one.stage, known.giver):
                    return Place(one, known.giver)
    return None


def stage_for(request: ApprovalRequest, membership: Membership, for_user_id: int | None = None) -> OpenStage | None:
    """Return the first open stage that this member may decide, for themselves or in somebody's place."""
    place = place_of(request, membership, for_user_id)
    return place.opened if place else None


def _may_give(request: ApprovalRequest, known: Substitution) -> bool:
    """Tell whether somebody could decide a request themselves: nobody gives what they do not have."""
    giver = known.giver
    return known.covers(request) and not is_requester(request, giver) and not has_abstained(request, giver)


def _names(stage: Stage, membership: Membership) -> bool:
    role_fits = not stage.role or stage.role in membership.roles
    group_fits = not stage.group or stage.group in membership.groups
    named = membership.user.username in stage.users
    return named or (bool(stage.role or stage.group) and role_fits and group_fits)


def _wrong_person(request: ApprovalRequest, membership: Membership, place: Place | None) -> Refusal | None:
    if place is None or not may(membership, Right.APPROVAL_DECIDE):
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


def wrong_time(request: ApprovalRequest, membership: Membership, manner: Manner | None = None) -> Refusal | None:
    """Return why nobody, or not this member, may decide the request at this moment."""
    moment = now()
    if not request.is_open:
        return AlreadyDecided(state=request.get_state_display().lower())
    if request.expires_at <= moment:
        return AlreadyDecided(state=State.EXPIRED.label.lower())
    if request.is_claimed(moment) and request.claimed_by_id != membership.user_id:
        return ClaimedByOther(username=request.claimed_by, until=f"{request.claimed_until:%H:%M} UTC")
    return _held(request, manner.held if manner else "", moment)


def _held(request: ApprovalRequest, carried_out: str, moment: datetime) -> Refusal | None:
    """Refuse what is not the held answer while there is one, and the held answer once there is not."""
    if carried_out:
        held = HeldAnswer.of(request)
        return None if held and held.id == carried_out else TakenBack()
    other = standing(request, moment)
    return AnswerHeld(username=other.username) if other else None


def _second_hand(request: ApprovalRequest, membership: Membership, place: Place) -> Refusal | None:
    """Refuse whom the action is too close to, and who counted already: one person counts once in all stages."""
    people = [membership, *([place.giver] if place.giver else [])]
    if request.edited_by_id in {one.user_id for one in people}:
        return EditedByYou()
    is_high = request.risk_band in (Band.HIGH, Band.CRITICAL)
    if is_high and {one.user.username for one in people} & {*request.owners}:
        return OwnAgent(agent=request.agent or "this agent")
    votes = [one for one in _said(request) if one.is_counted and one.verdict in (Verdict.APPROVE, Verdict.REJECT)]
    counted = {one.actor_id for one in votes} | {one.for_user_id for one in votes if one.for_user_id}
    if counted & {one.user_id for one in people}:
        return AlreadyVoted()
    found = place.opened
    if not found.stage.distinct_units:
        return None
    spoken = {unit for vote in request.standing_votes() if vote.stage_no == found.no for unit in vote.units}
    return SameUnit() if spoken & {*units_of(found.stage, *people)} else None


def units_of(stage: Stage, *people: Membership) -> list[str]:
    """Return the units that a voice stands for: the groups of its people, but for the one that all of a stage share."""
    return sorted({group for one in people for group in one.groups} - {stage.group}) or [""]


def _too_weak(place: Place, manner: Manner | None) -> Refusal | None:
    """Refuse to approve with a weaker sign-in than the stage asks for."""
    needed = place.opened.stage.min_auth
    if manner is None or is_strong_enough(manner.auth, needed):
        return None
    return SignInTooWeak(needed=SignIn(needed).label)


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
