"""Packs of evidence, how controls stand, and when packs are made by themselves."""

from coordination.reports.models.assessment import Assessment, Standing
from coordination.reports.models.report import OPEN_REPORTS, Occasion, Report, ReportPart, ReportStatus
from coordination.reports.models.schedule import Every, ReportSchedule

__all__ = [
    "OPEN_REPORTS",
    "Assessment",
    "Every",
    "Occasion",
    "Report",
    "ReportPart",
    "ReportSchedule",
    "ReportStatus",
    "Standing",
]
