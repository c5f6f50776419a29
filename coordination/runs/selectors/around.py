"""What stands around steps: when they go on, which runs they started, who won, why one was passed over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from coordination.audit.models import AuditEvent
from coordination.audit.selectors import events, uncovered
from coordination.engine.flow.state import StepStatus
from coordination.runs.loading import stream_of, subject_of
from coordination.runs.models import Run, Step, WorkItem, WorkKind
from coordination.runs.selectors.finding import parts_of
from coordination.shared.clock import now
from coordination.workflows.selectors import plan_of

# What people did to a step, and what its condition did: each says why.
_REMARKS = ("StepSkipped", "ConditionUnmet", "StepOverridden", "StepRepeated")


@dataclass(frozen=True, slots=True)
class Remark:
    """Why a step was passed over, given an output or repeated, and by whom."""

    kind: str
    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around the steps of one run, by step."""

    # When a pause is over, when a step's time is up, and when a failed attempt is repeated.
    wakes: dict[str, datetime] = field(default_factory=dict)
    limits: dict[str, datetime] = field(default_factory=dict)
    again: dict[str, datetime] = field(default_factory=dict)
    parts: dict[str, Run] = field(default_factory=dict)
    winners: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, Remark] = field(default_factory=dict)


def around(run: Run, steps: Sequence[Step]) -> Around:
    """Return what stands around some steps of a run; what no step of them can have is not asked for."""
    found = Around()
    if run.finished_at is None:
        _add_times(found, run, [step.key for step in steps])
    if any(step.kind == "workflow" for step in steps):
        keys = [step.key for step in steps if step.kind == "workflow"]
        found.parts.update((part.parent_step, part) for part in parts_of(run).filter(parent_step__in=keys))
    found.winners.update(_winners(run, steps))
    skipped = [step.key for step in steps if step.status == StepStatus.SKIPPED]
    found.remarks.update(remarks_of(run, skipped))
    return found


def remarks_of(run: Run, keys: Iterable[str]) -> dict[str, Remark]:
    """Return the last remark on each of these steps that has one."""
    subjects = {subject_of(run.pk, key): key for key in keys}
    if not subjects:
        return {}
    own = events(run.organization, stream=stream_of(run.pk))
    written = own.filter(object__in=list(subjects), kind__in=_REMARKS).order_by("stream_no")
    return {subjects[event.object]: _remark(event) for event in uncovered(written)}


def _remark(event: AuditEvent) -> Remark:
    return Remark(event.kind, str(event.data.get("reason") or ""), event.actor, event.occurred_at)


def _add_times(found: Around, run: Run, keys: list[str]) -> None:
    items = WorkItem.objects.filter(run=run, step_key__in=keys).exclude(kind=WorkKind.PERFORM, due_at__lte=now())
    columns = {WorkKind.WAKE: found.wakes, WorkKind.TIMEOUT: found.limits, WorkKind.PERFORM: found.again}
    for key, kind, due_at in items.values_list("step_key", "kind", "due_at"):
        if kind in columns:
            columns[WorkKind(kind)][key] = due_at


def _winners(run: Run, steps: Sequence[Step]) -> Iterable[tuple[str, str]]:
    """Return whose answer counted in each race that is over."""
    plan = plan_of(run.workflow_version_id)
    over = [step for step in steps if step.status == StepStatus.SUCCEEDED and not step.parent]
    calls = {step.key: plan.steps[step.key].agent for step in over}
    races = [key for key, call in calls.items() if call is not None and call.strategy == "race"]
    if not races:
        return []
    return run.steps.filter(parent__in=races, status=StepStatus.SUCCEEDED).values_list("parent", "agent")
