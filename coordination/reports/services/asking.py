"""Ask for a pack, on demand and on schedule; and what becomes of those whose worker fell silent."""

from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Organization
from coordination.reports.errors import PeriodInvalid, ReportUnderWay
from coordination.reports.jobs import MAKE
from coordination.reports.models import Occasion, Report, ReportStatus
from coordination.reports.services.records import record_report
from coordination.shared.clock import now
from coordination.shared.errors import FieldError

LONGEST = timedelta(days=366 * 2)
LOST_AFTER = timedelta(minutes=3)
# A message that no worker answered in this time is sent again.
RING_AGAIN_AFTER = timedelta(minutes=1)
MOST_ATTEMPTS = 3
GIVEN_UP = "Its worker died three times before it was done; the log of the workers may say why."


def ask_for_report(
    organization: Organization, since: datetime, until: datetime, actor: Actor, occasion: Occasion = Occasion.ASKED
) -> Report:
    """Have a pack about [since, until) made by a worker; raises PeriodInvalid, ReportUnderWay."""
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    _check(since, until)
    moment = now()
    try:
        with transaction.atomic():
            report = Report.objects.create(
                organization=organization,
                occasion=occasion,
                since=since,
                until=until,
                requested_by=str(actor),
                created_at=moment,
                seen_at=moment,
            )
            record_report(report, "ReportRequested", actor, occasion=str(occasion))
            MAKE.later(report_id=str(report.pk), attempt=report.attempt)
    except IntegrityError:
        raise ReportUnderWay from None
    return report


def find_lost_reports() -> int:
    """Begin again what a silent worker left, three times at most, and ring again for what nobody began."""
    moment = now()
    silent = Report.objects.filter(status=ReportStatus.RUNNING, seen_at__lt=moment - LOST_AFTER)
    lost = list(silent.select_related("organization"))
    for report in lost:
        _begin_again(report, moment)
    waiting = Report.objects.filter(status=ReportStatus.QUEUED, seen_at__lt=moment - RING_AGAIN_AFTER)
    for report in waiting:
        if waiting.filter(pk=report.pk).update(seen_at=moment):
            MAKE.now(report_id=str(report.pk), attempt=report.attempt)
    return len(lost)


@transaction.atomic
def _begin_again(report: Report, moment: datetime) -> None:
    same = Report.objects.filter(pk=report.pk, attempt=report.attempt, status=ReportStatus.RUNNING)
    if report.attempt >= MOST_ATTEMPTS:
        if same.update(status=ReportStatus.FAILED, finished_at=moment, error=GIVEN_UP):
            record_report(report, "ReportFailed", SYSTEM, error=GIVEN_UP)
    elif same.update(status=ReportStatus.QUEUED, attempt=F("attempt") + 1, seen_at=moment, done=0, doing=""):
        MAKE.later(report_id=str(report.pk), attempt=report.attempt + 1)


def _check(since: datetime, until: datetime) -> None:
    if since >= until:
        raise _wrong("/until", "it ends before it begins")
    if until - since > LONGEST:
        raise _wrong("/until", "it is longer than two years")
    if since > now():
        raise _wrong("/since", "it has not begun yet")


def _wrong(pointer: str, problem: str) -> PeriodInvalid:
    return PeriodInvalid(errors=[FieldError(pointer, problem)], problem=problem)
