"""How often each agent succeeded at what it can do, and how sure that is."""

from typing import Any

from django.db import connection

from coordination.engine.trust.intervals import wilson
from coordination.reports.dossier import Evidence, Fact, Picture, Scope, Table
from coordination.reports.evidence import words
from coordination.reports.evidence.drawing import intervals

# Every attempt counts for the agent that made it; a worker that died is no fault of the agent's.
_TRIED = """
    SELECT tried.value ->> 'agent', tried.value ->> 'version', step.capability, count(*),
        count(*) FILTER (WHERE tried.value ->> 'status' = 'succeeded'),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY took_s), percentile_cont(0.95) WITHIN GROUP (ORDER BY took_s)
    FROM runs_step AS step
    CROSS JOIN LATERAL jsonb_array_elements(step.attempts) AS tried
    CROSS JOIN LATERAL (SELECT extract(
        epoch FROM (tried.value ->> 'finished_at')::timestamptz - (tried.value ->> 'started_at')::timestamptz
    )::float8 AS took_s) AS worked
    WHERE step.organization_id = %(organization)s AND step.kind = 'agent'
        AND step.started_at >= %(since)s AND step.started_at < %(until)s
        AND tried.value ->> 'agent' IS NOT NULL AND tried.value ->> 'status' NOT IN ('lost', 'unused')
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
# With fewer attempts an interval says nothing.
_FEWEST = 20
_DRAWN = 24


def collect(scope: Scope) -> Evidence:
    """Count attempts and successes by agent, version and ability."""
    found = _tried(scope)
    tried = sum(row[3] for row in found)
    succeeded = sum(row[4] for row in found)
    thin = [row for row in found if row[3] < _FEWEST]
    bars = [
        (f"{agent} · {ability}", part / whole, *wilson(part, whole), f"n = {whole}")
        for agent, _, ability, whole, part, *_ in sorted(found, key=lambda row: -row[3])[:_DRAWN]
    ]
    gaps = [f"{len(thin)} of {len(found)} figures rest on fewer than {_FEWEST} attempts."] if thin else []
    return Evidence(
        title="How often agents succeed",
        says="Attempts in the period. Intervals are Wilson's at 95 %: the fewer attempts, the wider. Success means "
        "that the agent answered in the form that was asked; whether the answer was right is told by outcomes.",
        facts=(
            Fact("Attempts", words.count(tried)),
            Fact("Succeeded", words.share(succeeded, tried), words.between(*wilson(succeeded, tried)) if tried else ""),
        ),
        tables=(
            Table(
                "By agent and ability",
                ("Agent", "Version", "Ability", "Attempts", "Succeeded", "95 % interval", "Median", "95 % within"),
                [
                    (agent, f"v{version}", ability, words.count(whole), words.share(part, whole),
                     words.between(*wilson(part, whole)), words.took(middle), words.took(edge))
                    for agent, version, ability, whole, part, middle, edge in found
                ],
            ),
        ),
        pictures=[
            Picture(
                "Share of attempts that succeeded",
                "For each agent and ability a point for the share of attempts that succeeded, and a line for its 95 % "
                "interval; the table below has the figures.",
                intervals(bars),
            )
        ]
        if bars
        else [],
        gaps=gaps,
    )  # fmt: skip


def _tried(scope: Scope) -> list[tuple[Any, ...]]:
    parameters: dict[str, Any] = {"organization": scope.organization.pk, "since": scope.since, "until": scope.until}
    with connection.cursor() as cursor:
        cursor.execute(_TRIED, parameters)
        return list(cursor.fetchall())
