"""Watch decisions: read the new ones, look at what has changed, and have it measured."""

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError

from coordination.bias.cells import tallies_in, together_in, unknown_in
from coordination.bias.manifest import MonitorSpec
from coordination.bias.models import BiasMonitor
from coordination.bias.selectors import cells_of
from coordination.bias.services import monitors_to_look_at
from coordination.insights.jobs import MEASURE
from coordination.insights.measuring import measured
from coordination.insights.services.holding import look_at
from coordination.insights.services.reading import read_decisions
from coordination.shared.clock import now
from coordination.shared.json import JsonObject
from coordination.shared.live import ring

logger = logging.getLogger(__name__)


def watch() -> int:
    """Read and judge what has changed for every monitor; return how many were looked at."""
    for monitor in BiasMonitor.objects.exclude(spec__decision__workflow=None).order_by("pk"):
        _apart(monitor, read_decisions)
    looked = 0
    for monitor in BiasMonitor.objects.filter(pk__in=monitors_to_look_at()).order_by("pk"):
        looked += bool(_apart(monitor, look_at))
        MEASURE.now(monitor_id=str(monitor.pk))
    return looked


def measure(monitor: BiasMonitor) -> JsonObject:
    """Work out the fixed report of a monitor's period, and keep it."""
    spec = MonitorSpec.model_validate(monitor.spec)
    cells = cells_of(monitor, monitor.period, [one.name for one in spec.attributes])
    report: JsonObject = {
        "at": now().isoformat(),
        "period": monitor.period,
        "n": sum(cell.n for cell in cells),
        "unknown": {**unknown_in(cells, spec.attributes)},
        **measured(cells, tallies_in(cells, spec.attributes), spec),
    }
    if spec.intersections:
        report["together"] = {
            name: {group: {"n": one.n, "favourable": one.favourable} for group, one in groups.items()}
            for name, groups in together_in(cells, spec.attributes).items()
        }
    BiasMonitor.objects.filter(pk=monitor.pk).update(report=report)
    ring(monitor.organization_id, "bias")
    return report


def _apart(monitor: BiasMonitor, does: Callable[[BiasMonitor], object]) -> object:
    """Do something for one monitor."""
    try:
        return does(monitor)
    except (InterfaceError, OperationalError):
        raise
    except Exception:  # Whatever is wrong with it is wrong with this one only.
        logger.exception("The bias monitor %s could not be watched.", monitor.pk)
        return None
