"""How each reviewer judges: how much, how quickly, how often against the agent, and what became of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Q

from coordination.accounts.models import Membership, Organization
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may, members
from coordination.approvals.models import OPEN, ApprovalRequest, Canary, SecondLook
from coordination.engine.trust.agreement import Agreement, agreement_of_many, agreement_of_two
from coordination.engine.trust.intervals import wilson
from coordination.shared.clock import now

SINCE: Final = timedelta(days=90)
# With fewer, a share or a median says more about chance than about a person.
FEWEST_DECISIONS: Final = 20
FEWEST_EXERCISES: Final = 10
_MOST_PAIRS: Final = 20_000
_NONE: Final = agreement_of_two(())
# Somebody who takes longer than half an hour has done something else in between.
_DECIDED = """
    SELECT actor_id, count(*) AS n,
        count(*) FILTER (WHERE verdict = 'approve') AS approved,
        count(*) FILTER (WHERE verdict IN ('reject', 'return')) AS overridden,
        count(*) FILTER (WHERE verdict = 'edit') AS edited,
        count(*) FILTER (WHERE hurry <> '') AS hurried,
        count(*) FILTER (WHERE verdict = 'approve' AND own_judgement = 'reject') AS swayed,
        count(*) FILTER (WHERE own_judgement IS NOT NULL) AS judged_first,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE seconds <= 1800) AS median_s,
        count(DISTINCT hour) AS hours, max(in_hour) AS most_in_an_hour
    FROM (
        SELECT answer.*, date_trunc('hour', answer.created_at) AS hour,
            count(*) OVER (PARTITION BY answer.actor_id, date_trunc('hour', answer.created_at)) AS in_hour,
            extract(epoch FROM answer.created_at - greatest(request.created_at, lag(answer.created_at) OVER (
                PARTITION BY answer.actor_id ORDER BY answer.created_at
            ))) AS seconds
        FROM approvals_approvaldecision AS answer JOIN approvals_approvalrequest AS request
            ON request.id = answer.request_id
        WHERE request.organization_id = %(organization)s AND answer.created_at >= %(since)s
            AND answer.verdict IN ('approve', 'reject', 'edit', 'return') AND NOT request.is_synthetic
    ) AS answers GROUP BY actor_id
