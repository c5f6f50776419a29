"""What people change about triggers."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.engine.flow.definition import input_errors
from coordination.engine.flow.expressions import expressions_in
from coordination.engine.manifest import pointer
from coordination.shared.clock import now
from coordination.shared.errors import FieldError
from coordination.shared.json import JsonObject
from coordination.triggers.definition import Definition, Kind, RunEndSpec, check, timetable_of
from coordination.triggers.errors import AlreadyPaused, NotAWebhook, NotPaused, TriggerInvalid, TriggerUnknown
from coordination.triggers.hooks import new_salt, secret_of
from coordination.triggers.models import Trigger, TriggerStatus
from coordination.triggers.selectors import said_by
from coordination.triggers.services.recording import record
from coordination.workflows.selectors import plan_of, workflows

# How long a trigger that follows runs leaves its cursor where it is.
CURSOR_STAYS = timedelta(minutes=10)


@transaction.atomic
def save_trigger(organization: Organization, said: Mapping[str, Any], actor: Actor) -> Trigger:
    """Make or change a trigger; raises TriggerInvalid with everything that is wrong."""
    definition = check(said)
    trigger = Trigger.objects.select_for_update().filter(organization=organization, name=definition.name).first()
    found = list(_clashes(organization, definition, trigger))
    if found:
        raise TriggerInvalid(errors=found, summary=f"{found[0].pointer}: {found[0].message}")
    trigger = trigger or Trigger(organization=organization, name=definition.name)
    before = said_by(trigger) if trigger.version else None
    _take_over(trigger, definition)
    after = said_by(trigger)
    if before == after:
        return trigger
    if before is None or before["spec"] != after["spec"]:
        await_next(trigger, now())
    trigger.version += 1
    trigger.save()
    record(trigger, actor, "TriggerSaved", {"version": trigger.version, "says": after})
    return trigger


@transaction.atomic
def remove_trigger(organization: Organization, name: str, actor: Actor) -> None:
    """Forget a trigger and its firings; the runs it started stay. Raises TriggerUnknown."""
    trigger = _locked(organization, name)
    said = said_by(trigger)
    trigger.delete()
    record(trigger, actor, "TriggerRemoved", {"version": trigger.version, "says": said})


@transaction.atomic
def pause_trigger(organization: Organization, name: str, actor: Actor, reason: str = "") -> Trigger:
    """Let a trigger start nothing by itself; raises TriggerUnknown, AlreadyPaused."""
    trigger = _locked(organization, name)
    if trigger.status == TriggerStatus.PAUSED:
        raise AlreadyPaused(name=name)
    trigger.status = TriggerStatus.PAUSED
    await_next(trigger, now())
    trigger.save()
    record(trigger, actor, "TriggerPaused", {"reason": reason})
    return trigger


@transaction.atomic
def resume_trigger(organization: Organization, name: str, actor: Actor, reason: str = "") -> Trigger:
    """Let a trigger wait for what comes from now on; raises TriggerUnknown, NotPaused."""
    trigger = _locked(organization, name)
    if trigger.status != TriggerStatus.PAUSED:
        raise NotPaused(name=name)
    trigger.status = TriggerStatus.ACTIVE
    await_next(trigger, now())
    trigger.save()
    record(trigger, actor, "TriggerResumed", {"reason": reason})
    return trigger


@transaction.atomic
def rotate_secret(organization: Organization, name: str, actor: Actor) -> tuple[Trigger, str]:
    """Give a webhook another secret and return it; the one before is refused from now on. Raises NotAWebhook."""
    trigger = _locked(organization, name)
    if trigger.kind != Kind.WEBHOOK:
        raise NotAWebhook(name=name)
    trigger.secret_salt = new_salt()
    trigger.save(update_fields=["secret_salt", "updated_at"])
    record(trigger, actor, "TriggerSecretRotated", {})
    return trigger, secret_of(trigger)


def await_next(trigger: Trigger, moment: datetime) -> None:
    """Let the trigger wait for what comes after a moment; one that is paused waits for nothing."""
    trigger.next_at = None
    if trigger.status == TriggerStatus.PAUSED:
        return
    timetable = timetable_of(trigger.kind, trigger.spec)
    if timetable is not None:
        trigger.next_at = timetable.after(moment)
    elif trigger.kind == Kind.RUN_END:
        trigger.cursor, trigger.next_at = moment, moment + CURSOR_STAYS


def _locked(organization: Organization, name: str) -> Trigger:
    trigger = Trigger.objects.select_for_update().filter(organization=organization, name=name).first()
    if trigger is None:
        raise TriggerUnknown(name=name)
    return trigger


def _take_over(trigger: Trigger, definition: Definition) -> None:
    """Let the trigger say what the definition says."""
    spec: JsonObject = definition.spec.model_dump(mode="json")
    if definition.kind == Kind.INTERVAL and not spec["start"]:
        keeps_step = trigger.version and trigger.spec["every"] == spec["every"]
        spec["start"] = trigger.spec["start"] if keeps_step else now().replace(microsecond=0).isoformat()
    trigger.title, trigger.description, trigger.labels = definition.title, definition.description, definition.labels
    trigger.workflow_name, trigger.kind, trigger.spec = definition.workflow, definition.kind, spec
    trigger.input, trigger.priority = definition.input, definition.priority
    trigger.catch_up, trigger.overlap = definition.catch_up, definition.overlap
    if definition.kind == Kind.WEBHOOK:
        trigger.secret_salt = trigger.secret_salt or new_salt()


def _clashes(organization: Organization, definition: Definition, trigger: Trigger | None) -> Iterator[FieldError]:
    """Yield what does not fit what is there already."""
    if trigger is not None and trigger.kind != definition.kind:
        yield FieldError("/kind", f"this trigger is of kind {trigger.kind}; to have another kind, make another trigger")
    known = {workflow.name: workflow for workflow in workflows(organization)}
    if definition.workflow not in known:
        yield FieldError("/workflow", f"there is no workflow named {definition.workflow}")
    if isinstance(definition.spec, RunEndSpec) and definition.spec.workflow not in known:
        yield FieldError("/spec/workflow", f"there is no workflow named {definition.spec.workflow}")
    live = known[definition.workflow].live_id if definition.workflow in known else None
    # What expressions will give is known only when they are evaluated.
    if live is not None and not any(expressions_in(definition.input)):
        for path, message in input_errors(plan_of(live).spec.input, definition.input):
            yield FieldError(f"/input{pointer(path)}", message)
