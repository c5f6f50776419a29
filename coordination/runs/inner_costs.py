"""What a run costs includes what the runs within it cost, also what turned out after their end, or after its own.

Of each run within it, a run keeps how much it has counted already, and takes the difference whenever it hears of it.
"""

from coordination.runs.loading import Loaded
from coordination.runs.models import CountedCost, Run, WorkItem, WorkKind


def count_inner(loaded: Loaded, step_key: str) -> int:
    """Add to a run what the runs of one of its steps cost since they were counted last, and return how much."""
    children = list(Run.objects.filter(parent_id=loaded.run.pk, parent_step=step_key).only("id", "cost_microusd"))
    counted = dict(CountedCost.objects.filter(run__in=children).values_list("run_id", "cost_microusd"))
    dearer = [child for child in children if child.cost_microusd != counted.get(child.pk, 0)]
    if not dearer:
        return 0
    CountedCost.objects.bulk_create(
        [CountedCost(run=child, cost_microusd=child.cost_microusd) for child in dearer],
        update_conflicts=True,
        update_fields=["cost_microusd"],
        unique_fields=["run"],
    )
    more = sum(child.cost_microusd - counted.get(child.pk, 0) for child in dearer)
    loaded.run.cost_microusd += more
    tell_above(loaded)
    return more


def tell_above(loaded: Loaded) -> None:
    """Let the run above one that has ended before count what it cost since: neither is locked under the other."""
    run = loaded.run
    if run.parent_id is not None and run.finished_at is not None:
        loaded.queue.added.append(
            WorkItem(
                organization_id=run.organization_id,
                run_id=run.parent_id,
                step_key=run.parent_step,
                attempt=run.parent_attempt,
                kind=WorkKind.CHILD_SPENT,
                priority=run.priority,
                due_at=loaded.at,
            )
        )
