"""What may be spent in a day, and what was spent today."""

from django.db.models import Case, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Concat, JSONObject

from coordination.accounts.models import Organization
from coordination.runs.budgets import day_scope
from coordination.runs.models import Budget, Purse
from coordination.shared.clock import now

_UNITS = [f"{what}_{unit}" for what in ("spent", "reserved") for unit in ("cost_microusd", "tokens", "calls")]


def budgets(organization: Organization) -> QuerySet[Budget]:
    """Return the budgets of an organization by workflow, its own first, each with `today`: what is used of it."""
    today = day_scope(now().date(), "")
    scope = Case(When(workflow="", then=Value(today)), default=Concat(Value(f"{today}/workflow:"), F("workflow")))
    used = Purse.objects.filter(organization=OuterRef("organization"), scope=OuterRef("scope"))
    found = Budget.objects.filter(organization=organization).order_by("workflow").annotate(scope=scope)
    return found.annotate(today=Subquery(used.values(said=JSONObject(**{unit: unit for unit in _UNITS}))))
