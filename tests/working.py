"""A worker for tests: it does in this thread, one thing after the other, what Celery's workers do."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from coordination.approvals.models import ApprovalRequest
from coordination.runs.models import Run, WorkItem
from coordination.runs.performing import perform
from coordination.runs.queue import LEASE
from coordination.runs.services import take_held
from coordination.runs.services.advancing import Advancer, Finished
from coordination.runs.services.claiming import Hand
from coordination.runs.work import Outcome, Work
from coordination.shared.clock import now

NAME = "test"


class Held:
    """Work that a test has claimed and may finish when it likes."""

    def __init__(self, item: WorkItem, work: Work, worker: str = NAME) -> None:
        self.item, self.work, self.worker = item, work, worker

    def finish(self, outcome: Outcome | None = None, *, keep: bool = False) -> "Held | None":
        """Write down what came of it; with `keep`, go on with the next step of the run if there is one."""
        finished = Finished(self.item, self.work, outcome or perform(self.work))
        begun = Advancer(Hand(self.worker, self.item.pool)).advance([finished], keep=keep)
        return Held(*begun[0], self.worker) if begun else None


def claim(run_id: UUID, key: str, worker: str = NAME) -> Held | None:
    """Begin a step that is due, as a worker would; None if it does not begin."""
    due = WorkItem.objects.filter(run_id=run_id, step_key=key, worker="").first()
    if due is None:
        return None
    WorkItem.objects.filter(pk=due.pk).update(worker=worker, until=now() + LEASE)
    due.refresh_from_db()
    begun = Advancer(Hand(worker, due.pool)).advance([due])
    return Held(*begun[0], worker) if begun else None


def by_turns(run: Run, most: int = 200) -> Iterator[None]:
    """Let two workers begin steps of a run as long as any may begin, and else finish the oldest; yields after each."""
    under_way: list[Held] = []
    for turn in range(most):
        item = WorkItem.objects.filter(run=run, worker="").order_by("id").first()
        if item is None and not under_way:
            break
        found = claim(run.pk, item.step_key, f"worker-{turn % 2}") if item else None
        if found is not None:
            under_way.append(found)
        elif under_way:
            under_way.pop(0).finish()
        yield


def work_off(run: Run) -> Run:
    """Do everything that is to be done for a run and the runs within it, timers and delays at once."""
    family = [run.pk]
    while True:
        family += Run.objects.filter(parent_id__in=family).exclude(pk__in=family).values_list("pk", flat=True)
        due = WorkItem.objects.filter(run_id__in=family, worker="", blocked=False).exclude(kind="timeout")
        item = due.order_by("due_at", "id").first()
        if item is None or not _do(item):
            break
    run.refresh_from_db()
    return run


def _do(item: WorkItem) -> bool:
    """Do one thing and what follows from it in place; False if it stays where it is."""
    WorkItem.objects.filter(pk=item.pk).update(worker=NAME, until=now() + LEASE)
    item.refresh_from_db()
    advancer = Advancer(Hand(NAME, item.pool))
    begun = advancer.advance([item])
    while begun:
        begun = advancer.advance([Finished(held, work, perform(work)) for held, work in begun])
    return not WorkItem.objects.filter(pk=item.pk, worker="").exists()


def expire_leases() -> None:
    """Let every lease have ended a second ago."""
    WorkItem.objects.exclude(worker="").update(until=now() - timedelta(seconds=1))


def let_answers_count() -> int:
    """Let the seconds pass in which answers can be taken back, and carry them out; return how many those were."""
    ApprovalRequest.objects.filter(held_until__isnull=False).update(held_until=now() - timedelta(seconds=1))
    return take_held()
