"""Risk: what scores look up, how well they fit what happened, and how reliable agents are."""

from datetime import timedelta
from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.agents.selectors import agent_named
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.api.pagination import NewestVersionFirst
from coordination.engine.trust.calibration import calibrate
from coordination.risk import selectors, services
from coordination.risk.models import TablesVersion
from coordination.shared.clock import now

MOST_DAYS = 3650


class TablesInput(Input):
    """The tables as they are to be; what is left out is as the product comes with it."""

    tables = serializers.DictField()
    reason = serializers.CharField(max_length=500, default="", allow_blank=True)


class TablesReason(Input):
    """Why the defaults are to hold again."""

    reason = serializers.CharField(max_length=500, default="", allow_blank=True)


class TablesOutput(serializers.Serializer[Any]):
    """The tables that hold; version 0 are those that the product comes with."""

    version = serializers.IntegerField()
    tables = serializers.DictField()


class TablesVersionOutput(serializers.ModelSerializer[TablesVersion]):
    """The tables as they were changed to once."""

    version = serializers.IntegerField(source="number")
    tables = serializers.DictField(source="spec")

    class Meta:
        model = TablesVersion
        fields = ("version", "tables", "reason", "changed_by", "created_at")


class CalibrationFilters(Input):
    """What to hold against what happened."""

    what = serializers.ChoiceField(["likelihood", "confidence"], default="likelihood")
    agent = serializers.CharField(max_length=63, required=False, help_text="For confidence.")
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=90)


class BinOutput(serializers.Serializer[Any]):
    """Forecasts of about the same height."""

    low = serializers.FloatField()
    high = serializers.FloatField()
    n = serializers.IntegerField()
    said = serializers.FloatField()
    happened = serializers.FloatField()
    happened_low = serializers.FloatField()
    happened_high = serializers.FloatField()


class CalibrationOutput(serializers.Serializer[Any]):
    """How well forecasts fit; `is_enough` is false where there are too few cases to say anything. 95 % intervals."""

    what = serializers.CharField()
    days = serializers.IntegerField()
    is_enough = serializers.BooleanField()
    n = serializers.IntegerField()
    n_happened = serializers.IntegerField()
    said = serializers.FloatField()
    happened = serializers.FloatField()
    happened_low = serializers.FloatField()
    happened_high = serializers.FloatField()
    brier = serializers.FloatField()
    brier_low = serializers.FloatField()
    brier_high = serializers.FloatField()
    base_brier = serializers.FloatField()
    skill = serializers.FloatField(allow_null=True)
    gap = serializers.FloatField()
    bins = BinOutput(many=True)


class ReliabilityItem(serializers.Serializer[Any]):
    """The record of one capability; `*` is all of them. `lower` is what scores and autonomy go by."""

    capability = serializers.CharField()
    n = serializers.IntegerField()
    weight = serializers.FloatField(source="record.n")
    mean = serializers.FloatField(source="record.mean")
    lower = serializers.FloatField(source="record.lower")
    interval = serializers.ListField(child=serializers.FloatField(), source="record.interval")
    inherited_from = serializers.IntegerField(allow_null=True)


class ReliabilityOutput(serializers.Serializer[Any]):
    """How often the present version of an agent was right."""

    agent = serializers.CharField()
    version = serializers.IntegerField()
    records = ReliabilityItem(many=True)


class TablesDetail(Endpoint):
    """What scores look up."""

    writes = Right.RISK_EDIT

    @takes("risk_tables_read", None, TablesOutput)
    def get(self, request: Request) -> Response:
        """Return the tables that hold."""
        newest = selectors.tables_history(self.organization).first()
        said = selectors.tables_of(self.organization).model_dump(mode="json")
        return Response({"version": newest.number if newest else 0, "tables": said})

    @takes("risk_tables_change", TablesInput, TablesVersionOutput)
    def put(self, request: Request) -> Response:
        """Change the tables; the next action is scored by them."""
        given = self.given(TablesInput)
        version = services.change_tables(self.organization, given["tables"], self.caller.actor, given["reason"])
        return Response(TablesVersionOutput(version).data)

    @takes("risk_tables_reset", TablesReason, TablesVersionOutput)
    def delete(self, request: Request) -> Response:
        """Let the tables hold again that the product comes with."""
        reason = self.given(TablesReason)["reason"]
        return Response(TablesVersionOutput(services.reset_tables(self.organization, self.caller.actor, reason)).data)


class TablesVersions(Endpoint):
    """The tables as they were."""

    @listing("risk_tables_versions", None, TablesVersionOutput)
    def get(self, request: Request) -> Response:
        """List every version, the newest first."""
        self.no_filters()
        return self.page(selectors.tables_history(self.organization), TablesVersionOutput, NewestVersionFirst)


class Calibration(Endpoint):
    """Did it happen as often as was said?"""

    @extend_schema(operation_id="risk_calibration", parameters=[CalibrationFilters], responses={200: CalibrationOutput})
    def get(self, request: Request) -> Response:
        """Hold scores, or the confidence of agents, against what happened."""
        asked = self.asked(CalibrationFilters)
        since = now() - timedelta(days=asked["days"])
        if asked["what"] == "likelihood":
            forecasts = selectors.forecasts_of_likelihood(self.organization, since)
        else:
            forecasts = selectors.forecasts_of_confidence(self.organization, since, asked.get("agent", ""))
        said: dict[str, Any] = CalibrationOutput(_Measured(calibrate(forecasts), asked)).data
        return Response(said)


class _Measured:
    """A calibration with what was asked."""

    def __init__(self, found: Any, asked: dict[str, Any]) -> None:
        self._found, self.what, self.days = found, asked["what"], asked["days"]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._found, name)


class Reliability(Endpoint):
    """How reliable an agent is."""

    @takes("agents_reliability", None, ReliabilityOutput)
    def get(self, request: Request, name: str) -> Response:
        """Return how often its present version was right, with intervals."""
        agent = agent_named(self.organization, name)
        records = selectors.records_of_agent(self.organization, agent)
        return Response(ReliabilityOutput({"agent": name, "version": agent.version, "records": records}).data)


urlpatterns = [
    path("risk/tables/", TablesDetail.as_view()),
    path("risk/tables/versions/", TablesVersions.as_view()),
    path("risk/calibration/", Calibration.as_view()),
    path("agents/<str:name>/reliability/", Reliability.as_view()),
]
