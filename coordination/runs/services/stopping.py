"""People bring a workflow, or the whole organization, to a stand, and let it go on.

What is stopped stands still from the commit on: nothing of it begins, and workers give up what agents do for it. The
runs of a stopped workflow are then paused, or cancelled, some at a time; the sweep goes on where this was interrupted.
"""

import logging
from collections.abc import Callable, Sequence
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q, QuerySet

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit.services import Entry, append
from coordination.engine.flow import events as ev
from coordination.engine.flow.state import RUN_ENDED, RunStatus
from coordination.runs.effects import hand_on_all
from coordination.runs.errors import AlreadyStopped, NotStopped
from coordination.runs.loading import Loaded, Wanted, lock_all, save
from coordination.runs.models import HeldRun, Run, Stop
from coordination.runs.queue import ring as ring_pool
from coordination.runs.queue import waiting_pools
from coordination.shared.clock import now
from coordination.shared.live import ring
from coordination.workflows.models import Workflow
from coordination.workflows.selectors import workflow_named

logger = logging.getLogger(__name__)

STREAM = "stops"
_AT_ONCE = 50
_GOING_ON = (RunStatus.RUNNING, RunStatus.WAITING)


def stop_workflow(organization: Organization, name: str, actor: Actor, reason: str, *, cancels: bool = False) -> Stop:
    """Let no run of a workflow start or go on; raises WorkflowUnknown, AlreadyStopped."""
    with transaction.atomic():
        workflow = Workflow.objects.select_for_update().get(pk=workflow_named(organization, name).pk)
        if workflow.stopped_at is not None:
            raise AlreadyStopped(what=f"the workflow {name}")
        workflow.stopped_at = now()
        workflow.save(update_fields=["stopped_at", "updated_at"])
        stop = _opened(organization, name, actor, reason, cancels)
    carry_out(stop)
    return stop


def stop_organization(organization: Organization, actor: Actor, reason: str, *, cancels: bool = False) -> Stop:
    """Let nothing of an organization start or go on, and no action leave; raises AlreadyStopped."""
    with transaction.atomic():
        row = Organization.objects.select_for_update().get(pk=organization.pk)
        if row.halted_at is not None:
            raise AlreadyStopped(what="everything")
        row.halted_at = organization.halted_at = now()
        row.save(update_fields=["halted_at"])
        stop = _opened(organization, "", actor, reason, cancels)
    carry_out(stop)
    return stop


def release_workflow(organization: Organization, name: str, actor: Actor, reason: str = "") -> None:
    """Let a stopped workflow go on, with the runs that were paused for it; raises WorkflowUnknown, NotStopped."""
    with transaction.atomic():
        workflow = Workflow.objects.select_for_update().get(pk=workflow_named(organization, name).pk)
        if workflow.stopped_at is None:
            raise NotStopped(what=f"the workflow {name}")
        workflow.stopped_at = None
        workflow.save(update_fields=["stopped_at", "updated_at"])
        stops = _closed(organization, name, actor, reason)
    for stop in stops:
        carry_out(stop)


def release_organization(organization: Organization, actor: Actor, reason: str = "") -> None:
    """Let a stopped organization go on; raises NotStopped."""
    with transaction.atomic():
        row = Organization.objects.select_for_update().get(pk=organization.pk)
        if row.halted_at is None:
            raise NotStopped(what="your organization")
        row.halted_at = organization.halted_at = None
        row.save(update_fields=["halted_at"])
        stops = _closed(organization, "", actor, reason)
        for pool in waiting_pools():
            ring_pool(pool)
    for stop in stops:
        carry_out(stop)


def carry_out_stops() -> int:
    """Go on with what was interrupted, and with runs that started in the very moment; return how many runs changed."""
    unfinished = Stop.objects.filter(Q(ended_at=None) | Q(held__isnull=False)).distinct()
    return sum(carry_out(stop) for stop in unfinished.select_related("organization"))


def carry_out(stop: Stop) -> int:
    """Bring the runs of a stop to where it wants them, some at a time; return how many changed."""
    if stop.ended_at is not None:
        return _each_batch(_held(stop), lambda loaded: _release(stop, loaded))
    if not stop.cancels:
        # Of an organization that stands still nothing begins anyway.
        return _each_batch(_going_on(stop), lambda loaded: _hold(stop, loaded)) if stop.workflow else 0
    return _each_batch(_to_cancel(stop), lambda loaded: _cancel(stop, loaded))


