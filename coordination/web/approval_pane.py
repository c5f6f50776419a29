"""Read everything that one question is shown with."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from coordination.accounts.models import Membership, Organization
from coordination.accounts.selectors import members
from coordination.approvals import selectors
from coordination.approvals.models import ApprovalRequest
from coordination.approvals.selectors import Similar
from coordination.policies.selectors.activity import decided
from coordination.risk.models import Kind
from coordination.risk.selectors import answers_as_sure, outcomes_of_run, tables_of
from coordination.runs.models import Run
from coordination.web.contexts.approval import Known
from coordination.web.contexts.approval_grounds import Grounds, Sure, runs_among
from coordination.web.contexts.policy_review import PolicyReview

# How far back answers tell how much an agent's confidence is worth.
LOOKED_BACK = timedelta(days=180)


def known_of(
    membership: Membership, request: ApprovalRequest, run: Run | None, session: Mapping[str, Any], now: datetime
) -> Known:
    """Return what is known about a question, in as many statements whatever the queue holds."""
    organization = membership.organization
    return Known(
        run=run,
        others=list(members(organization)),
        messages=list(request.messages.all()),
        review=PolicyReview.of(organization, request),
        decision=decided(organization, request.policy_decision_id),
        bands=tables_of(organization).bands,
        grounds=_grounds(organization, request, now),
        shield=selectors.shield(request, membership),
        rules=selectors.rules_of(organization.pk),
        session=session,
    )


def _grounds(organization: Organization, request: ApprovalRequest, now: datetime) -> Grounds:
    similar = selectors.similar_to(request)
    return Grounds(
        revisions=list(request.revisions.all()) if request.revision > 1 else (),
        similar=similar,
        wrong=_wrong_among(organization, similar),
        sure=_sure(organization, request, now - LOOKED_BACK),
    )


def _wrong_among(organization: Organization, similar: Similar) -> Mapping[str, str]:
    """Return what came of the acts that earlier questions were about, by subject."""
    runs = runs_among(similar)
    if not runs:
        return {}
    found = outcomes_of_run(organization, runs).filter(kind=Kind.ACT)
    return {f"run:{one.run_id}/step:{one.step_key}": _came_to(one.is_wrong, one.get_why_display()) for one in found}


def _came_to(is_wrong: bool, why: str) -> str:
    return f"turned out wrong: {why}" if is_wrong else "went well"


def _sure(organization: Organization, request: ApprovalRequest, since: datetime) -> Sure | None:
    if request.confidence is None or not request.agent:
        return None
    return Sure(*answers_as_sure(organization, request.agent, request.confidence, since))
