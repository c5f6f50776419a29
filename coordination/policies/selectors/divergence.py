"""What a version that is tried out would have decided otherwise, over time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from coordination.policies.models import PolicyDecision, PolicyVersion
from coordination.shared.clock import now

LONGEST: Final = timedelta(days=90)
_BY_THE_HOUR: Final = timedelta(days=3)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_STRICTNESS = "array_position(ARRAY['allow', 'require_approval', 'deny'], {})"
_BEFORE, _AFTER = _STRICTNESS.format("decision.outcome::text"), _STRICTNESS.format("tried ->> 'outcome'")
# Text of our own alone is put together here; values are bound.
_SERIES = f"""
    SELECT date_trunc(%(every)s, decision.created_at, 'UTC'), count(*),
        count(*) FILTER (WHERE tried -> 'results' @> '[{{"result": true}}]'),
        count(*) FILTER (WHERE {_AFTER} > {_BEFORE}),
        count(*) FILTER (WHERE {_AFTER} < {_BEFORE}),
        count(*) FILTER (WHERE tried -> 'results' @> '[{{"result": "error"}}]')
    FROM policies_policydecision AS decision CROSS JOIN LATERAL jsonb_array_elements(decision.shadows) AS tried
    WHERE decision.organization_id = %(organization)s AND decision.created_at >= %(since)s AND decision.shadows <> '[]'
        AND tried ->> 'policy' = %(policy)s AND (tried ->> 'version')::int = %(version)s
    GROUP BY 1 ORDER BY 1
"""  # noqa: S608
_DIVERGED = """EXISTS (
    SELECT 1 FROM jsonb_array_elements("policies_policydecision"."shadows") AS tried
    WHERE tried ->> 'policy' = %s AND (tried ->> 'version')::int = %s
        AND tried ->> 'outcome' <> "policies_policydecision"."outcome"
)"""


@dataclass(frozen=True, slots=True)
class Point:
    """One hour or day: how often the version was judged beside the rules in force, and what came of it."""

    at: datetime
    judged: int = 0
    matched: int = 0
    stricter: int = 0
    looser: int = 0
    errors: int = 0

    @property
    def diverged(self) -> int:
        """Return how often it would have been decided otherwise."""
        return self.stricter + self.looser


@dataclass(frozen=True, slots=True)
class Divergence:
    """The points since the version is tried out, one for each hour or day, and all of them together."""

    since: datetime
    points: tuple[Point, ...]
    whole: Point


def divergence(version: PolicyVersion, since: datetime | None = None) -> Divergence:
    """Return where a version would have decided otherwise, since it is tried out unless told otherwise.

    By the hour for three days, then by the day; hours and days in which nothing happened are points too.
    """
    until = now()
    since = max(since or version.status_at or version.created_at, until - LONGEST)
    every, step = ("hour", _HOUR) if until - since <= _BY_THE_HOUR else ("day", _DAY)
    asked: dict[str, Any] = {
        "every": every,
        "organization": version.policy.organization_id,
        "since": since,
        "policy": version.policy.name,
        "version": version.number,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SERIES, asked)
        found = {row[0]: Point(*row) for row in cursor.fetchall()}
    first = since.replace(hour=since.hour if step == _HOUR else 0, minute=0, second=0, microsecond=0)
    moments = [first + step * n for n in range(int((until - first) / step) + 1)]
    points = tuple(found.get(moment) or Point(moment) for moment in moments)
    return Divergence(since, points, _together(since, points))


def diverged(version: PolicyVersion) -> QuerySet[PolicyDecision]:
    """Return the decisions that the version would have taken otherwise, newest first."""
    otherwise = RawSQL(_DIVERGED, [version.policy.name, version.number], output_field=BooleanField())  # noqa: S611
    found = PolicyDecision.objects.filter(otherwise, organization=version.policy.organization_id)
    return found.exclude(shadows=[]).order_by("-id")


def _together(since: datetime, points: tuple[Point, ...]) -> Point:
    return Point(
        since,
        judged=sum(point.judged for point in points),
        matched=sum(point.matched for point in points),
        stricter=sum(point.stricter for point in points),
        looser=sum(point.looser for point in points),
        errors=sum(point.errors for point in points),
    )
