"""The people of an organization, and policies as they write them."""

from dataclasses import dataclass, field
from typing import Any

from coordination.accounts.actors import Actor
from coordination.accounts.models import Membership, Organization
from coordination.approvals.models import ApprovalRequest
from coordination.engine.manifest import Manifest, Metadata
from coordination.policies import services
from coordination.policies.models import Policy, PolicyVersion
from coordination.policies.services import answer_review, save_draft
from tests.factories import make_member
from tests.integration.policies.rules import over_limit, policy, refund, small_is_fine


def tested(rule: dict[str, Any], holds: dict[str, Any], holds_not: dict[str, Any]) -> dict[str, Any]:
    """Return a rule with a test in which it holds and one in which it does not."""
    tests = [{"title": "holds", "given": holds, "expected": True}, {"given": holds_not, "expected": False}]
    return {**rule, "tests": tests}


def limit(amount: float = 100, **changes: Any) -> dict[str, Any]:
    """Return a tested rule that asks about refunds above an amount."""
    rule = over_limit(params={"limit": {"type": "double", "value": amount}}, **changes)
    return tested(rule, given(amount + 50), given(amount))


def small(**changes: Any) -> dict[str, Any]:
    """Return a tested rule that lets small refunds through."""
    return tested(small_is_fine(**changes), given(20.0), given(21.0))


def given(amount: float) -> dict[str, Any]:
    """Return the facts of a test."""
    return {"action.name": "payments.refund", "action.amount": amount}


@dataclass(frozen=True)
class People:
    """Who takes part, and what they do most."""

    organization: Organization
    admin: Membership = field(init=False)
    second_admin: Membership = field(init=False)
    reviewer: Membership = field(init=False)
    lead: Membership = field(init=False)
    manager: Membership = field(init=False)

    def __post_init__(self) -> None:
        """Make them members."""
        for name, role in (
            ("admin", "admin"), ("second_admin", "admin"), ("reviewer", "reviewer"), ("lead", "reviewer"),
            ("manager", "manager"),
        ):  # fmt: skip
            object.__setattr__(self, name, make_member(self.organization, name, [role]))

    def save(self, *rules: dict[str, Any], by: str = "admin", name: str = "limits", **about: Any) -> PolicyVersion:
        """Save a draft of these rules."""
        manifest = Manifest(kind="Policy", metadata=Metadata(name=name), spec=policy(*rules))
        return save_draft(self.organization, manifest, Actor.of(getattr(self, by)), **about)

    def enforce(self, *rules: dict[str, Any], name: str = "limits") -> PolicyVersion:
        """Enforce these rules as an operator does."""
        version = self.save(*rules, name=name)
        return services.publish(version.policy, version.number, Actor("user", "operator"))

    def ask(self, version: PolicyVersion, way: str = "direct", by: str = "admin") -> ApprovalRequest:
        """Ask for a review."""
        return services.request_review(version.policy, version.number, way, getattr(self, by))

    def answer(self, request: ApprovalRequest, by: str, verdict: str = "approve", reason: str = "") -> ApprovalRequest:
        """Say what someone thinks of it."""
        return answer_review(getattr(self, by), request.pk, verdict, reason=reason, revision=request.revision)


def now_of(version: PolicyVersion) -> PolicyVersion:
    """Return the version as it is in the database."""
    return PolicyVersion.objects.select_related("policy__enforced").get(pk=version.pk)


def enforced(of: Policy) -> int | None:
    """Return the number of the enforced version."""
    found = Policy.objects.select_related("enforced").get(pk=of.pk).enforced
    return found.number if found else None


__all__ = ["People", "enforced", "given", "limit", "now_of", "refund", "small", "tested"]
