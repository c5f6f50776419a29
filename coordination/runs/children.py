"""What the machine asks for about many children of a step at once, done in the database."""

from coordination.engine.flow import events as ev
from coordination.engine.flow.graph import undo_key
from coordination.engine.flow.state import StepStatus
from coordination.runs.loading import Loaded
from coordination.runs.models import NEWS, Step, WorkItem


def change_children(loaded: Loaded, effect: ev.CancelRest | ev.RestorePending | ev.DropChildren) -> None:
    """Cancel, restore or delete children of a step, also those that were never read."""
    children = Step.objects.filter(run_id=loaded.run.pk, parent=effect.step)
    # What is remembered of the run does not show this: the next transaction reads it afresh.
    loaded.outdated = True
    match effect:
        case ev.CancelRest():
            children.filter(status=StepStatus.PENDING).update(status=StepStatus.CANCELLED, finished_at=loaded.at)
        case ev.RestorePending(_, opened):
            cut_off = children.filter(status=StepStatus.CANCELLED, index__gte=opened)
            cut_off.update(status=StepStatus.PENDING, finished_at=None)
        case ev.DropChildren(step):
            gone = [*children.values_list("key", flat=True), undo_key(step)]
            WorkItem.objects.filter(run_id=loaded.run.pk, step_key__in=gone).exclude(kind__in=NEWS).delete()
            Step.objects.filter(run_id=loaded.run.pk, key__in=gone).delete()
