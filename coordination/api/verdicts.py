"""What people think of outputs."""

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
from coordination.runs import selectors, services
from coordination.runs.models import Quality, StepVerdict
from coordination.runs.selectors import oversight


class VerdictInput(Input):
    """What a person thinks of an output; who calls it wrong or harmful says why."""

    quality = serializers.ChoiceField(Quality.values)
    reason = serializers.CharField(max_length=500, default="", allow_blank=True)


class VerdictOutput(serializers.ModelSerializer[StepVerdict]):
    """What a person thought of the output of one attempt."""

    step = serializers.CharField(source="step_key")
    person = serializers.CharField(source="person_name")

    class Meta:
        model = StepVerdict
        fields = (
            "id", "run_id", "step", "attempt", "agent", "agent_version", "capability", "quality", "reason", "person",
            "said_at",
        )  # fmt: skip


class VerdictFilters(Input):
    """Which verdicts to list."""

    agent = serializers.CharField(max_length=63, required=False)
    quality = serializers.ChoiceField(Quality.values, required=False)


class JudgeStep(Endpoint):
    """Say how good an output is."""

    writes = Right.OUTPUT_JUDGE

    @takes("runs_judge_step", VerdictInput, VerdictOutput)
    def post(self, request: Request, run_id: UUID, step: str) -> Response:
        """Keep what you think of the step's present output; it counts in the record of the agent that gave it."""
        given = self.given(VerdictInput)
        quality = Quality(given["quality"])
        verdict = services.judge_output(self.organization, run_id, step, quality, given["reason"], self.caller.actor)
        return Response(VerdictOutput(verdict).data)


class Verdicts(Endpoint):
    """What people thought of outputs."""

    @listing("verdicts_list", VerdictFilters, VerdictOutput)
    def get(self, request: Request) -> Response:
        """List verdicts, newest first."""
        asked: dict[str, Any] = self.asked(VerdictFilters)
        return self.page(StepVerdict.objects.filter(organization=self.organization, **asked), VerdictOutput)


class VerdictsOnRun(Endpoint):
    """What people thought of the outputs of a run."""

    @listing("runs_verdicts", None, VerdictOutput)
    def get(self, request: Request, run_id: UUID) -> Response:
        """List verdicts, newest first."""
        self.no_filters()
        return self.page(oversight.verdicts_of(selectors.get_run(self.organization, run_id)), VerdictOutput)


urlpatterns = [
    path("runs/<uuid:run_id>/verdicts/", VerdictsOnRun.as_view()),
    path("runs/<uuid:run_id>/steps/<str:step>/verdict/", JudgeStep.as_view()),
    path("verdicts/", Verdicts.as_view()),
]
