"""What every act on a request has in common: lock it, check who acts, write it down, ring."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from coordination.accounts.actors import Actor
from coordination.accounts.models import Membership
from coordination.approvals.chain import open_stages
from coordination.approvals.errors import StaleRevision
from coordination.approvals.models import (
    ApprovalDecision,
    ApprovalMessage,
    ApprovalRequest,
    ApprovalRevision,
    Verdict,
)
from coordination.approvals.question import UNTOLD, Manner
from coordination.approvals.selectors.authority import may_decide, place_of, units_of
from coordination.approvals.selectors.away import read_afresh
from coordination.approvals.selectors.judging import hurry_of, thought_first
from coordination.audit.services import Entry, append
from coordination.shared.clock import now
from coordination.shared.errors import NotFound
from coordination.shared.json import Json, JsonObject
from coordination.shared.live import ring

# The record of how people judge: exercises, second looks, what somebody thought before they were advised.
OVERSIGHT: Final = "oversight"
# What moves a request towards its end; everything else only changes who or what is asked.
_COUNTED = (Verdict.APPROVE, Verdict.REJECT)


def lock_for(
    request: ApprovalRequest,
    membership: Membership,
    verdict: Verdict,
    revision: int | None,
    manner: Manner | None = None,
) -> ApprovalRequest:
    """Return the request as it is now, locked, if this member may say this about this revision."""
    locked = lock(request, membership)
    read_afresh(membership)
    if refusal := may_decide(locked, membership, verdict, manner):
        raise refusal
    if revision is not None and revision != locked.revision:
        raise StaleRevision(seen=revision, current=locked.revision)
    locked.acknowledged_at = locked.acknowledged_at or now()
    return locked


def lock(request: ApprovalRequest, membership: Membership) -> ApprovalRequest:
    """Return the request as it is now, locked; raises NotFound for another organization's."""
    return lock_in(membership.organization_id, request.pk)


def lock_in(organization_id: UUID, request_id: UUID) -> ApprovalRequest:
    """Return a request of the organization as it is now, locked; raises NotFound."""
    requests = ApprovalRequest.objects.select_related("claimed_by", "organization").select_for_update(of=("self",))
    try:
        return requests.get(pk=request_id, organization=organization_id)
    except ApprovalRequest.DoesNotExist:
        raise NotFound(kind="approval request", name=request_id) from None


def keep_decision(
    request: ApprovalRequest,
    membership: Membership,
    verdict: Verdict,
    reason: str,
    parameters: JsonObject | None = None,
    manner: Manner = UNTOLD,
) -> ApprovalDecision:
    """Write down what a member said, with what they saw when they said it, and for which stage it counts."""
    place = place_of(request, membership, manner.for_user_id)
    opened = place.opened if place else open_stages(request)[0]
    # Who breaks the glass does it in nobody's place.
    giver = place.giver if place and verdict != Verdict.BREAK_GLASS else None
    return ApprovalDecision.objects.create(
        request=request,
        revision=request.revision,
        stage_no=opened.no,
        stage=opened.stage.as_json(),
        actor=membership.user,
        for_user=giver.user if giver else None,
        actor_auth=manner.auth,
        units=units_of(opened.stage, membership, *([giver] if giver else [])),
        verdict=verdict,
        reason=reason,
        reason_code=manner.reason_code,
        parameters=parameters,
        digest_seen=request.action_digest,
        dwell_ms=manner.dwell_ms,
        evidence_opened=list(manner.evidence_opened),
        own_judgement=thought_first(request, membership) or manner.own_judgement,
        hurry=hurry_of(request, membership, manner) if verdict == Verdict.APPROVE else "",
        is_counted=manner.is_counted and verdict in _COUNTED,
        created_at=now(),
    )


def keep_revision(request: ApprovalRequest) -> ApprovalRevision:
    """Write down the action as it is asked for now."""
    return ApprovalRevision.objects.create(
        request=request,
        number=request.revision,
        parameters=request.parameters,
        action_digest=request.action_digest,
        title=request.title,
        intent=request.intent,
        edited_by_id=request.edited_by_id,
        created_at=now(),
    )


def keep_message(request: ApprovalRequest, author: Actor, text: str) -> ApprovalMessage:
    """Write a line into the thread of a request."""
    return ApprovalMessage.objects.create(request=request, author=str(author), text=text, created_at=now())


def record(request: ApprovalRequest, kind: str, actor: Actor, details: Mapping[str, Json]) -> None:
    """Write an act on a request into the audit log, and ring for all who watch it."""
    append(
        request.organization_id,
        request.stream,
        actor,
        [entry(request, kind, details)],
        on_behalf_of=request.on_behalf_of,
    )
    ring(request.organization_id, *request.topics)


def note_down(request: ApprovalRequest, kind: str, actor: Actor, details: Mapping[str, Json]) -> None:
    """Write into the record what others who decide are not to be swayed by: a run's own record is read by all."""
    append(request.organization_id, OVERSIGHT, actor, [entry(request, kind, details)])
    ring(request.organization_id, *request.topics, OVERSIGHT)


def entry(request: ApprovalRequest, kind: str, details: Mapping[str, Json]) -> Entry:
    """Return the audit entry of an act on a request: which action, which revision, where it stands now."""
    return Entry(
        kind,
        {
            "request": str(request.pk),
            "subject": request.subject,
            "operation": request.operation,
            "digest": request.action_digest,
            "revision": request.revision,
            "state": str(request.state),
            **details,
        },
        object=f"approval:{request.pk}",
    )
