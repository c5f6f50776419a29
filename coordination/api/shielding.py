"""What is kept from somebody who is to judge by themselves first."""

from typing import Any
from uuid import UUID

from rest_framework.response import Response

from coordination.accounts.models import Membership
from coordination.approvals.models import ApprovalRequest
from coordination.approvals.selectors import Shield, shields, without_advice


def without_advice_in(said: dict[str, Any], kept: Shield, membership: Membership) -> dict[str, Any]:
    """Return a question as the caller may see it: without what the agent and others think, while the shield is up."""
    told: dict[str, Any] = {"advice_withheld": kept.is_up, "own_judgement": kept.own.judgement if kept.own else None}
    if kept.is_up:
        own = [one for one in said["decisions"] if one["actor"] == membership.user.username]
        told |= {"confidence": None, "evidence": without_advice(said["evidence"]), "decisions": own}
        if "stages" in said:
            told["stages"] = [{**stage, "votes": None} for stage in said["stages"]]
            told["messages"] = []
    return said | told


def shield_page(response: Response, membership: Membership) -> Response:
    """Keep advice out of a page of questions; as many statements for ten as for two hundred."""
    results = response.data["results"]
    found = ApprovalRequest.objects.filter(organization=membership.organization_id).in_bulk(
        [UUID(one["id"]) for one in results]
    )
    kept = shields(found.values(), membership)
    response.data["results"] = [without_advice_in(one, kept[UUID(one["id"])], membership) for one in results]
    return response
