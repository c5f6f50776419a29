"""What is to be done, by row: put in, reserve, keep. Celery's messages are only the doorbell."""

import json
import logging
import time
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from django.core.cache import cache
from django.db import connection, transaction
from redis.exceptions import ConnectionError  # noqa: A004  (Redis's own, which the cache raises)

from coordination.runs.jobs import WORK
from coordination.runs.models import WorkItem
from coordination.runs.turns import take_turns
from coordination.shared import alarm
from coordination.shared.clock import now
from coordination.shared.pipeline import execute, pipeline
from coordination.shared.writing import insert, write

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=6)
# The name under which `look_after` says that an organization stands still.
EVERYONE = "*"
# A doorbell that nobody answered within this time is rung again.
_RUNG_S = 1
_SOON_S = 5.0
_PAUSE_S = 0.005
_MOVED = ["step_key", "kind", "attempt", "pool", "worker", "until", "due_at", "agent_id", "blocked"]

# One worker at a time chooses, for a millisecond: two that chose the same would find half of nothing.
_ALONE = "SELECT pg_advisory_xact_lock(720341, hashtext(%s))"
# Nothing is lost with a reservation that a crash undoes, so it does not wait for the disk.
_UNHURRIED = "SET LOCAL synchronous_commit = off"
# By turns between organizations, chance says who is first; by priority within each, then by turns between its runs
# (`turns`). None that is halted.
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
        ORDER BY offered.turn, random() LIMIT %(most)s
    ) AS chosen
    WHERE item.id = chosen.id AND item.worker = ''
    RETURNING item.*
"""
_RENEW = "UPDATE runs_workitem SET until = %s WHERE worker = %s AND id = ANY(%s) RETURNING id"
# What a worker is busy with and still holds; and whether its agent, or all of its organization, was stopped meanwhile.
_LOOK = """
    SELECT item.id, CASE WHEN house.halted_at IS NOT NULL THEN '*' WHEN agent.status = 'suspended' THEN agent.name END
    FROM runs_workitem AS item
    JOIN accounts_organization AS house ON house.id = item.organization_id
    LEFT JOIN runs_step AS step ON step.run_id = item.run_id AND step.key = item.step_key
    LEFT JOIN agents_agent AS agent ON agent.organization_id = item.organization_id AND agent.name = step.agent
    WHERE item.worker = %s AND item.id = ANY(%s)
"""
_WAITING = """
    SELECT DISTINCT item.pool FROM runs_workitem AS item JOIN accounts_organization AS house
        ON house.id = item.organization_id AND house.halted_at IS NULL
    WHERE item.worker = '' AND item.due_at <= %s AND NOT item.blocked
"""
_MINE = "SELECT id, step_key, attempt FROM runs_workitem WHERE id = ANY(%s) AND worker = %s FOR UPDATE"
_REMOVE = "DELETE FROM runs_workitem WHERE id = ANY(%s)"
_CLOSE = """
    DELETE FROM runs_workitem WHERE (run_id, step_key) IN (
        SELECT run_id, step_key FROM jsonb_to_recordset(%s::jsonb) AS closed (run_id uuid, step_key text)
    ) AND kind IN ('perform', 'wake', 'timeout') AND id <> ALL(%s)
"""
# As many as have ended make room for as many, the most urgent first.
_UNBLOCK = """
    UPDATE runs_workitem SET blocked = false, agent_id = NULL WHERE id IN (
        SELECT id FROM runs_workitem WHERE agent_id = %s AND blocked ORDER BY priority DESC, id LIMIT %s
        FOR UPDATE SKIP LOCKED
    )
"""
# A call that ended unseen, with its run or its worker, makes room for one at the next sweep.
_UNBLOCK_STUCK = """
    UPDATE runs_workitem SET blocked = false, agent_id = NULL WHERE id IN (
        SELECT DISTINCT ON (agent_id) id FROM runs_workitem WHERE agent_id IS NOT NULL AND blocked
        ORDER BY agent_id, priority DESC, id
    )
"""
_WITHDRAW = "DELETE FROM runs_workitem WHERE run_id = ANY(%s) AND worker = '' AND kind = 'perform'"
_CLEAR = "DELETE FROM runs_workitem WHERE run_id = ANY(%s) AND kind NOT IN ('child-ended', 'child-spent')"


def reserve(worker: str, pool: str, most: int) -> list[WorkItem]:
    """Take at most so many items that are due; they are this worker's until their lease ends."""
    if most <= 0:
        return []
    moment = now()
    names: dict[str, Any] = {"worker": worker, "until": moment + LEASE, "pool": pool, "now": moment, "most": most}
    with transaction.atomic():
        with pipeline():
            execute(_UNHURRIED).close()
            execute(_ALONE, [pool]).close()
            cursor = execute(_RESERVE, names)
        with cursor:
            columns = [column.name for column in cursor.description or ()]
            found = [WorkItem(**dict(zip(columns, row, strict=True))) for row in cursor.fetchall()]
    return sorted(found, key=lambda item: (-item.priority, item.id))


