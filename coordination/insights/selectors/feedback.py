"""What became of what somebody approved."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from coordination.accounts.models import Organization
from coordination.engine.trust.intervals import wilson
from coordination.risk.models import Why

# With fewer, a share says more about chance than about a person.
FEWEST: Final = 20
MOST_LATEST: Final = 20
# That a person corrected or refused an action is no fault of who approved it afterwards.
_APPROVED = """
    WITH approved AS MATERIALIZED (
        SELECT said.actor_id, said.created_at, request.id, request.title, request.risk_band,
            substr(request.subject, 5, 36)::uuid AS run_id, substr(request.subject, 47) AS step_key
        FROM approvals_approvaldecision AS said
            JOIN approvals_approvalrequest AS request ON request.id = said.request_id
        WHERE request.organization_id = %(organization)s AND said.created_at >= %(since)s
            AND said.verdict = 'approve' AND said.is_counted AND request.state = 'consumed'
            AND request.subject ~ '^run:[0-9a-f-]{36}/step:' AND NOT request.is_synthetic
    ), became AS (
        SELECT approved.*, outcome.why, outcome.marked_reason, outcome.happened_at,
            outcome.is_wrong AND outcome.why NOT IN ('edited', 'rejected') AS is_wrong
        FROM approved JOIN risk_outcome AS outcome
            ON outcome.run_id = approved.run_id AND outcome.step_key = approved.step_key AND outcome.kind = 'act'
                AND outcome.organization_id = %(organization)s
    )
"""
_BY_PERSON = "SELECT actor_id, count(*), count(*) FILTER (WHERE is_wrong) FROM became GROUP BY actor_id"
_OF_ONE = """
    SELECT id, title, risk_band, is_wrong, why, marked_reason, happened_at FROM became
    WHERE actor_id = %(person)s ORDER BY is_wrong DESC, happened_at DESC LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Of so many things that somebody approved it is known what became of them; so many went wrong."""

    n: int = 0
    n_wrong: int = 0

    @property
    def share(self) -> float | None:
        """Return how many went wrong; None where too few are known."""
        return self.n_wrong / self.n if self.n >= FEWEST else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return between what that share lies (Wilson, 95 %)."""
        return wilson(self.n_wrong, self.n) if self.n >= FEWEST else None


@dataclass(frozen=True, slots=True)
class Became:
    """What became of one thing that somebody approved; `why` says what shows that it was wrong."""

    request_id: UUID
    title: str
    risk_band: str
    is_wrong: bool
    why: str
    happened_at: datetime


def outcomes_by_reviewer(organization: Organization, since: datetime) -> dict[int, Outcomes]:
    """Return, by person, how much of what they approved went wrong; one statement."""
    rows = _rows(_BY_PERSON, organization=organization.pk, since=since)
    return {person: Outcomes(n, wrong) for person, n, wrong in rows}


def became_of(organization: Organization, user_id: int, since: datetime) -> list[Became]:
    """Return what became of what somebody approved, what went wrong first; one statement."""
    rows = _rows(_OF_ONE, organization=organization.pk, since=since, person=user_id, most=MOST_LATEST)
    return [
        Became(request_id, title, band, is_wrong, (reason or Why(why).label) if is_wrong else "", at)
        for request_id, title, band, is_wrong, why, reason, at in rows
    ]


def _rows(statement: str, **given: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        # Both are constants of this module.
        cursor.execute(_APPROVED + statement, given)
        return list(cursor.fetchall())
