"""Which agents worked on a run: one line for each agent and step, whatever the number of its items."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from coordination.engine.flow.state import StepStatus
from coordination.runs.models import Run, Step

# A map has up to 10,000 items: the database adds up what was done on them.
_ON_CHILDREN = """
    SELECT step.parent, tried.value ->> 'agent', (tried.value ->> 'version')::int, max(step.agent_role),
        max(step.capability), count(*), count(*) FILTER (WHERE tried.value ->> 'status' NOT IN ('succeeded', 'unused')),
        coalesce(sum(extract(
            epoch FROM (tried.value ->> 'finished_at')::timestamptz - (tried.value ->> 'started_at')::timestamptz
        )), 0)::float8, coalesce(sum((tried.value ->> 'cost_microusd')::bigint), 0)::bigint,
        avg((tried.value ->> 'confidence')::float8), min((tried.value ->> 'started_at')::timestamptz),
        max((tried.value ->> 'finished_at')::timestamptz)
    FROM runs_step AS step CROSS JOIN LATERAL jsonb_array_elements(step.attempts) AS tried
    WHERE step.run_id = %(run)s AND step.parent <> '' AND step.kind = 'agent' AND tried.value ->> 'agent' <> ''
        AND (%(until)s::timestamptz IS NULL OR (tried.value ->> 'finished_at')::timestamptz <= %(until)s)
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""

# Of an agent that answered when nobody waited any longer, nobody knows what its answer was worth.
_WITHOUT_FAULT = ("succeeded", "unused")


@dataclass(frozen=True, slots=True)
class Activation:
    """One agent's work on one step, its items included; `why` is what it was called for.

    `worked_s` adds up all attempts, `confidence` is that of the last, or of items their mean.
    """

    agent: str
    version: int | None
    role: str
    step: str
    why: str
    worked_s: float
    attempts: int
    n_failed: int
    status: str
    confidence: float | None
    cost_microusd: int
    rationale: str
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def failed(self) -> bool:
        """Tell whether nothing came of it."""
        return 0 < self.attempts == self.n_failed


def activations(run: Run, steps: Iterable[Step], until: datetime | None = None) -> list[Activation]:
    """Return who worked on a run, in the order of its steps; with `until`, whose work on items had ended by then."""
    inside = _on_children(run, until)
    found = []
    for step in steps:
        found += _on_step(step) + [_activation(step, *row) for row in inside.get(step.key, [])]
    return found


def _on_children(run: Run, until: datetime | None) -> dict[str, list[tuple[Any, ...]]]:
    with connection.cursor() as cursor:
        cursor.execute(_ON_CHILDREN, {"run": run.pk, "until": until})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    found: dict[str, list[tuple[Any, ...]]] = {}
    for parent, *rest in rows:
        found.setdefault(parent, []).append(tuple(rest))
    return found


def _activation(
    step: Step,
    agent: str,
    version: int | None,
    role: str,
    capability: str,
    attempts: int,
    n_failed: int,
    worked_s: float,
    cost: int,
    confidence: float | None,
    started_at: datetime,
    finished_at: datetime,
) -> Activation:
    return Activation(
        agent=agent,
        version=version,
        role=role,
        step=step.key,
        why=_why(step, capability),
        worked_s=worked_s,
        attempts=attempts,
        n_failed=n_failed,
        status=StepStatus.FAILED if n_failed == attempts else StepStatus.SUCCEEDED,
        confidence=confidence,
        cost_microusd=cost,
        rationale="",
        started_at=started_at,
        finished_at=finished_at,
    )


def _on_step(step: Step) -> list[Activation]:
    """Return one line per agent that tried the step itself, the one that works on it now included."""
    if step.kind != "agent":
        return []
    tried: dict[tuple[str, int | None], list[dict[str, Any]]] = {}
    for attempt in step.attempts:
        tried.setdefault((attempt["agent"], attempt["version"]), []).append(attempt)
    if step.status == StepStatus.RUNNING and step.agent:
        tried.setdefault((step.agent, step.agent_version), [])
    return [_by_one(step, agent, version, attempts) for (agent, version), attempts in tried.items()]


def _by_one(step: Step, agent: str, version: int | None, attempts: list[dict[str, Any]]) -> Activation:
    present = agent == step.agent
    last = attempts[-1] if attempts else {}
    return Activation(
        agent=agent,
        version=version,
        role=step.agent_role if present else "",
        step=step.key,
        why=_why(step, step.capability),
        worked_s=sum(_worked_s(attempt) for attempt in attempts),
        attempts=len(attempts) or 1,
        n_failed=sum(attempt["status"] not in _WITHOUT_FAULT for attempt in attempts),
        status=step.status if present else last.get("status", ""),
        confidence=last.get("confidence"),
        cost_microusd=sum(attempt.get("cost_microusd") or 0 for attempt in attempts),
        rationale=step.rationale if present else (last.get("error") or {}).get("message", ""),
        started_at=_moment(attempts[0]["started_at"]) if attempts else step.started_at,
        finished_at=_moment(last["finished_at"]) if last else None,
    )


def _why(step: Step, capability: str) -> str:
    return f"{step.title or step.key}: {capability or 'chosen by name'}"


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _worked_s(attempt: dict[str, Any]) -> float:
    started, finished = _moment(attempt["started_at"]), _moment(attempt["finished_at"])
    return (finished - started).total_seconds() if started and finished else 0.0
