"""The policy decision log: searched, read, and asked what a rule that is being written would have said."""

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
from coordination.engine.rules.hooks import HOOKS
from coordination.policies import selectors, services
from coordination.policies.models import Outcome, PolicyDecision


class DecisionFilters(Input):
    """Which decisions to list; `since` is included, `until` is not, and `text` stands in a reason."""

    run = serializers.UUIDField(required=False)
    agent = serializers.CharField(max_length=100, required=False)
    action = serializers.CharField(max_length=100, required=False)
    hook = serializers.ChoiceField([*HOOKS], required=False)
    outcome = serializers.ChoiceField(Outcome.values, required=False)
    policy = serializers.CharField(max_length=63, required=False, help_text="One of its rules held.")
    rule = serializers.CharField(max_length=63, required=False, help_text="The rule of this key held.")
    text = serializers.CharField(max_length=200, required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class DecisionOutput(serializers.ModelSerializer[PolicyDecision]):
    """One decision: what was known, what each rule said, what came of it and why."""

    run = serializers.UUIDField(source="run_id", allow_null=True)

    class Meta:
        model = PolicyDecision
        fields = (
            "id", "created_at", "outcome", "hook", "subject", "run", "step", "agent", "action", "reasons", "matched",
            "results", "stages", "versions", "warnings", "redactions", "limits", "shadows", "shadow_outcome",
            "is_canary", "input", "input_digest", "engine", "micros",
        )  # fmt: skip


class FiredInput(Input):
    """A rule as it stands in a policy's manifest."""

    rule = serializers.DictField()


class FiredOutput(serializers.Serializer[Any]):
    """How often the rule would have held; `is_all`: every decision of these days was looked at."""

    sentence = serializers.CharField()
    times = serializers.IntegerField()
    looked_at = serializers.IntegerField()
    is_all = serializers.BooleanField()
    days = serializers.IntegerField()
    n_errors = serializers.IntegerField(source="errors")
    error = serializers.CharField()
    decisions = serializers.ListField(child=serializers.UUIDField(), source="decision_ids")


class DecisionList(Endpoint):
    """The policy decision log."""

    @listing("decisions_list", DecisionFilters, DecisionOutput)
    def get(self, request: Request) -> Response:
        """List decisions, the newest first."""
        asked = self.asked(DecisionFilters)
        if "run" in asked:
            asked["run_id"] = asked.pop("run")
        return self.page(selectors.decisions(self.organization, **asked), DecisionOutput)


class DecisionDetail(Endpoint):
    """One decision."""

    @takes("decisions_read", None, DecisionOutput)
    def get(self, request: Request, decision_id: UUID) -> Response:
        """Return the decision."""
        return Response(DecisionOutput(selectors.decision(self.organization, decision_id)).data)


class WouldHaveFired(Endpoint):
    """What a rule would have said lately."""

    # It only reads; the rule is the body because it is too long for an address.
    writes = Right.READ

    @takes("decisions_would_have_fired", FiredInput, FiredOutput)
    def post(self, request: Request) -> Response:
        """Count how often a rule would have held in the last days, on decisions that are on record."""
        fired = services.would_have_fired(self.organization, self.given(FiredInput)["rule"])
        return Response(FiredOutput(fired).data)


urlpatterns = [
    path("decisions/", DecisionList.as_view()),
    path("decisions/would-have-fired/", WouldHaveFired.as_view()),
    path("decisions/<uuid:decision_id>/", DecisionDetail.as_view()),
]