"""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many, with what that share may be; None of it where there are too few to tell."""

    k: int
    n: int
    fewest: int = FEWEST_DECISIONS

    @property
    def value(self) -> float | None:
        """Return the share."""
        return self.k / self.n if self.n >= self.fewest else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return between what it lies (Wilson, 95 %)."""
        return wilson(self.k, self.n) if self.n >= self.fewest else None


@dataclass(frozen=True, slots=True)
class Reviewer:
    """How one person judged since a moment; whatever has too few cases says nothing."""

    user_id: int
    username: str
    n: int = 0
    approved: int = 0
    overridden: Share = Share(0, 0)
    edited: Share = Share(0, 0)
    hurried: int = 0
    judged_first: int = 0
    swayed: int = 0
    median_s: float | None = None
    per_hour: float | None = None
    most_in_an_hour: int = 0
    open_claims: int = 0
    missed: Share = Share(0, 0, FEWEST_EXERCISES)
    agreement: Agreement = _NONE


@dataclass(frozen=True, slots=True)
class Board:
    """All reviewers of an organization, and how far people agree on the whole."""

    reviewers: Sequence[Reviewer]
    agreement: Agreement
    # Of what policy allowed by itself, how much somebody who looked afterwards would have refused.
    allowed_wrong: Share
    missed: Share
    settled_against: int


def board_of(organization: Organization, since: datetime) -> Board:
    """Return how everybody judged since a moment, in as many statements for one person as for a hundred."""
    decided, exercised, claims = _decided(organization, since), _exercised(organization, since), _claims(organization)
    looks = _looks(organization, since)
    pairs = _pairs(looks)
    found = [
        _reviewer(one, decided.get(one.user_id, {}), exercised.get(one.user_id), pairs.get(one.user_id, ()),
                  claims.get(one.user_id, 0))
        for one in members(organization)
        if may(one, Right.APPROVAL_DECIDE) or one.user_id in decided
    ]  # fmt: skip
    twice = [(look.first, look.second) for look in looks if look.why == SecondLook.Why.SINGLE]
    allowed = [_right(look) for look in looks if look.why != SecondLook.Why.SINGLE]
    exercises = list(exercised.values())
    return Board(
        reviewers=found,
        agreement=agreement_of_many(twice),
        allowed_wrong=Share(allowed.count("reject"), len(allowed)),
        missed=Share(sum(k for k, _ in exercises), sum(n for _, n in exercises), FEWEST_EXERCISES),
        settled_against=sum(look.state == SecondLook.State.SETTLED and look.third != look.first for look in looks),
    )


def only(board: Board, membership: Membership) -> Board:
    """Return the board with nobody on it but the member."""
    return replace(board, reviewers=[one for one in board.reviewers if one.user_id == membership.user_id])


def _reviewer(
    member: Membership,
    decided: Mapping[str, Any],
    exercised: tuple[int, int] | None,
    pairs: Sequence[tuple[str, str]],
    claims: int,
) -> Reviewer:
    n = decided.get("n", 0)
    is_enough = n >= FEWEST_DECISIONS
    return Reviewer(
        user_id=member.user_id,
        username=member.user.username,
        n=n,
        approved=decided.get("approved", 0),
        overridden=Share(decided.get("overridden", 0), n),
        edited=Share(decided.get("edited", 0), n),
        hurried=decided.get("hurried", 0),
        judged_first=decided.get("judged_first", 0),
        swayed=decided.get("swayed", 0),
        median_s=float(decided["median_s"]) if is_enough and decided["median_s"] is not None else None,
        per_hour=n / decided["hours"] if is_enough else None,
        most_in_an_hour=decided.get("most_in_an_hour", 0),
        open_claims=claims,
        missed=Share(*(exercised or (0, 0)), FEWEST_EXERCISES),
        agreement=agreement_of_two(pairs) if pairs else _NONE,
    )


def _decided(organization: Organization, since: datetime) -> dict[int, dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_DECIDED, {"organization": organization.pk, "since": since})
        names = [column.name for column in cursor.description or ()]
        return {row[0]: dict(zip(names, row, strict=True)) for row in cursor.fetchall()}


def _exercised(organization: Organization, since: datetime) -> dict[int, tuple[int, int]]:
    """Return how many exercises each person let pass, of how many they answered."""
    answered = Canary.objects.filter(organization=organization, answered_at__gte=since, answered_by__isnull=False)
    counted = answered.order_by().values("answered_by").annotate(
        n=Count("pk"), missed=Count("pk", filter=Q(result=Canary.Result.MISSED))
    )  # fmt: skip
    return {row["answered_by"]: (row["missed"], row["n"]) for row in counted}


def _claims(organization: Organization) -> dict[int, int]:
    held = ApprovalRequest.objects.filter(organization=organization, state__in=OPEN, claimed_until__gt=now())
    return dict(held.order_by().values_list("claimed_by").annotate(n=Count("pk")))


def _looks(organization: Organization, since: datetime) -> list[SecondLook]:
    fields = ("why", "state", "first", "first_by_id", "second", "second_by_id", "third")
    done = SecondLook.objects.filter(organization=organization, second_at__gte=since)
    return list(done.only(*fields).order_by("-second_at")[:_MOST_PAIRS])


def _pairs(looks: Sequence[SecondLook]) -> dict[int, list[tuple[str, str]]]:
    """Return for each person what they and somebody else said of the same question."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for look in looks:
        if look.first_by_id is not None and look.second_by_id is not None:
            found[look.first_by_id].append((look.first, look.second))
            found[look.second_by_id].append((look.second, look.first))
    return found


def _right(look: SecondLook) -> str:
    """Return what holds after all: what a third settled, otherwise what the second said."""
    return look.third or look.second
