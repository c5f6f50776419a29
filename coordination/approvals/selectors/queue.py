"""What waits for whom?"""

from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from coordination.accounts.models import Membership, Organization
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.approvals.held import TAKEN_WITHIN
from coordination.approvals.models import OPEN, ApprovalDecision, ApprovalRequest, Band, Verdict
from coordination.approvals.selectors.authority import names_of
from coordination.approvals.selectors.away import Substitution, answers_for
from coordination.shared.clock import now
from coordination.shared.errors import NotFound

_VOTES = (Verdict.APPROVE, Verdict.REJECT)


def get_request(organization: Organization, request_id: UUID) -> ApprovalRequest:
    """Return one request of the organization; raises NotFound."""
    try:
        return _whole(organization).get(pk=request_id)
    except ApprovalRequest.DoesNotExist:
        raise NotFound(kind="approval request", name=request_id) from None


def requests(organization: Organization) -> QuerySet[ApprovalRequest]:
    """Return every request, newest first."""
    return _whole(organization).order_by("-id")


def open_requests(organization: Organization) -> QuerySet[ApprovalRequest]:
    """Return what nobody has settled yet, most urgent first."""
    return _whole(organization).filter(state__in=OPEN).order_by("due_at", "id")


def pending_for(membership: Membership) -> QuerySet[ApprovalRequest]:
    """Return the open requests that this member may approve now, most urgent first: `may_decide` in SQL."""
    requests = open_requests(membership.organization)
    if not may(membership, Right.APPROVAL_DECIDE):
        return requests.none()
    moment, person = now(), membership.user_id
    said = ApprovalDecision.objects.filter(request=OuterRef("pk"))
    mine = Q(actor=person) | Q(for_user=person)
    voted = said.filter(mine, revision=OuterRef("revision"), verdict__in=_VOTES, is_counted=True)
    in_place = (_asked_in_place(membership, known, said) for known in answers_for(membership))
    return (
        requests.filter(reduce(or_, in_place, _asked(membership)), expires_at__gt=moment)
        .exclude(requested_by=person)
        .exclude(on_behalf_of__in=names_of(membership))
        .exclude(edited_by=person)
        .exclude(Q(claimed_until__gt=moment) & ~Q(claimed_by=person))
        .exclude(held_until__gt=moment - TAKEN_WITHIN)
        .exclude(risk_band__in=(Band.HIGH, Band.CRITICAL), owners__contains=[membership.user.username])
        .exclude(Exists(voted))
        .exclude(_same_unit(said, membership))
        .exclude(Exists(said.filter(actor=person, verdict=Verdict.ABSTAIN)))
    )


def mine_first(membership: Membership) -> QuerySet[ApprovalRequest]:
    """Return what waits for this member, without what was put to someone else first; they may decide that too."""
    return pending_for(membership).filter(put_first_to(membership))


def put_first_to(membership: Membership) -> Q:
    """Return the condition that a request was not put to somebody else first."""
    return Q(assigned_to=None) | Q(assigned_to=membership.user_id)


def decided(organization: Organization) -> QuerySet[ApprovalRequest]:
    """Return what is settled, latest first."""
    return _whole(organization).exclude(state__in=OPEN).order_by("-decided_at", "-id")


def expired_requests(moment: datetime) -> QuerySet[ApprovalRequest]:
    """Return the open requests of all organizations whose time is over, longest first."""
    return ApprovalRequest.objects.filter(state__in=OPEN, expires_at__lte=moment).order_by("expires_at")


def held_due(moment: datetime) -> QuerySet[ApprovalRequest]:
    """Return the open requests of all organizations whose held answer counts by now, longest first."""
    due = ApprovalRequest.objects.filter(state__in=OPEN, held_until__lte=moment)
    return due.select_related("organization").order_by("held_until")


def held_of(membership: Membership) -> QuerySet[ApprovalRequest]:
    """Return the requests whose answer this member may still take back, the latest first."""
    mine = open_requests(membership.organization).filter(held_until__isnull=False, held__user_id=membership.user_id)
    return mine.order_by("-held_until", "id")


def requests_about(organization: Organization, subject: str) -> QuerySet[ApprovalRequest]:
    """Return every request about a subject or a part of it, oldest first."""
    return _whole(organization).filter(about(subject)).order_by("id")


def about(subject: str) -> Q:
    """Return the condition that a request is about a subject or a part of it."""
    return Q(subject=subject) | Q(subject__startswith=f"{subject}/")


def _whole(organization: Organization) -> QuerySet[ApprovalRequest]:
    """Return requests with all that a page or an answer about them reads."""
    decisions = ApprovalDecision.objects.select_related("actor", "for_user")
    return (
        ApprovalRequest.objects.filter(organization=organization)
        .select_related("organization", "claimed_by", "requested_by", "edited_by", "assigned_to")
        .prefetch_related(Prefetch("decisions", decisions))
    )


def _same_unit(said: QuerySet[ApprovalDecision], *people: Membership) -> Q:
    """Return in SQL that someone of these people's units has approved where every vote must be of another."""
    votes = said.filter(
        revision=OuterRef("revision"), stage_no=OuterRef("stage_no"), verdict=Verdict.APPROVE, is_counted=True
    )
    groups = sorted({group for one in people for group in one.groups})
    spoken = Q(Exists(votes.filter(units__overlap=groups))) if groups else Q(pk=None)
    if len(groups) <= 1:
        # Without another group than the stage's own, a person stands for no unit in particular.
        alone = Q(stage__group=groups[0]) if groups else Q()
        spoken |= alone & Q(Exists(votes.filter(units__contains=[""])))
    return Q(stage__distinct_units=True) & spoken


def _asked(membership: Membership) -> Q:
    """Return in SQL that an open stage was put to this member, the first one or one beside it."""
    person = membership.user_id
    return _names(membership) | Q(delegates__contains=[person]) | Q(also_open__contains=[{"delegates": [person]}])


def _asked_in_place(membership: Membership, known: Substitution, said: QuerySet[ApprovalDecision]) -> Q:
    """Return in SQL that a stage was put to somebody in whose place this member may decide: what both of them may."""
    giver = known.giver
    mine = Q(actor=giver.user_id) | Q(for_user=giver.user_id)
    voted = said.filter(mine, revision=OuterRef("revision"), verdict__in=_VOTES, is_counted=True)
    near = (
        Q(requested_by=giver.user_id, requested_by__isnull=False)
        | Q(on_behalf_of__in=names_of(giver))
        | Q(edited_by=giver.user_id, edited_by__isnull=False)
        | Q(risk_band__in=(Band.HIGH, Band.CRITICAL), owners__contains=[giver.user.username])
        | Q(Exists(voted))
        | Q(Exists(said.filter(actor=giver.user_id, verdict=Verdict.ABSTAIN)))
        | _same_unit(said, membership, giver)
    )
    return _names(giver) & known.scope() & ~near


def _names(membership: Membership) -> Q:
    """Return in SQL that a stage names the member, or their role and group."""
    username = membership.user.username
    roles, groups = ["", *membership.roles], ["", *membership.groups]
    team = Q(stage__role__in=roles) & Q(stage__group__in=groups) & ~Q(stage__role="", stage__group="")
    teams = [{"role": role, "group": group} for role in roles for group in groups if role or group]
    fits: list[dict[str, Any]] = [{"users": [username]}, *teams]
    return Q(stage__users__contains=[username]) | team | reduce(or_, (Q(also_open__contains=[one]) for one in fits))
