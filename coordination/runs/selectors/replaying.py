"""A run as it was: its records, replayed up to one of them through the machine that wrote them."""

from datetime import datetime

from django.db.models import QuerySet

from coordination.audit.models import AuditEvent
from coordination.audit.selectors import heads, history, uncovered
from coordination.engine.flow.machine import ImpossibleEvent
from coordination.engine.flow.replay import replay
from coordination.engine.flow.state import RunState
from coordination.runs.errors import TooLongToReplay
from coordination.runs.loading import about_of, stream_of
from coordination.runs.models import Run
from coordination.runs.selectors.past import Past, run_then
from coordination.runs.selectors.trace import Trace
from coordination.workflows.selectors import plan_of

# Replaying these takes about two seconds; a map of 10,000 items leaves some 20,000.
MOST_RECORDS = 50_000
_AT_A_TIME = 2_000
# What a value that the record left out, and nobody has any more, makes of what follows from it.
_ASTRAY = (ImpossibleEvent, KeyError, TypeError)


def run_at(run: Run, at: int | datetime) -> Past:
    """Return the run as it was after one of its records, or at a moment; raises TooLongToReplay."""
    length = length_of(run)
    number = min(_wanted(run, at), length)
    if number > MOST_RECORDS:
        raise TooLongToReplay(most=MOST_RECORDS)
    trace, gap = Trace(run), None
    try:
        state = _replayed(run, trace, number)
    except _ASTRAY:
        # The record that did not fit is the last that was read: what is known for sure ends before it.
        number = gap = trace.number - 1
        trace = Trace(run)
        state = _replayed(run, trace, number)
    record = next(iter(uncovered(records_of(run).filter(stream_no=number))), None)
    gap = trace.gap if trace.gap is not None else gap
    return Past(run_then(run, state, trace), record, number, length, gap, state, trace)


def records_of(run: Run) -> QuerySet[AuditEvent]:
    """Return a run's records in the order they were written."""
    return history(run.organization, stream_of(run.pk))


def length_of(run: Run) -> int:
    """Return how many records a run has."""
    head = heads(run.organization).filter(name=stream_of(run.pk)).first()
    return head.length if head else 0


def _wanted(run: Run, at: int | datetime) -> int:
    if isinstance(at, int):
        return max(0, at)
    before = records_of(run).filter(occurred_at__lte=at)
    return before.order_by("-stream_no").values_list("stream_no", flat=True).first() or 0


def _replayed(run: Run, trace: Trace, number: int) -> RunState:
    records = records_of(run).filter(stream_no__lte=number)
    rows = records.values_list("stream_no", "kind", "object", "occurred_at", "body")
    return replay(plan_of(run.workflow_version_id), run.input, about_of(run), trace.follow(rows.iterator(_AT_A_TIME)))
