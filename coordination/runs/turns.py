"""Whose turn is it among the runs of one organization? What waits is ordered by its identifier, which tells a time.

Of what a run puts into the queue all at once, each item has its turn a second after the one before. So another run that
comes meanwhile has its turn in between, and does not wait until a long map is over; and as time goes on, every item of
the map comes before what is newer, so that many short runs do not keep it waiting for ever either.

Source: start-time fair queueing (Goyal, Vin and Cheng, 1996), with the time of the day as the virtual time.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from coordination.runs.models import WorkItem, WorkKind
from coordination.shared.ids import moment_of, new_id_at
from coordination.shared.pipeline import execute

# So few of one run at once are over in a moment.
_FEW = 8
_APART_NS = 1_000_000_000
_FIRST = """
    SELECT id FROM runs_workitem
    WHERE worker = '' AND pool = %s AND organization_id = %s AND priority = %s AND due_at <= %s AND NOT blocked
    ORDER BY id LIMIT 1
"""


def take_turns(added: Iterable[WorkItem], at: datetime) -> None:
    """Give what each run puts in at once its turns; a run that puts in little has its turn at once."""
    groups: dict[tuple[UUID, str], list[WorkItem]] = {}
    for item in added:
        if item.kind == WorkKind.PERFORM and not item.worker:
            groups.setdefault((item.run_id, item.pool), []).append(item)
    for items in groups.values():
        if len(items) > _FEW:
            first = _first_turn(items[0], at)
            for place, item in enumerate(items):
                item.id = new_id_at(first + place * _APART_NS)


def _first_turn(item: WorkItem, at: datetime) -> int:
    """Return the turn that is next in an item's queue, in nanoseconds since 1970: who comes later begins no earlier."""
    present = int(at.timestamp() * _APART_NS)
    with execute(_FIRST, [item.pool, item.organization_id, item.priority, at]) as cursor:
        row = cursor.fetchone()
    return max(present, moment_of(row[0])) if row else present
