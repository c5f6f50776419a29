"""Celery tasks about bias: thin, each calls services."""

from uuid import UUID

from celery import shared_task

from coordination.bias.models import BiasMonitor
from coordination.insights.services import measure, perform_probe, ring_for_lost_probes, watch


@shared_task(name="insights.watch_bias", ignore_result=True)
def watch_decisions() -> None:
    """Read and judge the decisions that monitors watch."""
    watch()
    ring_for_lost_probes()


@shared_task(name="insights.measure_bias", ignore_result=True)
def measure_monitor(monitor_id: str) -> None:
    """Work out the fixed report of a monitor."""
    monitor = BiasMonitor.objects.filter(pk=UUID(monitor_id)).first()
    if monitor is not None:
        measure(monitor)


@shared_task(name="insights.probe_bias", ignore_result=True, time_limit=3_600)
def probe_agent(probe_id: str) -> None:
    """Ask an agent about people of different groups."""
    perform_probe(UUID(probe_id))
