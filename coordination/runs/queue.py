"""What is to be done, by row: put in, reserve, keep, give back. Celery's messages are only the doorbell."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import connection, transaction

from coordination.runs.jobs import WORK
from coordination.runs.models import WorkItem
from coordination.shared.clock import now
from coordination.shared.pipeline import execute
from coordination.shared.writing import insert, write

LEASE = timedelta(seconds=6)
# A doorbell that nobody answered within this time is rung again.
_RUNG_S = 1
_MOVED = ["step_key", "kind", "attempt", "pool", "worker", "until", "due_at", "agent_id", "blocked"]

# One worker at a time chooses, for a millisecond: two that chose the same would find half of nothing.
_ALONE = "SELECT pg_advisory_xact_lock(720341, hashtext(%s))"
# Nothing is lost with a reservation that a crash undoes, so it does not wait for the disk.
_UNHURRIED = "SET LOCAL synchronous_commit = off"
# By turns between organizations and between the runs of one, by priority within each; none that is halted.
_RESERVE = """
    UPDATE runs_workitem AS item SET worker = %(worker)s, until = %(until)s
    FROM (
        SELECT offered.id FROM accounts_organization AS house CROSS JOIN LATERAL (
            SELECT id, row_number() OVER (ORDER BY priority DESC, id) AS turn FROM (
                SELECT id, priority FROM runs_workitem
                WHERE worker = '' AND pool = %(pool)s AND organization_id = house.id
                    AND due_at <= %(now)s AND NOT blocked
                ORDER BY priority DESC, id LIMIT %(most)s
            ) AS first
        ) AS offered
        WHERE house.halted_at IS NULL
        ORDER BY offered.turn, offered.id LIMIT %(most)s
    ) AS chosen
    WHERE item.id = chosen.id AND item.worker = ''
    RETURNING item.*
"""
_RENEW = "UPDATE runs_workitem SET until = %s WHERE worker = %s RETURNING id"
_GIVE_BACK = "UPDATE runs_workitem SET worker = '', until = NULL WHERE id = ANY(%s) AND worker = %s"
_WAITING = """
    SELECT DISTINCT item.pool FROM runs_workitem AS item JOIN accounts_organization AS house
        ON house.id = item.organization_id AND house.halted_at IS NULL
    WHERE item.worker = '' AND item.due_at <= %s AND NOT item.blocked
"""
_MINE = "SELECT id FROM runs_workitem WHERE id = ANY(%s) AND worker = %s FOR UPDATE"
_REMOVE = "DELETE FROM runs_workitem WHERE id = ANY(%s)"
_CLOSE = """
    DELETE FROM runs_workitem WHERE (run_id, step_key) IN (
        SELECT run_id, step_key FROM jsonb_to_recordset(%s::jsonb) AS closed (run_id uuid, step_key text)
    ) AND kind IN ('perform', 'wake', 'timeout')
"""
_WITHDRAW = "DELETE FROM runs_workitem WHERE run_id = ANY(%s) AND worker = '' AND kind = 'perform'"
_CLEAR = "DELETE FROM runs_workitem WHERE run_id = ANY(%s)"


def reserve(worker: str, pool: str, most: int) -> list[WorkItem]:
    """Take at most so many items that are due; they are this worker's until their lease ends."""
    if most <= 0:
        return []
    moment = now()
    names: dict[str, Any] = {"worker": worker, "until": moment + LEASE, "pool": pool, "now": moment, "most": most}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_UNHURRIED)
        cursor.execute(_ALONE, [pool])
        cursor.execute(_RESERVE, names)
        columns = [column.name for column in cursor.description or ()]
        found = [WorkItem(**dict(zip(columns, row, strict=True))) for row in cursor.fetchall()]
    return sorted(found, key=lambda item: (-item.priority, item.id))


def renew(worker: str) -> set[UUID]:
    """Keep what the worker holds for another lease, and return it."""
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, [now() + LEASE, worker])
        return {row[0] for row in cursor.fetchall()}


def give_back(items: Iterable[WorkItem], worker: str) -> None:
    """Let others have what was reserved."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, [[item.id for item in items], worker])


def still_held(items: Iterable[WorkItem], worker: str) -> set[UUID]:
    """Return which of the items the worker still holds, locked."""
    with connection.cursor() as cursor:
        cursor.execute(_MINE, [[item.id for item in items], worker])
        return {row[0] for row in cursor.fetchall()}


def waiting_pools() -> list[str]:
    """Return the pools that have something due which nobody holds, halted organizations aside."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [now()])
        return [row[0] for row in cursor.fetchall()]


def ring(pool: str) -> None:
    """Tell a worker of the pool, once the transaction has committed, that there is something to do."""
    transaction.on_commit(lambda: ring_now(pool), robust=True)


def ring_now(pool: str) -> None:
    """Tell a worker of the pool that there is something to do, unless one was told and has not looked yet."""
    if cache.add(_bell(pool), 1, _RUNG_S):
        WORK.on(pool).now()


def answer(pool: str) -> None:
    """Say that a worker is about to look: what is put in from now on is rung for again."""
    cache.delete(_bell(pool))


def _bell(pool: str) -> str:
    return f"bell-{pool}"


@dataclass(slots=True)
class Changes:
    """What one transaction does to the queue of its runs."""

    added: list[WorkItem] = field(default_factory=list)
    moved: list[WorkItem] = field(default_factory=list)
    removed: list[UUID] = field(default_factory=list)
    # Steps that need nobody any more, and runs that have ended.
    closed: list[tuple[UUID, str]] = field(default_factory=list)
    cleared: list[UUID] = field(default_factory=list)
    # Runs that are paused: what nobody has begun is offered again when they go on.
    withdrawn: list[UUID] = field(default_factory=list)

    def extend(self, other: "Changes") -> None:
        """Take another run's changes in."""
        for name in ("added", "moved", "removed", "closed", "cleared", "withdrawn"):
            getattr(self, name).extend(getattr(other, name))

    def write(self) -> None:
        """Write them, the removals first; call it inside a pipeline. Rings for what is due now."""
        if self.cleared:
            execute(_CLEAR, [self.cleared]).close()
        if self.withdrawn:
            execute(_WITHDRAW, [self.withdrawn]).close()
        if self.closed:
            steps = [{"run_id": str(run_id), "step_key": key} for run_id, key in self.closed]
            execute(_CLOSE, [json.dumps(steps)]).close()
        if self.removed:
            execute(_REMOVE, [self.removed]).close()
        write(self.moved, _MOVED)
        insert(self.added)
        moment = now()
        for pool in {item.pool for item in (*self.added, *self.moved) if not item.worker and item.due_at <= moment}:
            ring(pool)
