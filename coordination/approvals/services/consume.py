"""Let an approval release its action, once."""

from uuid import UUID

from django.db import transaction

from coordination.accounts.actors import SYSTEM
from coordination.approvals.errors import ApprovalRefused, Unusable
from coordination.approvals.models import ApprovalRequest, State
from coordination.approvals.services.record import record
from coordination.shared.clock import now


def consume(request_id: UUID, digest: str) -> ApprovalRequest:
    """Use up an approval for the action with this digest; raises ApprovalRefused with the reason.

    Belongs in the transaction that releases the action: of two callers one waits here, then finds it used.
    """
    with transaction.atomic():
        request = ApprovalRequest.objects.select_for_update().filter(pk=request_id).first()
        if request is None:
            raise ApprovalRefused(Unusable.UNKNOWN)
        if reason := _why_unusable(request, digest):
            raise ApprovalRefused(reason)
        request.state, request.consumed_at = State.CONSUMED, now()
        request.save(update_fields=["state", "consumed_at"])
        record(request, "ApprovalConsumed", SYSTEM, {})
    return request


def _why_unusable(request: ApprovalRequest, digest: str) -> Unusable | None:
    if request.is_synthetic:
        return Unusable.SYNTHETIC
    if request.state == State.CONSUMED or request.consumed_at is not None:
        return Unusable.CONSUMED
    if request.state != State.APPROVED:
        return Unusable.NOT_APPROVED
    if request.expires_at <= now():
        return Unusable.EXPIRED
    if request.action_digest != digest:
        return Unusable.OTHER_ACTION
    return None
