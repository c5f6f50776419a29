"""Find triggers, what they did, and what is due."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast

from coordination.accounts.models import Organization
from coordination.engine.flow.state import RUN_ENDED
from coordination.runs.models import Run
from coordination.shared.json import JsonObject
from coordination.triggers.definition import Kind
from coordination.triggers.errors import HookUnknown, TriggerUnknown
from coordination.triggers.models import Firing, Trigger

AT_A_TIME = 100
# A run that ended a moment before another may be committed after it: what ended lately is looked at again.
LOOK_BACK = timedelta(minutes=5)

# One statement, whatever there is; three look-ups by index that find nothing while nothing is due. The limit in the
# second keeps it one look-up for each trigger: as a mere EXISTS it would be planned as a join with all runs.
_DUE = """
    SELECT trigger.id, trigger.next_at FROM triggers_trigger AS trigger
    WHERE trigger.status = 'active' AND trigger.next_at <= %(moment)s
    UNION
    SELECT trigger.id, NULL FROM triggers_trigger AS trigger CROSS JOIN LATERAL (
        SELECT FROM runs_run AS run
        WHERE run.organization_id = trigger.organization_id AND run.workflow_name = trigger.spec ->> 'workflow'
            AND run.finished_at > trigger.cursor AND trigger.spec -> 'statuses' ? run.status
            AND NOT EXISTS (
                SELECT FROM triggers_firing AS seen WHERE seen.trigger_id = trigger.id AND seen.key = run.id::text
            )
        ORDER BY run.finished_at LIMIT 1
    ) AS ended
    WHERE trigger.status = 'active' AND trigger.kind = 'run-end'
    UNION
    SELECT trigger.id, NULL FROM triggers_firing AS queued JOIN triggers_trigger AS trigger
        ON trigger.id = queued.trigger_id
    WHERE queued.is_open AND queued.state = 'queued' AND trigger.status = 'active' AND NOT EXISTS (
        SELECT FROM triggers_firing AS before JOIN runs_run AS run ON run.id = before.run_id
        WHERE before.trigger_id = queued.trigger_id AND before.is_open AND before.state = 'started'
            AND NOT run.status = ANY(%(ended)s)
    )
    ORDER BY 2 LIMIT %(most)s
"""


def triggers(organization: Organization, *, status: str = "", kind: str = "", workflow: str = "") -> QuerySet[Trigger]:
    """Return the organization's triggers by name."""
    asked = {"status": status, "kind": kind, "workflow_name": workflow}
    found = Trigger.objects.filter(organization=organization, **{name: value for name, value in asked.items() if value})
    return found.order_by("name")


def trigger_named(organization: Organization, name: str) -> Trigger:
    """Return one trigger; raises TriggerUnknown."""
    trigger = triggers(organization).filter(name=name).first()
    if trigger is None:
        raise TriggerUnknown(name=name)
    return trigger


def hook(trigger_id: UUID) -> Trigger:
    """Return the webhook at an address that is known to whoever calls it; raises HookUnknown."""
    found = Trigger.objects.filter(pk=trigger_id, kind=Kind.WEBHOOK).first()
    if found is None:
        raise HookUnknown
    return found


def firings_of(trigger: Trigger) -> QuerySet[Firing]:
    """Return what became of each time, the newest first, each with `run_status`."""
    return Firing.objects.filter(trigger=trigger).annotate(run_status=F("run__status")).order_by("-id")


def last_firings(shown: Sequence[Trigger]) -> dict[UUID, Firing]:
    """Return the newest firing of each of these triggers that has fired, by trigger, each with `run_status`."""
    newest = Firing.objects.filter(trigger=OuterRef("pk")).order_by("-id").values("pk")[:1]
    keys = Trigger.objects.filter(pk__in=[trigger.pk for trigger in shown]).values_list(Subquery(newest))
    found = Firing.objects.filter(pk__in=keys).annotate(run_status=F("run__status"))
    return {firing.trigger_id: firing for firing in found}


def due_triggers(moment: datetime) -> list[UUID]:
    """Return the triggers that have something to do, of all organizations: timed ones first, by time."""
    asked: dict[str, Any] = {"moment": moment, "ended": sorted(RUN_ENDED), "most": AT_A_TIME}
    with connection.cursor() as cursor:
        cursor.execute(_DUE, asked)
        return list(dict.fromkeys(row[0] for row in cursor.fetchall()))


def unseen_ends(trigger: Trigger) -> QuerySet[Run]:
    """Return the runs that a trigger of kind run-end has yet to fire for, oldest end first."""
    fired = Firing.objects.filter(trigger=trigger, key=Cast(OuterRef("pk"), CharField()))
    ended = Run.objects.filter(
        ~Exists(fired),
        organization_id=trigger.organization_id,
        workflow_name=trigger.spec["workflow"],
        status__in=trigger.spec["statuses"],
        finished_at__gt=trigger.cursor,
    )
    return ended.only("id", "workflow_name", "status", "finished_at").order_by("finished_at", "id")


def depth_of(run_id: UUID) -> int:
    """Return how many triggers in a row led to a run, or to the run that it is a part of."""
    asked: UUID | None = run_id
    while asked is not None:
        depth = Firing.objects.filter(run_id=asked).values_list("depth", flat=True).first()
        if depth is not None:
            return depth
        asked = Run.objects.filter(pk=asked).values_list("parent_id", flat=True).first()
    return 0


def said_by(trigger: Trigger) -> JsonObject:
    """Return what a trigger says, as it could be sent back."""
    return {
        "name": trigger.name,
        "title": trigger.title,
        "description": trigger.description,
        "labels": trigger.labels,
        "workflow": trigger.workflow_name,
        "kind": str(trigger.kind),
        "spec": trigger.spec,
        "input": trigger.input,
        "priority": trigger.priority,
        "catch_up": str(trigger.catch_up),
        "overlap": str(trigger.overlap),
    }
