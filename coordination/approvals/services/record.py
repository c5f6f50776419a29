"""What every act on a request has in common: lock it, check who acts, write it down, ring."""

from collections.abc import Mapping

from coordination.accounts.actors import Actor
from coordination.accounts.models import Membership
from coordination.approvals.errors import StaleRevision
from coordination.approvals.models import ApprovalDecision, ApprovalRequest, Verdict
from coordination.approvals.selectors import may_decide
from coordination.audit.services import Entry, append
from coordination.shared.clock import now
from coordination.shared.errors import NotFound
from coordination.shared.json import Json, JsonObject
from coordination.shared.live import ring


def lock_for(
    request: ApprovalRequest, membership: Membership, verdict: Verdict, revision: int | None
) -> ApprovalRequest:
    """Return the request as it is now, locked, if this member may say this about this revision."""
    locked = lock(request, membership)
    if refusal := may_decide(locked, membership, verdict):
        raise refusal
    if revision is not None and revision != locked.revision:
        raise StaleRevision(seen=revision, current=locked.revision)
    return locked


def lock(request: ApprovalRequest, membership: Membership) -> ApprovalRequest:
    """Return the request as it is now, locked; raises NotFound for another organization's."""
    requests = ApprovalRequest.objects.select_related("claimed_by").select_for_update(of=("self",))
    try:
        return requests.get(pk=request.pk, organization=membership.organization_id)
    except ApprovalRequest.DoesNotExist:
        raise NotFound(kind="approval request", name=request.pk) from None


def keep_decision(
    request: ApprovalRequest,
    membership: Membership,
    verdict: Verdict,
    reason: str,
    parameters: JsonObject | None = None,
) -> ApprovalDecision:
    """Write down what a member said, with what they saw when they said it."""
    return ApprovalDecision.objects.create(
        request=request,
        revision=request.revision,
        stage=request.stage,
        actor=membership.user,
        verdict=verdict,
        reason=reason,
        parameters=parameters,
        digest_seen=request.action_digest,
        created_at=now(),
    )


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
