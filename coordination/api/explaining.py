"""Why a run went as it did: who worked on it, how long, with which data, under which decisions."""

from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.api.approvals import ApprovalOutput
from coordination.api.decisions import DecisionOutput
from coordination.api.describing import takes
from coordination.api.endpoint import Endpoint
from coordination.api.run_outputs import RunOutput
from coordination.api.usd import Microusd
from coordination.runs import selectors
from coordination.runs.models import DataAccess, ToolCall


class ActivationOutput(serializers.Serializer[Any]):
    """One agent's work on one step."""

    agent = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)
    role = serializers.CharField()
    step = serializers.CharField()
    why = serializers.CharField()
    worked_s = serializers.FloatField()
    attempts = serializers.IntegerField()
    status = serializers.CharField()
    confidence = serializers.FloatField(allow_null=True)
    cost_usd = Microusd(source="cost_microusd")
    rationale = serializers.CharField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class AccessOutput(serializers.ModelSerializer[DataAccess]):
    """What an agent read or wrote, why, and whether it was allowed."""

    at = serializers.DateTimeField(source="created_at")
    step = serializers.CharField(source="step_key")

    class Meta:
        model = DataAccess
        fields = ("at", "step", "agent", "kind", "what", "classification", "purpose", "decision", "items")


class ActionOutput(serializers.ModelSerializer[ToolCall]):
    """An action that left the house."""

    step = serializers.CharField(source="step_key")

    class Meta:
        model = ToolCall
        fields = (
            "step", "tool", "tool_version", "args", "digest", "status", "result", "error", "approval_id",
            "decision_id", "released_at", "finished_at",
        )  # fmt: skip


class ExplanationOutput(serializers.Serializer[Any]):
    """Everything that explains a run."""

    run = RunOutput()
    summary = serializers.ListField(child=serializers.CharField())
    agents = ActivationOutput(many=True)
    data = AccessOutput(many=True)  # type: ignore[assignment]  # DRF keeps fields apart from attributes
    decisions = DecisionOutput(many=True)
    approvals = ApprovalOutput(many=True)
    actions = ActionOutput(many=True)


class Explain(Endpoint):
    """Agents activated, time worked, data accessed, and why."""

    @takes("runs_explain", None, ExplanationOutput)
    def get(self, request: Request, run_id: UUID) -> Response:
        """Explain the run."""
        run = selectors.get_run(self.organization, run_id)
        return Response(ExplanationOutput(selectors.explain(run)).data)


urlpatterns = [path("runs/<uuid:run_id>/explain/", Explain.as_view())]
