"""What every act on reports leaves behind: an audit record and a ring."""

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit.services import Entry, append
from coordination.reports.models import Report
from coordination.shared.json import Json
from coordination.shared.live import ring

STREAM = "reports"


def record(organization: Organization, kind: str, actor: Actor, about: str, **data: Json) -> None:
    """Append to the audit log what happened, and tell the browsers."""
    append(organization.pk, STREAM, actor, [Entry(kind, data, object=about)])
    ring(organization.pk, "reports")


def record_report(report: Report, kind: str, actor: Actor, **data: Json) -> None:
    """Append to the audit log what happened to a pack."""
    period: dict[str, Json] = {"since": report.since.isoformat(), "until": report.until.isoformat()}
    record(report.organization, kind, actor, f"report:{report.pk}", **period, **data)
    ring_for(report)


def ring_for(report: Report) -> None:
    """Tell the browsers that a pack has moved on."""
    ring(report.organization_id, "reports", f"report-{report.pk}")
