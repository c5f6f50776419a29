"""Ask for packs, make them, hand them out, check them; say how controls stand."""

from coordination.reports.services.asking import ask_for_report, find_lost_reports
from coordination.reports.services.assessing import assess
from coordination.reports.services.handing_out import MOST_BYTES, Checked, check_kept, check_pack, download, read_report
from coordination.reports.services.making import make_report
from coordination.reports.services.scheduling import make_due_reports, set_schedule

__all__ = [
    "MOST_BYTES",
    "Checked",
    "ask_for_report",
    "assess",
    "check_kept",
    "check_pack",
    "download",
    "find_lost_reports",
    "make_due_reports",
    "make_report",
    "read_report",
    "set_schedule",
]
