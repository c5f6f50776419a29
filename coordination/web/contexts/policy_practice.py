"""How changes of policies come into force, and the page that asks before a policy is enforced no more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from coordination.approvals.models import ApprovalRequest
from coordination.policies.models import Policy, PolicyPractice
from coordination.shared.errors import FieldError
from coordination.web.contexts.parts import Problem
from coordination.web.forms.manifest import Filled
from coordination.web.forms.policy_practice import FIELDS, practice_typed
from coordination.web.forms.schema import Field


@dataclass(frozen=True, slots=True)
class PracticePage:
    """The organization's practice as a form."""

    fields: dict[str, Field]
    problems: list[Problem]
    changed_at: datetime | None
    changed_by: str

    @classmethod
    def of(
        cls,
        practice: PolicyPractice,
        typed: Mapping[str, str] | None = None,
        errors: Iterable[FieldError] = (),
    ) -> "PracticePage":
        """Compute the page."""
        filled = Filled.of(FIELDS, typed if typed is not None else practice_typed(practice), errors)
        return cls(filled.fields, filled.problems, practice.changed_at, practice.changed_by)


@dataclass(frozen=True, slots=True)
class RetirePage:
    """The question before a policy is enforced no more."""

    policy: Policy
    review_link: str
    reason: str
    problem: str

    @classmethod
    def of(cls, policy: Policy, asked: ApprovalRequest | None, reason: str, problem: str) -> "RetirePage":
        """Compute the page; `problem` says why it could not be done at once."""
        return cls(policy, reverse("approval", args=[asked.id]) if asked else "", reason, problem)
