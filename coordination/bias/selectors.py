"""Which monitors there are, what they counted, and how much is known of whom."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, QuerySet
from psycopg import sql

from coordination.accounts.models import Organization
from coordination.audit.models import AuditEvent
from coordination.audit.selectors import events
from coordination.bias.cells import Cell
from coordination.bias.errors import MonitorUnknown, ProbeUnknown
from coordination.bias.models import (
    BiasMonitor,
    BiasMonitorVersion,
    Characteristic,
    CountedDecision,
    Look,
    MonitorState,
    Probe,
)
from coordination.bias.stream import STREAM, object_of

_CELLS = sql.SQL("""
    SELECT {values}, decision.favourable, decision.outcome, count(*)
    FROM bias_counteddecision AS decision {joins}
    WHERE decision.monitor_id = {monitor} AND decision.period = {period}
    GROUP BY {values}, decision.favourable, decision.outcome
""")
# One join an attribute: gathering what is known by person first takes twenty times as long.
_JOIN = sql.SQL("""
    LEFT JOIN bias_characteristic AS {known} ON {known}.organization_id = decision.organization_id
        AND {known}.subject = decision.subject AND {known}.name = {name}
""")


def monitors(organization: Organization, *, state: str = "") -> QuerySet[BiasMonitor]:
    """Return the organization's monitors by name."""
    found = BiasMonitor.objects.filter(organization=organization)
    return (found.filter(state=state) if state else found).order_by("name")


def alarming_monitors(organization: Organization) -> QuerySet[BiasMonitor]:
    """Return the monitors with an alarm that nobody has answered, the newest first."""
    alarms = (MonitorState.WATCH, MonitorState.BREACH)
    return BiasMonitor.objects.filter(organization=organization, state__in=alarms).order_by("-state_at")


def monitor_named(organization: Organization, name: str) -> BiasMonitor:
    """Return one monitor; raises MonitorUnknown."""
    monitor = BiasMonitor.objects.filter(organization=organization, name=name).first()
    if monitor is None:
        raise MonitorUnknown(name=name)
    return monitor


def versions_of(monitor: BiasMonitor) -> QuerySet[BiasMonitorVersion]:
    """Return what a monitor said, the newest first."""
    return monitor.versions.order_by("-number")


def cells_of(monitor: BiasMonitor, period: int, names: Sequence[str]) -> list[Cell]:
    """Return the decisions of a period, counted by these characteristics of whom they are about."""
    known = [sql.Identifier(f"known_{at}") for at in range(len(names))]
    statement = _CELLS.format(
        values=sql.SQL(", ").join(sql.SQL("{}.value").format(one) for one in known),
        joins=sql.SQL("").join(
            _JOIN.format(known=one, name=sql.Literal(name)) for one, name in zip(known, names, strict=True)
        ),
        monitor=sql.Literal(monitor.pk),
        period=sql.Literal(period),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(cursor.connection))
        rows = cursor.fetchall()
    return [_cell(names, row) for row in rows]


def decisions_of(monitor: BiasMonitor) -> QuerySet[CountedDecision]:
    """Return every decision that a monitor counted, the newest first."""
    return monitor.decisions.order_by("-id")


def looks_of(monitor: BiasMonitor, period: int) -> QuerySet[Look]:
    """Return what the looks of a period found, the oldest first."""
    return monitor.looks.filter(period=period).order_by("at")


def planned_looks_of(monitor: BiasMonitor) -> QuerySet[Look]:
    """Return how each period ended, the newest first."""
    return monitor.looks.filter(is_planned=True).order_by("-at")


def known_characteristics(organization: Organization) -> list[tuple[str, int, int, datetime]]:
    """Return each attribute with the number of people and of groups, and when one was last changed: nobody's own."""
    found = Characteristic.objects.filter(organization=organization).values("name")
    counted = found.annotate(people=Count("id"), groups=Count("value", distinct=True), at=Max("updated_at"))
    return [(row["name"], row["people"], row["groups"], row["at"]) for row in counted.order_by("name")]


def probes_of(monitor: BiasMonitor) -> QuerySet[Probe]:
    """Return a monitor's probes, the newest first."""
    return monitor.probes.order_by("-created_at")


def probe(organization: Organization, probe_id: UUID) -> Probe:
    """Return one probe; raises ProbeUnknown."""
    found = Probe.objects.select_related("monitor").filter(organization=organization, pk=probe_id).first()
    if found is None:
        raise ProbeUnknown
    return found


def history_of(monitor: BiasMonitor) -> QuerySet[AuditEvent]:
    """Return what the record tells of a monitor, the newest first."""
    return events(monitor.organization, stream=STREAM, object=object_of(monitor))


def _cell(names: Sequence[str], row: Sequence[Any]) -> Cell:
    *values, favourable, outcome, n = row
    groups = {name: value for name, value in zip(names, values, strict=True) if value is not None}
    return Cell(groups, favourable, outcome, n)
