"""Make, change and remove monitors."""

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.bias.manifest import MonitorSpec, problems_of
from coordination.bias.models import BiasMonitor, BiasMonitorVersion
from coordination.bias.selectors import monitor_named
from coordination.bias.services.records import record
from coordination.engine.manifest import Manifest
from coordination.engine.proof.canonical import digest_of
from coordination.shared.clock import now
from coordination.shared.manifests import refuse


@transaction.atomic
def save_monitor(organization: Organization, manifest: Manifest, actor: Actor) -> BiasMonitor:
    """Make or change a monitor; raises ManifestInvalid.

    What is judged differently begins a new period, so that no look counts under terms that were chosen after it.
    """
    found = problems_of(manifest.spec)
    if found:
        raise refuse(found)
    spec = MonitorSpec.model_validate(manifest.spec).model_dump(mode="json")
    meta = manifest.metadata
    known = BiasMonitor.objects.select_for_update().filter(organization=organization, name=meta.name).first()
    monitor = known or BiasMonitor(organization=organization, name=meta.name, period_began_at=now(), state_at=now())
    says = (spec, meta.title, meta.description, meta.labels)
    if monitor.version and says == (monitor.spec, monitor.title, monitor.description, monitor.labels):
        return monitor
    if monitor.version and _judged(spec) != _judged(monitor.spec):
        begin_period(monitor)
    monitor.spec, monitor.title, monitor.description, monitor.labels = says
    monitor.version += 1
    monitor.is_stale = True
    monitor.save()
    digest = digest_of(spec)
    BiasMonitorVersion.objects.create(
        monitor=monitor, number=monitor.version, spec=spec, digest=digest, created_by=actor.name
    )
    record("BiasMonitorSaved", monitor, actor, version=monitor.version, digest=digest, says=spec)
    return monitor


@transaction.atomic
def remove_monitor(organization: Organization, name: str, actor: Actor) -> None:
    """Forget a monitor and what it counted; its audit records stay. Raises MonitorUnknown."""
    monitor = monitor_named(organization, name)
    record("BiasMonitorRemoved", monitor, actor, version=monitor.version, state=monitor.state)
    monitor.delete()


def begin_period(monitor: BiasMonitor) -> None:
    """Count afresh from now on."""
    monitor.period += 1
    monitor.period_began_at = now()
    monitor.memory = {key: value for key, value in monitor.memory.items() if key == "acknowledged"}
    monitor.n, monitor.findings, monitor.is_stale = 0, [], True


def _judged(spec: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in spec.items() if name not in ("on_breach", "probe", "intersections")}
