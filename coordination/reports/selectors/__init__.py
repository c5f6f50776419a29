"""Which packs there are, how controls stand, and which records prove it."""

from coordination.reports.selectors.controls import Judged, judged, judged_control
from coordination.reports.selectors.reports import content_of, parts_of, report, reports, schedule_of

__all__ = ["Judged", "content_of", "judged", "judged_control", "parts_of", "report", "reports", "schedule_of"]
