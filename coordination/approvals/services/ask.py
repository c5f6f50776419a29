"""Put a question to people."""

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.approvals.chain import start
from coordination.approvals.models import OPEN, ApprovalRequest, State
from coordination.approvals.question import Question
from coordination.approvals.selectors.rules import rules_of
from coordination.approvals.services.close import close
from coordination.approvals.services.record import keep_revision, record
from coordination.approvals.sla import start_clocks
from coordination.shared.clock import now
from coordination.shared.json import JsonObject


def ask(organization: Organization, question: Question, actor: Actor) -> ApprovalRequest:
    """Ask whether one exact action may happen once; an open request on the same subject is superseded.

    The digest comes from the question's own fields, so whoever releases the action must compute the same one
    from what is about to run. Raises NotCanonical for parameters that have no exact JSON text.
    """
    request = ApprovalRequest(
        organization=organization,
        subject=question.subject,
        # The column's width: a sentence about an action may quote arguments of any length.
        title=question.title[:300],
        intent=question.intent,
        operation=question.operation,
        tool_version=question.tool_version,
        resource=question.resource,
        parameters=question.parameters,
        idempotency_key=question.idempotency_key,
        agent=question.agent,
        agent_version=question.agent_version,
        on_behalf_of=question.on_behalf_of,
        requested_by_id=question.requested_by_id or actor.user_id,
        policy_decision_id=question.policy_decision_id,
        reasons=list(question.reasons),
        risk_score=question.risk_score,
        risk_band=question.risk_band,
        reversibility=question.reversibility,
        confidence=question.confidence,
        evidence=list(question.evidence),
        timeout_action=question.timeout_action,
        owners=list(question.owners),
        is_synthetic=question.is_synthetic,
        created_at=now(),
    )
    start(request, question.chain)
    start_clocks(request, rules_of(organization.pk), question.expires_in)
    request.action_digest = request.digest_for(question.parameters)
    with transaction.atomic():
        _supersede(request, actor)
        request.save(force_insert=True)
        keep_revision(request)
        record(request, "ApprovalAsked", actor, _details(request))
    return request


def _supersede(request: ApprovalRequest, actor: Actor) -> None:
    """Close the open request on the same subject: two answers to one question must not both count."""
    older = ApprovalRequest.objects.select_for_update().filter(
        organization=request.organization, subject=request.subject, state__in=OPEN
    )
    close(older, State.SUPERSEDED, "ApprovalSuperseded", actor, f"asked again as {request.pk}")


def _details(request: ApprovalRequest) -> JsonObject:
    return {
        "title": request.title,
        "parameters": request.parameters,
        "agent": request.agent,
        "agent_version": request.agent_version,
        "tool_version": request.tool_version,
        "resource": request.resource,
        "policy_decision": str(request.policy_decision_id or ""),
        "reasons": request.reasons,
        "risk_score": request.risk_score,
        "risk_band": str(request.risk_band),
        "reversibility": str(request.reversibility),
        "confidence": request.confidence,
        "stage": request.stage,
        "chain": request.chain,
        "chain_digest": request.chain_digest,
        "timeout_action": str(request.timeout_action),
        "acknowledge_by": request.acknowledge_by.isoformat() if request.acknowledge_by else None,
        "due_at": request.due_at.isoformat(),
        "expires_at": request.expires_at.isoformat(),
    }
