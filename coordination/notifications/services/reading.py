"""Read the audit log for what people should know.

A record is written in the transaction of what it tells, so that it is the letter to people too: nothing is told that
did not happen, nothing that happened is lost, and whoever acts pays nothing for it. Read here is what is committed, in
the order of transactions, as the sealer does; the place that was reached moves in the transaction that tells.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from coordination.audit.models import AuditEvent
from coordination.audit.transactions import Moment, has_news, is_alone, moment_now
from coordination.notifications.models import RecordReader
from coordination.notifications.selectors.wishes import topics_wanted
from coordination.notifications.services.telling import tell
from coordination.notifications.telling import kinds
from coordination.shared.clock import now
from coordination.shared.ids import new_id_at

# So many records are told of in one transaction, and no more than those of one transaction that wrote more.
MOST = 1_000
# Clocks of several machines differ, and a record is as old as its transaction was when it wrote it.
_BACK = timedelta(minutes=5)
_LOCK = 0x5EA2


def read_records() -> int:
    """Tell people what was committed since the last time; return how many records that were, 0 while another reads."""
    return _read() if has_news(RecordReader, "read_below") else 0


@transaction.atomic
def _read() -> int:
    if not is_alone(_LOCK):
        return 0
    reader = RecordReader.objects.get_or_create(pk=1)[0]
    moment = moment_now()
    came_along = bool(reader.system_id) and reader.system_id != moment.system_id
    if came_along:
        _begin_anew(reader)
    records, below = _unread(reader, moment, came_along=came_along)
    tell(records)
    reader.read_below, reader.system_id, reader.read_at = below, moment.system_id, now()
    reader.save()
    return len(records)


def _begin_anew(reader: RecordReader) -> None:
    """Begin where the last reading was by the clock: in this cluster transactions have other numbers.

    What is read twice is told once.
    """
    reader.read_below = 0
    if reader.read_at is not None:
        reader.floor = new_id_at(int((reader.read_at - _BACK).timestamp()) * 1_000_000_000)


def _unread(reader: RecordReader, moment: Moment, *, came_along: bool) -> tuple[list[AuditEvent], int]:
    """Return the records to tell of now, oldest transaction first, and the mark below which all are read."""
    below = moment.oldest_running
    new = Q(written_in__gte=reader.read_below, written_in__lt=below)
    if came_along:
        # Numbers that this cluster has not given came along with their records.
        new |= Q(written_in__gte=moment.next)
    found = AuditEvent.objects.filter(new, kind__in=kinds(topics_wanted())).order_by("written_in", "id")
    if reader.floor is not None:
        found = found.filter(pk__gte=reader.floor)
    if came_along:
        return list(found), below
    records = list(found[: MOST + 1])
    if len(records) <= MOST:
        return records, below
    # The last transaction's records may be cut: they come with the next pass, unless there are no others.
    last = records[-1].written_in
    whole = [record for record in records if record.written_in < last]
    return (whole, last) if whole else (list(found.filter(written_in=last)), last + 1)
