"""Make room: only the newest packs keep their bytes; what the others were stays on record."""

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.reports.models import Report, ReportPart, ReportStatus
from coordination.reports.selectors import schedule_of
from coordination.reports.services.records import record_report
from coordination.shared.clock import now


def discard_old_packs(organization: Organization) -> int:
    """Remove the bytes of all but the newest packs that the schedule says to keep."""
    kept = Report.objects.filter(organization=organization, status=ReportStatus.READY, discarded_at=None)
    old = list(kept.select_related("organization").order_by("-id")[schedule_of(organization).keep :])
    for report in old:
        ReportPart.objects.filter(report=report).delete()
        Report.objects.filter(pk=report.pk).update(discarded_at=now())
        record_report(report, "ReportDiscarded", SYSTEM, sha256=report.sha256)
    return len(old)
