"""Votes and negotiations: where agents came to one answer together, or to none."""

from uuid import UUID

from django.db.models import QuerySet

from coordination.accounts.models import Organization
from coordination.engine.flow.state import StepStatus
from coordination.runs.conflicts import Case, cases_of
from coordination.runs.errors import NegotiationUnknown
from coordination.runs.loading import parse_subject
from coordination.runs.models import Step

NEGOTIATE = "negotiate"


def negotiations(organization: Organization) -> QuerySet[Step]:
    """Return every negotiation of an organization."""
    found = Step.objects.filter(organization_id=organization.pk, kind=NEGOTIATE, parent="")
    return found.select_related("run").order_by("-id")


def negotiation(organization: Organization, step_id: UUID) -> Step:
    """Return one negotiation; raises NegotiationUnknown, also for another organization's."""
    found = negotiations(organization).filter(pk=step_id).first()
    if found is None:
        raise NegotiationUnknown(name=step_id)
    return found


def sealed_in(step: Step) -> list[Step]:
    """Return what each party to a negotiation told its mediator; of nothing else is there anything to unseal."""
    if step.kind != NEGOTIATE or step.parent:
        return []
    rows = Step.objects.filter(run_id=step.run_id, parent=step.key, output__isnull=False)
    return list(rows.only("agent", "output", "index").order_by("index"))


def conflict_behind(organization: Organization, subject: str) -> tuple[Step, list[Case]] | None:
    """Return the step that a question about a conflict is about, and its cases; None once it is decided."""
    run_id, step_key = parse_subject(subject)
    steps = Step.objects.filter(organization_id=organization.pk, run_id=run_id)
    step = steps.filter(key=step_key, status=StepStatus.WAITING).select_related("run").first()
    if step is None or not isinstance(step.item, dict) or "left" not in step.item:
        return None
    rows = steps.filter(parent=step_key).only("agent", "rationale", "index", "parent").order_by("index")
    return step, cases_of(step.item, list(rows))
