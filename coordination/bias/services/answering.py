"""What people say to an alarm: that they have taken it on, and what they did about it."""

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.bias.errors import NothingToAcknowledge, NothingToMitigate, ReasonMissing
from coordination.bias.models import BiasMonitor, MonitorState
from coordination.bias.services.records import record
from coordination.bias.services.saving import begin_period
from coordination.bias.states import ALARMS, ANSWERABLE
from coordination.shared.clock import now


@transaction.atomic
def acknowledge(monitor: BiasMonitor, actor: Actor, note: str) -> BiasMonitor:
    """Take an alarm on, with what is going to be done; what a breach stopped stays stopped. Raises ReasonMissing."""
    held = _locked(monitor)
    if held.state not in ALARMS:
        raise NothingToAcknowledge(name=held.name)
    held.memory = {**held.memory, "acknowledged": held.state}
    return _turn(held, MonitorState.ACKNOWLEDGED, "BiasAcknowledged", actor, note, "what is going to be done")


@transaction.atomic
def mitigate(monitor: BiasMonitor, actor: Actor, note: str) -> BiasMonitor:
    """Say what was done about an alarm: what a breach stopped goes on, and counting begins afresh."""
    held = _locked(monitor)
    if held.state not in ANSWERABLE:
        raise NothingToMitigate(name=held.name)
    held.memory = {}
    begin_period(held)
    return _turn(held, MonitorState.MITIGATED, "BiasMitigated", actor, note, "what was done")


def _locked(monitor: BiasMonitor) -> BiasMonitor:
    return BiasMonitor.objects.select_for_update(of=("self",)).select_related("organization").get(pk=monitor.pk)


def _turn(monitor: BiasMonitor, state: MonitorState, kind: str, actor: Actor, note: str, what: str) -> BiasMonitor:
    if not note.strip():
        raise ReasonMissing(what=what)
    before, monitor.state, monitor.state_at = monitor.state, state, now()
    monitor.note, monitor.noted_by = note.strip()[:2_000], actor.name
    monitor.save()
    record(kind, monitor, actor, before=before, note=monitor.note, period=monitor.period)
    return monitor
