"""What came of answers and actions: listed, of one run beside its scores, and what people say of it."""

from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.engine.trust.risk import band_of
from coordination.insights.services import mark_outcome
from coordination.policies.selectors import decisions_of_run
from coordination.risk import selectors
from coordination.risk.models import Kind, Outcome
from coordination.runs.selectors import get_run


class OutcomeFilters(Input):
    """Which outcomes to list."""

    kind = serializers.ChoiceField(Kind.values, required=False)
    agent = serializers.CharField(max_length=80, required=False, help_text="Or workflow:NAME.")
    run = serializers.UUIDField(required=False)
    wrong = serializers.BooleanField(required=False)


class OutcomeOutput(serializers.ModelSerializer[Outcome]):
    """What came of one answer or one action, beside what was said before."""

    run = serializers.UUIDField(source="run_id", allow_null=True)
    step = serializers.CharField(source="step_key")

    class Meta:
        model = Outcome
        fields = (
            "id", "kind", "run", "step", "who", "version", "what", "amount", "confidence", "score", "likelihood",
            "is_wrong", "why", "found_wrong", "marked_wrong", "marked_by", "marked_reason", "marked_at", "happened_at",
        )  # fmt: skip


class MarkInput(Input):
    """Whether it was wrong after all."""

    wrong = serializers.BooleanField()
    reason = serializers.CharField(max_length=500, default="", allow_blank=True)


class ActionRisk(serializers.Serializer[Any]):
    """The risk of one action as it was when policy decided about it."""

    decision = serializers.UUIDField()
    step = serializers.CharField()
    action = serializers.CharField()
    agent = serializers.CharField()
    score = serializers.IntegerField()
    band = serializers.CharField()
    likelihood = serializers.FloatField(allow_null=True)
    parts = serializers.DictField(child=serializers.IntegerField())
    outcome = serializers.CharField()


class RunRisk(serializers.Serializer[Any]):
    """The risk of a run: that of its riskiest action, runs within it included."""

    score = serializers.IntegerField(allow_null=True)
    band = serializers.CharField(allow_null=True)
    actions = ActionRisk(many=True)
    outcomes = OutcomeOutput(many=True)


class OutcomeList(Endpoint):
    """What came of answers and actions."""

    @listing("risk_outcomes", OutcomeFilters, OutcomeOutput)
    def get(self, request: Request) -> Response:
        """List outcomes, the newest first."""
        names = {"kind": "kind", "agent": "who", "run": "run_id", "wrong": "is_wrong"}
        asked = {names[name]: value for name, value in self.asked(OutcomeFilters).items()}
        return self.page(Outcome.objects.filter(organization=self.organization, **asked), OutcomeOutput)


class RiskOfRun(Endpoint):
    """How a run's actions were scored."""

    @takes("runs_risk", None, RunRisk)
    def get(self, request: Request, run_id: UUID) -> Response:
        """Return every action's score with what each part added, and what came of it."""
        run = get_run(self.organization, run_id)
        bands = selectors.tables_of(self.organization).bands
        scored = [
            {
                "decision": decision.pk,
                "step": decision.step,
                "action": decision.action,
                "agent": decision.agent,
                "score": decision.input["risk.score"],
                "band": band_of(decision.input["risk.score"], bands),
                "likelihood": decision.input.get("risk.likelihood"),
                "parts": decision.input.get("risk.parts", {}),
                "outcome": decision.outcome,
            }
            for decision in decisions_of_run(self.organization, run.pk).order_by("id")
            if "risk.score" in decision.input
        ]
        outcomes = selectors.outcomes_of_run(self.organization, [run.pk])
        band = band_of(run.risk, bands) if run.risk is not None else None
        return Response(RunRisk({"score": run.risk, "band": band, "actions": scored, "outcomes": outcomes}).data)


class MarkStep(Endpoint):
    """What people say came of a step after all."""

    writes = Right.APPROVAL_DECIDE

    @takes("runs_mark_step", MarkInput, OutcomeOutput)
    def post(self, request: Request, run_id: UUID, step: str) -> Response:
        """Mark what a step came to as wrong or right; its agent's record is worked out anew."""
        run = get_run(self.organization, run_id)
        given = self.given(MarkInput)
        found = mark_outcome(self.organization, run.pk, step, given["wrong"], given["reason"], self.caller.actor)
        return Response(OutcomeOutput(found).data)


urlpatterns = [
    path("risk/outcomes/", OutcomeList.as_view()),
    path("runs/<uuid:run_id>/risk/", RiskOfRun.as_view()),
    path("runs/<uuid:run_id>/steps/<str:step>/mark/", MarkStep.as_view()),
]
