"""Read the decisions that a bias monitor watches from runs that have ended."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from coordination.bias.manifest import DecisionSpec, MonitorSpec, value_of
from coordination.bias.models import BiasMonitor
from coordination.bias.services import Decided, count_decisions
from coordination.bias.subjects import LONGEST
from coordination.engine.cel import EvaluationError, ExpressionError
from coordination.engine.flow.state import StepStatus
from coordination.runs.models import Run, Step
from coordination.shared.clock import now

# What was written a moment before the cursor may have been committed after it was read: it is looked at twice.
_OVERLAP: Final = timedelta(minutes=2)
_MOST_RUNS: Final = 200
_MOST_S: Final = 20.0
# A step that failed in one of these ways was decided against; any other failure decides nothing about anybody.
_DECIDED_AGAINST: Final = frozenset({"rejected", "policy-denied"})
_AROUND: Final = ("map", "loop")


class _Unread(Exception):
    """An expression has no value for a decision."""


def read_decisions(monitor: BiasMonitor) -> int:
    """Count the decisions of runs that ended since the last time, and return how many are new.

    The first time it goes back as far as a period is long.
    """
    spec = MonitorSpec.model_validate(monitor.spec)
    if spec.decision.workflow is None:
        return 0
    began, new = time.monotonic(), 0
    beginning = monitor.created_at - timedelta(days=spec.period_days)
    after = (monitor.read_to - _OVERLAP if monitor.read_to else beginning, UUID(int=0))
    while batch := _ended_after(monitor, spec.decision.workflow, *after):
        found, problems = _decisions_in(spec.decision, batch)
        new += count_decisions(monitor, found)
        after = (batch[-1].finished_at or after[0], batch[-1].pk)
        _move_on(monitor, after[0], problems)
        if time.monotonic() - began > _MOST_S:
            break
    return new


def _ended_after(monitor: BiasMonitor, workflow: str, moment: datetime, run_id: UUID) -> list[Run]:
    later = Q(finished_at__gt=moment) | Q(finished_at=moment, pk__gt=run_id)
    # The first condition alone can be looked up in the index.
    found = Run.objects.filter(
        later, organization_id=monitor.organization_id, workflow_name=workflow, finished_at__gte=moment
    )
    return list(found.order_by("finished_at", "pk").only("id", "input", "finished_at")[:_MOST_RUNS])


def _decisions_in(said: DecisionSpec, runs: Sequence[Run]) -> tuple[list[Decided], list[tuple[Run, str]]]:
    inputs = {run.pk: run for run in runs}
    named = Q(key=said.step) | Q(parent=said.step)
    steps = Step.objects.filter(named, run_id__in=inputs)
    rows = steps.only("run_id", "key", "parent", "kind", "status", "parameters", "output", "error", "finished_at")
    found, problems = [], []
    for step in _decisive(list(rows), str(said.step)):
        run = inputs[step.run_id]
        try:
            found.append(_decided(said, run, step))
        except _Unread as problem:
            problems.append((run, str(problem)))
    return found, problems


def _decisive(rows: Sequence[Step], name: str) -> Iterator[Step]:
    """Yield the steps that decided something: of a map or a loop each of its children, else the step itself."""
    around = {step.run_id for step in rows if step.key == name and step.kind in _AROUND}
    for step in rows:
        if (step.run_id in around) == (step.key == name):
            continue
        code = (step.error or {}).get("code")
        if step.status == StepStatus.SUCCEEDED or (step.status == StepStatus.FAILED and code in _DECIDED_AGAINST):
            yield step


def _decided(said: DecisionSpec, run: Run, step: Step) -> Decided:
    values = {
        "input": run.input,
        "args": step.parameters or {},
        "output": step.output if step.output is not None else {},
        "status": str(step.status),
    }
    subject = _value(said.subject, values)
    if not isinstance(subject, str | int) or isinstance(subject, bool) or not str(subject).strip():
        raise _Unread("subject: it names nobody")
    favourable = _value(said.favourable, values)
    if not isinstance(favourable, bool):
        raise _Unread("favourable: it is neither true nor false")
    at = step.finished_at or run.finished_at or now()
    return Decided(f"run:{run.pk}/step:{step.key}", str(subject)[:LONGEST], favourable, at, run.pk)


def _value(expression: str, values: dict[str, Any]) -> Any:
    try:
        return value_of(expression, values)
    except (EvaluationError, ExpressionError) as error:
        raise _Unread(str(error)) from None


def _move_on(monitor: BiasMonitor, moment: datetime, problems: Sequence[tuple[Run, str]]) -> None:
    """Remember how far was read; a decision without a value is told once, although it is read twice."""
    told = [why for run, why in problems if monitor.read_to is None or (run.finished_at or moment) > monitor.read_to]
    monitor.read_to = max(monitor.read_to or moment, moment)
    monitor.unread += len(told)
    monitor.unread_why = told[-1][:500] if told else monitor.unread_why
    monitor.save(update_fields=["read_to", "unread", "unread_why"])
