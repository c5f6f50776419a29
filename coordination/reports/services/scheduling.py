"""Packs that are made by themselves, one after each period; what was missed is made up for."""

import logging
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Organization
from coordination.engine.timetable import periods
from coordination.reports.errors import ReportUnderWay, ScheduleInvalid
from coordination.reports.models import Every, Occasion, Report, ReportSchedule
from coordination.reports.services.asking import ask_for_report
from coordination.reports.services.records import record
from coordination.shared.clock import now
from coordination.shared.errors import FieldError
from coordination.shared.json import JsonObject

logger = logging.getLogger(__name__)

# After a long absence the newest so many periods are made up for.
MOST_CAUGHT_UP = 12


@transaction.atomic
def set_schedule(
    organization: Organization, actor: Actor, *, is_active: bool, every: str = Every.MONTH, keep: int = 36
) -> ReportSchedule:
    """Say when packs are made by themselves, and how many keep their bytes; raises ScheduleInvalid.

    The first one is about the period that lies whole in the past when it is switched on.
    """
    ReportSchedule.objects.get_or_create(organization=organization)
    schedule = ReportSchedule.objects.select_for_update().get(organization=organization)
    before = _said(schedule)
    schedule.is_active, schedule.every, schedule.keep = is_active, every, keep
    _refuse_invalid(schedule)
    after = _said(schedule)
    if after == before:
        return schedule
    moment = now()
    if not is_active:
        schedule.made_until = None
    elif schedule.made_until is None or before["every"] != after["every"]:
        schedule.made_until = periods.before(moment, Every(every).length)[0]
    schedule.changed_by, schedule.changed_at = actor.name, moment
    schedule.save()
    record(organization, "ReportScheduleChanged", actor, "report-schedule", before=before, after=after)
    return schedule


def make_due_reports() -> int:
    """Ask for the packs of all periods that are over; returns how many were asked for."""
    moment = now()
    active = ReportSchedule.objects.filter(is_active=True)
    asked = 0
    for every in Every:
        begun = periods.begin_of(moment, every.length)
        due = active.filter(Q(made_until__lt=begun) | Q(made_until=None), every=every)
        asked += sum(_make_due(pk) for pk in list(due.values_list("pk", flat=True)))
    return asked


@transaction.atomic
def _make_due(organization_id: UUID) -> int:
    locked = ReportSchedule.objects.select_for_update(skip_locked=True, of=("self",)).select_related("organization")
    schedule = locked.filter(pk=organization_id, is_active=True).first()
    if schedule is None:
        return 0
    moment, length = now(), Every(schedule.every).length
    after = schedule.made_until or periods.before(moment, length)[0]
    due = periods.over_between(after, moment, length, MOST_CAUGHT_UP)
    for since, until in due:
        made = Report.objects.filter(
            organization=schedule.organization, occasion=Occasion.SCHEDULED, since=since, until=until
        )
        if made.exists():
            continue
        try:
            ask_for_report(schedule.organization, since, until, SYSTEM, Occasion.SCHEDULED)
        except ReportUnderWay:
            logger.info("A pack about the same period is being made for %s already.", schedule.organization)
    if due:
        schedule.made_until = due[-1][1]
        schedule.save(update_fields=["made_until"])
    return len(due)


def _said(schedule: ReportSchedule) -> JsonObject:
    return {"is_active": schedule.is_active, "every": str(schedule.every), "keep": schedule.keep}


def _refuse_invalid(schedule: ReportSchedule) -> None:
    try:
        schedule.clean_fields(exclude=["organization", "made_until", "changed_by", "changed_at"])
    except ValidationError as error:
        errors = [FieldError(f"/{name}", messages[0]) for name, messages in error.message_dict.items()]
        raise ScheduleInvalid(errors=errors, problem=errors[0].message) from None
