"""What must be true in the end, whatever happened."""

from collections.abc import Iterator

from coordination.audit.models import AuditEvent
from coordination.audit.services import verify
from coordination.engine.flow.budget import NOTHING
from coordination.engine.flow.state import RUN_ENDED
from coordination.runs.models import Purse, Run, ToolCall, WorkItem
from tests.integration.examples.test_replay import check_replay

# After these, steps may well succeed once more: people or an escalation began them anew.
_ANEW = {"StepRepeated", "StepApproved"}


def broken() -> Iterator[str]:
    """Yield a sentence for everything that is not as it should be."""
    for run in Run.objects.exclude(status__in=RUN_ENDED):
        yield f"run {run.pk} of {run.workflow_name} is still {run.status}"
    if left := WorkItem.objects.count():
        yield f"{left} things are still to be done"
    for call in ToolCall.objects.filter(status="released"):
        yield f"nobody knows what became of {call.idempotency_key}"
    for purse in Purse.objects.all():
        if purse.reserved != NOTHING:
            yield f"{purse.scope} still puts aside {purse.reserved}"
    for run in Run.objects.filter(status__in=RUN_ENDED):
        yield from _about(run)
    bad = verify().first_bad
    if bad is not None:
        yield f"the audit log is broken at {bad}"


def _about(run: Run) -> Iterator[str]:
    if run.steps_done != run.steps_total:
        yield f"run {run.pk} has ended with {run.steps_done} of {run.steps_total} steps"
    succeeded: set[str] = set()
    for event in AuditEvent.objects.filter(stream=f"run:{run.pk}").order_by("stream_no"):
        if event.kind in _ANEW:
            succeeded.clear()
        elif event.kind == "StepSucceeded" and event.object in succeeded:
            yield f"{event.object} succeeded twice"
        elif event.kind == "StepSucceeded":
            succeeded.add(event.object)
    try:
        check_replay(run)
    except Exception as error:  # noqa: BLE001  (whatever is wrong with one run, the others are looked at too)
        yield f"run {run.pk} does not replay: {type(error).__name__} {str(error)[:300]}"