def _each_batch(runs: QuerySet[Run], act: Callable[[Loaded], bool]) -> int:
    changed, last = 0, UUID(int=0)
    # Runs that begin within these as this goes on have later identifiers, and are found too.
    while ids := list(runs.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:_AT_ONCE]):
        last = ids[-1]
        try:
            changed += _together(ids, act)
        except (InterfaceError, OperationalError):
            raise
        except Exception:
            logger.exception("One of %d runs could not be stopped; each is tried by itself.", len(ids))
            changed += sum(_alone(run_id, act) for run_id in ids)
    return changed


@transaction.atomic
def _together(ids: Sequence[UUID], act: Callable[[Loaded], bool]) -> int:
    found = lock_all([Wanted(run_id) for run_id in ids])
    changed = [loaded for loaded in found.values() if act(loaded)]
    save(changed)
    return len(changed)


def _alone(run_id: UUID, act: Callable[[Loaded], bool]) -> int:
    try:
        return _together([run_id], act)
    except (InterfaceError, OperationalError):
        raise
    except Exception:
        logger.exception("Run %s could not be stopped.", run_id)
        return 0


def _going_on(stop: Stop) -> QuerySet[Run]:
    """Return runs of the workflow, and the runs within them, that still go on."""
    theirs = Q(workflow_name=stop.workflow) | Q(parent__held_by__stop=stop)
    return Run.objects.filter(theirs, organization_id=stop.organization_id, status__in=_GOING_ON)


def _to_cancel(stop: Stop) -> QuerySet[Run]:
    going_on = Run.objects.filter(organization_id=stop.organization_id).exclude(status__in=RUN_ENDED)
    # Runs within runs end with the run that they are a part of.
    return going_on.filter(workflow_name=stop.workflow) if stop.workflow else going_on.filter(parent=None)


def _held(stop: Stop) -> QuerySet[Run]:
    return Run.objects.filter(held_by__stop=stop)


def _hold(stop: Stop, loaded: Loaded) -> bool:
    if loaded.state.status not in _GOING_ON:
        return False
    HeldRun.objects.get_or_create(stop=stop, run=loaded.run)
    loaded.queue.withdrawn.append(loaded.run.id)
    hand_on_all(loaded, loaded.take(ev.RunPaused(), _by(stop.stopped_by), reason=stop.reason, stop=str(stop.pk)))
    return True


def _cancel(stop: Stop, loaded: Loaded) -> bool:
    if loaded.state.ended:
        return False
    hand_on_all(loaded, loaded.take(ev.RunCancelled(stop.reason), _by(stop.stopped_by), stop=str(stop.pk)))
    return True


def _release(stop: Stop, loaded: Loaded) -> bool:
    HeldRun.objects.filter(stop=stop, run=loaded.run).delete()
    if loaded.state.status is not RunStatus.PAUSED:
        return False
    hand_on_all(loaded, loaded.take(ev.RunResumed(), _by(stop.ended_by), stop=str(stop.pk)))
    return True


def _by(name: str) -> str:
    return str(Actor("user", name))


def _opened(organization: Organization, workflow: str, actor: Actor, reason: str, cancels: bool) -> Stop:
    stop = Stop.objects.create(
        organization=organization,
        workflow=workflow,
        cancels=cancels,
        reason=reason,
        stopped_by=actor.name,
        stopped_at=now(),
    )
    kind = "WorkflowStopped" if workflow else "OrganizationStopped"
    _record(stop, actor, Entry(kind, {"reason": reason, "runs": "cancelled" if cancels else "held"}, object=_of(stop)))
    return stop


def _closed(organization: Organization, workflow: str, actor: Actor, reason: str) -> list[Stop]:
    """End the stop, if it was one of these; the switch of an organization may have been set by hand."""
    stops = list(Stop.objects.select_for_update().filter(organization=organization, workflow=workflow, ended_at=None))
    for stop in stops:
        stop.ended_by, stop.ended_at = actor.name, now()
        stop.save(update_fields=["ended_by", "ended_at"])
    kind = "WorkflowReleased" if workflow else "OrganizationReleased"
    about = Stop(organization=organization, workflow=workflow)
    _record(about, actor, Entry(kind, {"reason": reason}, object=_of(about)))
    return stops


def _of(stop: Stop) -> str:
    return f"workflow:{stop.workflow}" if stop.workflow else "organization"


def _record(stop: Stop, actor: Actor, entry: Entry) -> None:
    append(stop.organization_id, STREAM, actor, [entry])
    ring(stop.organization_id, "stops", "runs", "workflows")
