"""Who takes part in approvals."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from coordination.accounts.actors import Actor
from coordination.accounts.models import Membership, Organization
from coordination.approvals import services
from coordination.approvals.models import ApprovalRequest, DelegationRule
from coordination.approvals.question import Question
from coordination.shared.clock import now
from tests.factories import make_member, make_organization

SUBJECT = "run:0199a0c4-0000-7000-8000-000000000001/step:send"
RUN = "run:0199a0c4-0000-7000-8000-000000000001"


@dataclass(frozen=True)
class Cast:
    """The people of an organization."""

    organization: Organization
    manager: Membership
    reviewer: Membership
    second: Membership
    lead: Membership
    admin: Membership
    stranger: Membership


Ask = Callable[..., ApprovalRequest]


@pytest.fixture
def cast(db: None) -> Cast:
    acme = make_organization("acme")
    return Cast(
        organization=acme,
        manager=make_member(acme, "manager", ["manager"]),
        reviewer=make_member(acme, "reviewer"),
        second=make_member(acme, "second"),
        lead=make_member(acme, "lead", groups=["lead"]),
        admin=make_member(acme, "admin", ["admin"]),
        stranger=make_member(make_organization("globex"), "stranger"),
    )


@pytest.fixture
def ask(cast: Cast) -> Ask:
    def put(actor: Actor | None = None, **changes: Any) -> ApprovalRequest:
        question: dict[str, Any] = {
            "subject": SUBJECT,
            "title": "Refund $20 to order 17",
            "operation": "payments.refund",
            "parameters": {"order": "17", "amount": 20},
            "agent": "writer",
            "agent_version": 3,
            "on_behalf_of": "user:manager",
            "risk_band": "low",
        }
        question |= changes
        return services.ask(cast.organization, Question(**question), actor or Actor.agent("writer", 3))

    return put


def stand_in(giver: Membership, taker: Membership | str, **changes: Any) -> DelegationRule:
    """Let one person decide in the place of another, for a day unless a test says otherwise."""
    wish: dict[str, Any] = {
        "giver": giver.user.username,
        "taker": taker if isinstance(taker, str) else taker.user.username,
        "starts_at": now() - timedelta(hours=1),
        "ends_at": now() + timedelta(days=1),
        "reason": "On leave.",
    }
    return services.make_delegation(giver, services.Wish(**(wish | changes)))
