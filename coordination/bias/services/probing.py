"""Ask for a counterfactual probe, follow it, and keep what it found."""

from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction

from coordination.accounts.actors import Actor
from coordination.bias.errors import NoProbe, ProbeRunning
from coordination.bias.models import BiasMonitor, Probe, ProbeStatus
from coordination.bias.services.records import record
from coordination.shared.clock import now
from coordination.shared.json import Json, JsonObject
from coordination.shared.live import ring

LOST_AFTER: Final = timedelta(minutes=10)
WORKER_DIED: Final = "Its worker died before it was done. Start it again."


@transaction.atomic
def ask_for_probe(monitor: BiasMonitor, actor: Actor) -> Probe:
    """Put a probe down to be done; raises NoProbe, ProbeRunning."""
    said = monitor.spec.get("probe")
    if not said:
        raise NoProbe(name=monitor.name)
    moment = now()
    try:
        with transaction.atomic():
            probe = Probe.objects.create(
                organization_id=monitor.organization_id,
                monitor=monitor,
                agent=said["agent"],
                total=len(said["inputs"]),
                requested_by=actor.name,
                created_at=moment,
                seen_at=moment,
            )
    except IntegrityError:
        raise ProbeRunning(name=monitor.name) from None
    record("BiasProbeStarted", monitor, actor, probe=str(probe.pk), agent=probe.agent)
    return probe


def begin_probe(probe: Probe, agent_version: int | None) -> bool:
    """Take a probe that nobody has begun; tell whether it is ours."""
    waiting = Probe.objects.filter(pk=probe.pk, status=ProbeStatus.QUEUED)
    return bool(waiting.update(status=ProbeStatus.RUNNING, seen_at=now(), agent_version=agent_version))


def tell_progress(probe: Probe, done: int) -> bool:
    """Say how far it is; tell whether it is still ours."""
    ours = Probe.objects.filter(pk=probe.pk, status=ProbeStatus.RUNNING)
    ring(probe.organization_id, "bias")
    return bool(ours.update(done=done, seen_at=now()))


@transaction.atomic
def end_probe(probe: Probe, actor: Actor, report: JsonObject | None, error: str = "") -> None:
    """Keep what a probe found, or why it found nothing."""
    status = ProbeStatus.FAILED if report is None else ProbeStatus.FINISHED
    said = {"status": status, "report": report, "error": error[:500], "finished_at": now()}
    if not Probe.objects.filter(pk=probe.pk, status=ProbeStatus.RUNNING).update(**said):
        return
    found: dict[str, Json] = {} if report is None else {name: report[name] for name in ("asked", "changed", "n")}
    record("BiasProbeEnded", probe.monitor, actor, probe=str(probe.pk), status=status.value, error=error, **found)


def give_up_lost_probes() -> list[Probe]:
    """Say of probes whose worker has fallen silent that it died; return those that nobody has begun for long."""
    moment = now()
    silent = Probe.objects.filter(seen_at__lt=moment - LOST_AFTER)
    silent.filter(status=ProbeStatus.RUNNING).update(status=ProbeStatus.FAILED, error=WORKER_DIED, finished_at=moment)
    waiting = Probe.objects.filter(status=ProbeStatus.QUEUED, seen_at__lt=moment - timedelta(minutes=1))
    found = list(waiting)
    waiting.update(seen_at=moment)
    return found
