"""Find records, the newest first: the batches whose terms match, then the records in them; what is not sealed, by row.

A page costs a few statements whatever the log's size: a search that finds too little in what it may read says how far
it has looked, and goes on from there when asked to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL

from coordination.accounts.models import Organization
from coordination.audit import terms
from coordination.audit.models import BATCH, AuditBatch, AuditEvent
from coordination.audit.selectors.events import event_of
from coordination.audit.selectors.sealed import place_of, unsealed
from coordination.audit.selectors.wanted import Wanted

# So many records a page may look at, and so many are looked at together: few at first, for what is common.
MOST_LOOKED_AT = 20_000
_FIRST_LOOK, _LARGEST_LOOK = BATCH, 16 * BATCH
_FIRST_BATCHES = 16
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Placed:
    """A record with the number of its leaf and of the checkpoint it was sealed in; None while it is not sealed."""

    event: AuditEvent
    seq: int | None = None
    checkpoint: int | None = None

    @property
    def cursor(self) -> str:
        """Return where a page before or after this record begins."""
        return str(self.event.id if self.seq is None else self.seq)


@dataclass(frozen=True, slots=True)
class Found:
    """Records, the newest first; `newer` and `older` are cursors, empty where there is nothing more.

    `looked_to`: only so far back was looked, because there was much to look at; `older` goes on from there.
    """

    rows: list[Placed]
    newer: str = ""
    older: str = ""
    looked_to: datetime | None = None


def found(organization: Organization, wanted: Wanted, *, before: str = "", after: str = "", size: int = 25) -> Found:
    """Return the records before a cursor, or those after one; a cursor that leads nowhere is ignored."""
    search = _Search(organization, wanted, MOST_LOOKED_AT)
    here = _place(organization, after or before)
    if after and here is not None:
        rows = list(islice(search.newer(here, size + 1), size + 1))
        newer = rows[size - 1].cursor if len(rows) > size else search.stopped
        rows = rows[:size][::-1]
        return Found(rows, newer, rows[-1].cursor if rows else after)
    rows = list(islice(search.older(here), size + 1))
    newer = "" if here is None else rows[0].cursor if rows else before
    if len(rows) > size:
        return Found(rows[:size], newer, rows[size - 1].cursor)
    return Found(rows, newer, search.stopped, search.stopped_at)


def placed(organization: Organization, event_id: UUID) -> Placed:
    """Return one record with its place; raises NotFound."""
    event = event_of(organization, event_id)
    place = place_of(event)
    return Placed(event, place[1], place[0].number) if place else Placed(event)


def all_found(organization: Organization, wanted: Wanted) -> Iterator[Placed]:
    """Yield every record that matches, the newest first, in constant memory."""
    return _Search(organization, wanted, None).older(None)


def _place(organization: Organization, cursor: str) -> AuditEvent | int | None:
    """Return the leaf that a cursor names, or the record that is not sealed."""
    if cursor.isdecimal() and len(cursor) <= _MOST_DIGITS:
        return int(cursor)
    try:
        event = AuditEvent.objects.filter(organization=organization, pk=UUID(cursor)).first()
    except ValueError:
        return None
    sealed = place_of(event) if event else None
    return sealed[1] if sealed else event


class _Search:
    """One search; `stopped` is the cursor from which it would have had to look further."""

    def __init__(self, organization: Organization, wanted: Wanted, most: int | None) -> None:
        self._organization = organization
        self._wanted = wanted
        self._facets, self._words = wanted.facets, wanted.words
        self._conditions = [wanted.columns, *wanted.hints]
        self._must_read = bool(wanted.agent or wanted.decision or self._words)
        self._left = most
        self.stopped = ""
        self.stopped_at: datetime | None = None

    def older(self, here: AuditEvent | int | None) -> Iterator[Placed]:
        """Yield what was written before, the newest first."""
        # In this order: what is sealed in between is seen twice and told once, rather than not at all.
        told: set[UUID] = set()
        if not isinstance(here, int):
            for placed in self._waiting(here, is_older=True):
                told.add(placed.event.id)
                yield placed
        if not self.stopped:
            sealed = self._sealed(here if isinstance(here, int) else None, is_older=True)
            yield from (placed for placed in sealed if placed.event.id not in told)

    def newer(self, here: AuditEvent | int, most: int) -> Iterator[Placed]:
        """Yield what was written after, the oldest first."""
        waiting = list(islice(self._waiting(here if isinstance(here, AuditEvent) else None, is_older=False), most))
        told: set[UUID] = set()
        if isinstance(here, int):
            for placed in self._sealed(here, is_older=False):
                told.add(placed.event.id)
                yield placed
        if not self.stopped:
            yield from (placed for placed in waiting if placed.event.id not in told)

    def _waiting(self, here: AuditEvent | None, *, is_older: bool) -> Iterator[Placed]:
        """Yield the records beside `here` that no checkpoint covers yet."""
        order = ("-written_in", "-id") if is_older else ("written_in", "id")
        rows = unsealed(self._organization).filter(*self._conditions).order_by(*order)
        while True:
            beside = rows.filter(_beside(here, is_older=is_older)) if here else rows
            events = list(beside[:_LARGEST_LOOK])
            yield from (Placed(event) for event in events if self._is_wanted(event))
            if len(events) < _LARGEST_LOOK:
                return
            here = events[-1]
            if self._is_over(len(events), str(here.id), here.occurred_at):
                return

    def _sealed(self, here: int | None, *, is_older: bool) -> Iterator[Placed]:
        """Yield the sealed records before or after a leaf, batch by batch."""
        look, most = _FIRST_LOOK, _FIRST_BATCHES
        while True:
            some = list(self._batches(here, is_older=is_older)[:most])
            batches = _few(some, look)
            if not batches:
                return
            yield from self._records(batches, here, is_older=is_older)
            if len(batches) == len(some) < most:
                return
            last, looked_at = batches[-1], sum(len(batch.events) for batch in batches)
            here = last.first_seq if is_older else last.first_seq + len(last.events) - 1
            if self._is_over(looked_at, str(here), last.first_at):
                return
            look = min(2 * look, _LARGEST_LOOK)
            most = max(_FIRST_BATCHES, look * len(batches) // looked_at)

    def _batches(self, here: int | None, *, is_older: bool) -> QuerySet[AuditBatch]:
        """Return the batches that may hold what is wanted, in the order in which they are looked at."""
        batches = AuditBatch.objects.filter(organization=self._organization).select_related("checkpoint")
        if here is not None:
            batches = batches.filter(Q(first_seq__lt=here) if is_older else Q(first_seq__gt=here - BATCH))
        if self._wanted.since:
            batches = batches.filter(last_at__gte=self._wanted.since)
        if self._wanted.until:
            batches = batches.filter(first_at__lt=self._wanted.until)
        if self._facets or self._words:
            asked = _tsquery(self._facets, self._words)
            batches = batches.filter(RawSQL("audit_auditbatch.terms @@ %s::tsquery", [asked], BooleanField()))
        fields = ("first_seq", "events", "first_at", "checkpoint", "checkpoint__number")
        return batches.only(*fields).order_by("-first_seq" if is_older else "first_seq")

    def _records(self, batches: list[AuditBatch], here: int | None, *, is_older: bool) -> list[Placed]:
        """Return the records of batches that are wanted, in their order."""
        places = {
            event: (seq, batch.checkpoint.number)
            for batch in batches
            for seq, event in enumerate(batch.events, start=batch.first_seq)
            if here is None or (seq < here if is_older else seq > here)
        }
        among = RawSQL("audit_auditevent.id = ANY(%s::uuid[])", [[*places]], BooleanField())
        rows = AuditEvent.objects.filter(among).filter(*self._conditions)
        records = [Placed(event, *places[event.id]) for event in rows if self._is_wanted(event)]
        return sorted(records, key=lambda placed: places[placed.event.id], reverse=is_older)

    def _is_wanted(self, event: AuditEvent) -> bool:
        """Tell whether a record has all the terms itself; its columns were asked for."""
        if not self._must_read:
            return True
        own = terms.terms_of(event)
        return self._facets <= own and all(any(term.startswith(word) for term in own) for word in self._words)

    def _is_over(self, looked_at: int, cursor: str, at: datetime) -> bool:
        """Count what was looked at, and tell whether that was all a page may."""
        if self._left is None:
            return False
        self._left -= looked_at
        if self._left <= 0:
            self.stopped, self.stopped_at = cursor, at
        return self._left <= 0


def _beside(here: AuditEvent, *, is_older: bool) -> Q:
    """Return the condition of standing before or after a record that is not sealed."""
    if is_older:
        return Q(written_in__lt=here.written_in) | Q(written_in=here.written_in, id__lt=here.id)
    return Q(written_in__gt=here.written_in) | Q(written_in=here.written_in, id__gt=here.id)


def _few(batches: list[AuditBatch], most: int) -> list[AuditBatch]:
    """Return the first batches, until they hold so many records."""
    counted = 0
    for number, batch in enumerate(batches, start=1):
        counted += len(batch.events)
        if counted >= most:
            return batches[:number]
    return batches


def _tsquery(facets: set[str], words: list[str]) -> str:
    """Return what PostgreSQL is asked about the terms of a batch: all facets, and all words by their beginnings."""
    return " & ".join([*map(_quoted, sorted(facets)), *(f"{_quoted(word)}:*" for word in words)])


def _quoted(term: str) -> str:
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"
