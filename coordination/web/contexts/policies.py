"""The list of policies: where each stands, what it did lately, and who is asked about a change of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from coordination.accounts.models import Membership
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.approvals.models import ApprovalRequest
from coordination.engine.draw import spark
from coordination.policies.models import Policy, PolicyPractice, PolicyVersion
from coordination.web.contexts.parts import Pager
from coordination.web.contexts.policy_words import status_of
from coordination.web.contexts.status import Status

SPARK_WIDTH, SPARK_HEIGHT = 84, 22
OFF = Status("off", "idle", "idle", "Not enforced")


@dataclass(frozen=True, slots=True)
class Spark:
    """How often a policy's rules held on each of the last days, as a small picture."""

    line: str
    area: str
    total: int
    said: str
    width: int = SPARK_WIDTH
    height: int = SPARK_HEIGHT

    @classmethod
    def of(cls, days: Sequence[int]) -> "Spark":
        """Draw the days; they are also told as numbers."""
        # The line is two pixels wide: it must not be cut off at the top.
        top = spark.ceiling(max(days, default=0)) * 1.1
        line = spark.points(days, SPARK_WIDTH, SPARK_HEIGHT - 1, top)
        told = f"Each of the last {len(days)} days, oldest first: {', '.join(str(times) for times in days)}"
        return cls(spark.curve(line), spark.area(line, SPARK_HEIGHT - 1), sum(days), told)


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One policy in the list."""

    policy: Policy
    link: str
    statuses: list[Status]
    n_rules: int | None
    owner: str
    spark: Spark
    review: str

    @classmethod
    def of(
        cls, policy: Policy, newest: PolicyVersion | None, days: Sequence[int], review: ApprovalRequest | None
    ) -> "PolicyRow":
        """Return the row."""
        shown = policy.enforced or newest
        statuses = [status_of(policy.enforced) if policy.enforced else OFF]
        if newest is not None and newest.id != policy.enforced_id:
            statuses.append(status_of(newest))
        return cls(
            policy=policy,
            link=reverse("policy", args=[policy.name]),
            statuses=statuses,
            n_rules=len(shown.spec["rules"]) if shown else None,
            owner=shown.spec.get("owner", "") if shown else "",
            spark=Spark.of(days),
            review=reverse("approval", args=[review.id]) if review else "",
        )


@dataclass(frozen=True, slots=True)
class PoliciesPage:
    """The list of policies."""

    rows: list[PolicyRow]
    pager: Pager
    here: str
    may_edit: bool
    # Why changes are not reviewed, where the organization chose so.
    unreviewed: str

    @classmethod
    def of(
        cls,
        policies: Sequence[Policy],
        pager: Pager,
        membership: Membership,
        here: str,
        *,
        newest: Mapping[UUID, PolicyVersion],
        fired: Mapping[str, Sequence[int]],
        reviews: Mapping[str, ApprovalRequest],
        practice: PolicyPractice,
    ) -> "PoliciesPage":
        """Compute the list for one member."""
        rows = [
            PolicyRow.of(one, newest.get(one.pk), fired.get(one.name, [0] * 7), reviews.get(one.name))
            for one in policies
        ]
        unreviewed = "" if practice.is_review_required else practice.reason or "no reason given"
        return cls(rows, pager, here, may(membership, Right.POLICY_EDIT), unreviewed)
