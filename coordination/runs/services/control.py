"""What people may do to a run at any time; each is an event of the machine and an audit record."""

from typing import Any
from uuid import UUID

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from coordination.engine.manifest import pointer
from coordination.runs.effects import hand_on_all
from coordination.runs.errors import NotPossibleNow, SignalInvalid
from coordination.runs.loading import Loaded, lock, row_named, save
from coordination.runs.models import Run
from coordination.shared.errors import FieldError
from coordination.workflows.models import Workflow


def pause_run(organization: Organization, run_id: UUID, actor: Actor, reason: str = "") -> Run:
    """Let running steps finish and start none."""
    return _control(organization, run_id, actor, ev.RunPaused(), reason=reason)


def resume_run(organization: Organization, run_id: UUID, actor: Actor, reason: str = "") -> Run:
    """Let a paused run go on."""
    return _control(organization, run_id, actor, ev.RunResumed(), reason=reason)


def cancel_run(organization: Organization, run_id: UUID, actor: Actor, reason: str = "") -> Run:
    """End a run: agents that are at work for it are told, and their results are refused."""
    return _control(organization, run_id, actor, ev.RunCancelled(reason or f"Cancelled by {actor.name}."))


def retry_step(organization: Organization, run_id: UUID, step_key: str, actor: Actor, reason: str = "") -> Run:
    """Repeat a step and everything after it; its actions are new actions."""
    return _control(organization, run_id, actor, ev.StepRetried(step_key), step_key, reason=reason)


def retry_run(organization: Organization, run_id: UUID, actor: Actor, reason: str = "") -> Run:
    """Repeat a run from the step that failed it."""
    run = Run.objects.filter(organization=organization, pk=run_id).only("error").first()
    step_key = ((run.error or {}) if run else {}).get("step", "")
    if run is not None and not step_key:
        raise NotPossibleNow(why="no step failed this run; repeat a step of it instead")
    return retry_step(organization, run_id, step_key, actor, reason)


def skip_step(organization: Organization, run_id: UUID, step_key: str, actor: Actor, reason: str) -> Run:
    """Let a run go on without a step."""
    return _control(organization, run_id, actor, ev.StepSkipped(step_key, reason), step_key)


def override_step(
    organization: Organization, run_id: UUID, step_key: str, output: Any, reason: str, actor: Actor
) -> Run:
    """Give a step's output in its place."""
    return _control(organization, run_id, actor, ev.StepOverridden(step_key, output), step_key, reason=reason)


def take_over_step(organization: Organization, run_id: UUID, step_key: str, actor: Actor, reason: str = "") -> Run:
    """Let a person do what an agent was to do: an agent that is at work on it is told to stop within a second."""
    return _control(organization, run_id, actor, ev.StepTakenOver(step_key, str(actor)), step_key, reason=reason)


def hand_back_step(organization: Organization, run_id: UUID, step_key: str, actor: Actor, reason: str = "") -> Run:
    """Leave a step that a person had taken over to agents again."""
    return _control(organization, run_id, actor, ev.StepHandedBack(step_key), step_key, reason=reason)


def signal_run(organization: Organization, run_id: UUID, name: str, payload: Any, actor: Actor) -> Run:
    """Send a signal to a run: to the steps that wait for it, now or later; raises SignalInvalid."""
    return _control(organization, run_id, actor, ev.SignalSent(name, payload))


@transaction.atomic
def _control(
    organization: Organization, run_id: UUID, actor: Actor, event: ev.Event, step_key: str = "", **details: Any
) -> Run:
    loaded = lock(run_id, organization.pk)
    if step_key:
        row_named(loaded, step_key)
    if isinstance(event, ev.SignalSent):
        _check_signal(loaded, event)
    if isinstance(event, ev.RunResumed):
        _check_stops(loaded.run)
    if isinstance(event, ev.StepTakenOver):
        # Its item is not closed with the step: the step has not ended.
        loaded.queue.closed.append((loaded.run.id, step_key))
    if isinstance(event, ev.RunPaused):
        loaded.queue.withdrawn.append(loaded.run.id)
    hand_on_all(loaded, loaded.take(event, str(actor), **details))
    save([loaded], actor)
    return loaded.run


def _check_stops(run: Run) -> None:
    stopped = Workflow.objects.filter(organization=run.organization, name=run.workflow_name, stopped_at__isnull=False)
    if stopped.exists():
        raise NotPossibleNow(why=f"the workflow {run.workflow_name} is stopped; let it go on first")


def _check_signal(loaded: Loaded, signal: ev.SignalSent) -> None:
    found = machine.signal_errors(loaded.plan, signal.name, signal.payload)
    if found:
        errors = [FieldError(f"/payload{pointer(path)}", message) for path, message in found]
        raise SignalInvalid(errors=errors, name=signal.name, problem=errors[0].message)
