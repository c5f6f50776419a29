"""What an organization, and each of its workflows, may spend in a day."""

from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input, refuse_unknown
from coordination.api.pagination import NewestFirst
from coordination.runs import services
from coordination.runs.models import Budget
from coordination.runs.selectors import budgets

_MICRO = 1_000_000


class Which(Input):
    """Whose budget."""

    workflow = serializers.CharField(
        max_length=63, default="", allow_blank=True, help_text="Empty for the whole organization."
    )


class BudgetInput(Which):
    """What may be spent in a day."""

    limits = serializers.DictField(help_text="At least one of `cost_usd`, `tokens` and `calls`.")


class Use(serializers.Serializer[Any]):
    """Money, tokens and calls."""

    cost_usd = serializers.FloatField()
    tokens = serializers.IntegerField()
    calls = serializers.IntegerField()


class BudgetOutput(serializers.ModelSerializer[Budget]):
    """A budget, and what is used of it today (UTC)."""

    limits = serializers.DictField()
    spent = Use(source="*")
    reserved = Use(source="*")

    class Meta:
        model = Budget
        fields = ("workflow", "limits", "spent", "reserved", "updated_at")

    def to_representation(self, instance: Budget) -> dict[str, Any]:
        """Return the budget; where nothing was called today, nothing is used."""
        today: dict[str, int] = vars(instance)["today"] or {}
        return {
            "workflow": instance.workflow,
            "limits": instance.limits,
            **{what: _use(today, what) for what in ("spent", "reserved")},
            "updated_at": serializers.DateTimeField().to_representation(instance.updated_at),
        }


class ByWorkflow(NewestFirst):
    """The whole organization's first."""

    ordering = "workflow"


class BudgetList(Endpoint):
    """All budgets for a day."""

    writes = Right.BUDGET_EDIT

    @listing("budgets_list", None, BudgetOutput)
    def get(self, request: Request) -> Response:
        """List them, with what is used today."""
        self.no_filters()
        return self.page(budgets(self.organization), BudgetOutput, ByWorkflow)

    @takes("budgets_set", BudgetInput, BudgetOutput)
    def put(self, request: Request) -> Response:
        """Set the budget of a workflow, or of the whole organization."""
        given = self.given(BudgetInput)
        services.set_budget(self.organization, given["workflow"], given["limits"], self.caller.actor)
        return Response(BudgetOutput(budgets(self.organization).get(workflow=given["workflow"])).data)

    @extend_schema(operation_id="budgets_remove", parameters=[Which], request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        """Lift a budget; what was spent stays on record."""
        refuse_unknown(request.query_params, ["workflow"], "parameter")
        services.remove_budget(self.organization, request.query_params.get("workflow", ""), self.caller.actor)
        return Response(status=204)


def _use(today: dict[str, int], what: str) -> dict[str, float]:
    return {
        "cost_usd": today.get(f"{what}_cost_microusd", 0) / _MICRO,
        "tokens": today.get(f"{what}_tokens", 0),
        "calls": today.get(f"{what}_calls", 0),
    }


urlpatterns = [path("budgets/", BudgetList.as_view())]
