"""The register of risks: found, by what matters most."""

from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from coordination.accounts.models import Organization
from coordination.audit.models import AuditEvent
from coordination.audit.selectors import events
from coordination.risk.errors import RiskUnknown
from coordination.risk.models import RegisteredRisk, RiskState
from coordination.risk.stream import STREAM


def registered(
    organization: Organization, *, state: str = "", about_kind: str = "", about_name: str = "", owner: str = ""
) -> QuerySet[RegisteredRisk]:
    """Return the risks of the register, the gravest first."""
    wanted = {"state": state, "about_kind": about_kind, "about_name": about_name, "owner": owner}
    found = RegisteredRisk.objects.filter(organization=organization, **{k: v for k, v in wanted.items() if v})
    return found.order_by("-residual", "id")


def registered_risk(organization: Organization, risk_id: UUID) -> RegisteredRisk:
    """Return one risk; raises RiskUnknown, also for another organization's."""
    found = RegisteredRisk.objects.filter(organization=organization, pk=risk_id).first()
    if found is None:
        raise RiskUnknown(name=risk_id)
    return found


def risks_about(organization: Organization, kind: str, name: str) -> QuerySet[RegisteredRisk]:
    """Return the open risks of an agent or a workflow, the gravest first."""
    return registered(organization, state=RiskState.OPEN, about_kind=kind, about_name=name)


def history_of(risk: RegisteredRisk) -> QuerySet[AuditEvent]:
    """Return what the record tells of a risk, the newest first."""
    return events(risk.organization, stream=STREAM, object=f"risk:{risk.pk}")


def overdue(organization: Organization, today: date) -> QuerySet[RegisteredRisk]:
    """Return the open risks that nobody has looked at in time, the longest overdue first."""
    return registered(organization, state=RiskState.OPEN).filter(review_on__lt=today).order_by("review_on", "id")
