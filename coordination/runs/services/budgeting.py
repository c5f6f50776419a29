"""What an organization may spend in a day."""

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit.services import Entry, append
from coordination.engine.flow.budget import Allowance
from coordination.runs.errors import BudgetUnknown
from coordination.runs.models import Budget
from coordination.shared.json import JsonObject
from coordination.shared.live import ring
from coordination.shared.manifests import checked
from coordination.workflows.selectors import workflow_named

_STREAM = "budgets"


@transaction.atomic
def set_budget(organization: Organization, workflow: str, limits: JsonObject, actor: Actor) -> Budget:
    """Limit what all runs, or those of one workflow, spend in a day; raises ManifestInvalid, WorkflowUnknown."""
    allowance = checked(limits, Allowance, "/limits")
    if workflow:
        workflow_named(organization, workflow)
    said = allowance.model_dump(mode="json", exclude_none=True)
    budget, _ = Budget.objects.update_or_create(organization=organization, workflow=workflow, defaults={"limits": said})
    _record(organization, actor, "BudgetSet", {"workflow": workflow, "limits": said})
    return budget


@transaction.atomic
def remove_budget(organization: Organization, workflow: str, actor: Actor) -> None:
    """Lift the limit; raises BudgetUnknown."""
    gone, _ = Budget.objects.filter(organization=organization, workflow=workflow).delete()
    if not gone:
        raise BudgetUnknown(name=f"the workflow {workflow}" if workflow else "the whole organization")
    _record(organization, actor, "BudgetRemoved", {"workflow": workflow})


def _record(organization: Organization, actor: Actor, kind: str, data: JsonObject) -> None:
    append(organization.pk, _STREAM, actor, [Entry(kind, data, object=_STREAM)])
    ring(organization.pk, _STREAM)