def renew(worker: str, items: Collection[UUID]) -> set[UUID]:
    """Keep what the worker is busy with for another lease, and return it; what it holds in vain runs out."""
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, [now() + LEASE, worker, list(items)])
        return {row[0] for row in cursor.fetchall()}


def look_after(worker: str, items: Collection[UUID]) -> dict[UUID, str | None]:
    """Return what the worker still holds, and who was stopped at it: an agent by name, `EVERYONE`, or nobody."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, [worker, list(items)])
        return dict(cursor.fetchall())


class StillHeld:
    """Which items a worker still holds as it knows them: locked by a statement that may be sent with others.

    One that has moved on to another step is not held: it was moved by a transaction that this worker took for failed.
    """

    def __init__(self, items: Iterable[WorkItem], worker: str) -> None:
        self._known = {item.id: (item.step_key, item.attempt) for item in items}
        self._worker = worker
        self._sent: psycopg.Cursor[tuple[Any, ...]] | None = None

    def send(self) -> None:
        """Send the statement."""
        self._sent = execute(_MINE, [[*self._known], self._worker])

    def ids(self) -> set[UUID]:
        """Return the items."""
        rows = self._sent.fetchall() if self._sent is not None else []
        return {item_id for item_id, step_key, attempt in rows if self._known[item_id] == (step_key, attempt)}


def unblock_stuck() -> None:
    """Let one step try again for each agent that steps wait for."""
    with connection.cursor() as cursor:
        cursor.execute(_UNBLOCK_STUCK)


def waiting_pools() -> list[str]:
    """Return the pools that have something due which nobody holds, halted organizations aside."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [now()])
        return [row[0] for row in cursor.fetchall()]


def ring(pool: str) -> None:
    """Tell a worker of the pool, once the transaction has committed, that there is something to do."""
    transaction.on_commit(lambda: _ring_soon(pool), robust=True)


def _ring_soon(pool: str) -> None:
    """Ring now, or in a moment if this process rang just now: a hundred starts in a row need no hundred rings."""
    moment = time.monotonic()
    if moment > _rang.get(pool, 0.0) + _PAUSE_S:
        _rang[pool] = moment
        ring_now(pool)
    elif moment > _rang[pool]:
        _rang[pool] += _PAUSE_S
        alarm.after(_rang[pool] - moment, lambda: ring_now(pool))


_rang: dict[str, float] = {}


def ring_now(pool: str) -> None:
    """Tell a worker of the pool that there is something to do, unless one was told and has not looked yet."""
    try:
        if not cache.add(_bell(pool), 1, _RUNG_S):
            return
    except ConnectionError:
        logger.warning("Redis is away; the sweep rings when it is back.")
        return
    WORK.on(pool).now()


def ring_at(pool: str, due_at: datetime) -> None:
    """Ring, once the transaction has committed, when something is due that the next sweep would find late."""
    wait_s = (due_at - now()).total_seconds()
    if wait_s < _SOON_S:
        transaction.on_commit(lambda: alarm.after(wait_s, lambda: ring_now(pool)), robust=True)


def answer(pool: str) -> None:
    """Say that a worker is about to look: what is put in from now on is rung for again."""
    try:
        cache.delete(_bell(pool))
    except ConnectionError:
        logger.warning("Redis is away; rings may be missed until the next sweep.")


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
    # Limited agents, once for each call that has ended, and the pool that they work in.
    freed: list[tuple[UUID, str]] = field(default_factory=list)

    def extend(self, other: "Changes") -> None:
        """Take another run's changes in."""
        for name in ("added", "moved", "removed", "closed", "cleared", "withdrawn", "freed"):
            getattr(self, name).extend(getattr(other, name))

    def write(self) -> None:
        """Write them, the removals first; call it inside a pipeline. Rings for what is due now."""
        if self.cleared:
            execute(_CLEAR, [self.cleared]).close()
        if self.withdrawn:
            execute(_WITHDRAW, [self.withdrawn]).close()
        if self.closed:
            steps = [{"run_id": str(run_id), "step_key": key} for run_id, key in self.closed]
            # An item of such a step may have gone on to the next: a pause that has ended begins what comes after it.
            execute(_CLOSE, [json.dumps(steps), [item.id for item in self.moved]]).close()
        if self.removed:
            execute(_REMOVE, [self.removed]).close()
        write(self.moved, _MOVED)
        take_turns(self.added, now())
        insert(self.added)
        for (agent_id, pool), count in Counter(self.freed).items():
            execute(_UNBLOCK, [agent_id, count]).close()
            ring(pool)
        moment = now()
        free = [item for item in (*self.added, *self.moved) if not item.worker and not item.blocked]
        for pool in {item.pool for item in free if item.due_at <= moment}:
            ring(pool)
        for pool, due_at in {(item.pool, item.due_at) for item in free if item.due_at > moment}:
            ring_at(pool, due_at)
