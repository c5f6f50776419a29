"""The register of risks, and what a year may cost."""

from datetime import date
from typing import Any
from uuid import UUID

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input, Reason
from coordination.api.pagination import NewestFirst
from coordination.engine.trust.portfolio import Portfolio, Year
from coordination.insights.services import year_of
from coordination.risk import selectors, services
from coordination.risk.models import RegisteredRisk, RiskState
from coordination.risk.models.register import grade
from coordination.shared.clock import now
from coordination.workflows.selectors import workflow_named


class RegisterFilters(Input):
    """Which risks to list."""

    state = serializers.ChoiceField(RiskState.values, required=False)
    about_kind = serializers.ChoiceField(["agent", "workflow", "organization"], required=False)
    about_name = serializers.CharField(max_length=63, required=False)
    owner = serializers.CharField(max_length=150, required=False)
    overdue = serializers.BooleanField(default=False)


class PertInput(Input):
    """A least, a most likely and a greatest value."""

    low = serializers.FloatField()
    likely = serializers.FloatField()
    high = serializers.FloatField()


class RiskInput(Input):
    """One thing that can go wrong; likelihood and impact from 1 to 5, `residual_…` with the mitigations in place."""

    about_kind = serializers.CharField(max_length=12)
    about_name = serializers.CharField(max_length=63, default="", allow_blank=True)
    title = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=4000, default="", allow_blank=True)
    misuse = serializers.CharField(max_length=4000, default="", allow_blank=True)
    owner = serializers.CharField(max_length=150)
    likelihood = serializers.IntegerField()
    impact = serializers.IntegerField()
    mitigations = serializers.CharField(max_length=4000, default="", allow_blank=True)
    residual_likelihood = serializers.IntegerField()
    residual_impact = serializers.IntegerField()
    treatment = serializers.CharField(max_length=10, default="mitigate")
    review_on = serializers.DateField()
    frequency = PertInput(required=False, allow_null=True, help_text="How often in a year.")
    magnitude = PertInput(required=False, allow_null=True, help_text="What one time costs, in dollars.")


class RiskOutput(serializers.ModelSerializer[RegisteredRisk]):
    """One risk of the register."""

    band = serializers.CharField()
    is_overdue = serializers.BooleanField()

    class Meta:
        model = RegisteredRisk
        fields = ("id", "state", "band", "is_overdue", "reviewed_at", "reviewed_by", "created_at", "updated_at")

    def to_representation(self, instance: RegisteredRisk) -> dict[str, Any]:
        """Return everything that it says, and how it stands."""
        shown = serializers.DateTimeField(allow_null=True).to_representation
        return {
            "id": str(instance.pk),
            "state": instance.state,
            "residual": instance.residual,
            "band": grade(instance.residual),
            "is_overdue": instance.is_overdue(now().date()),
            **instance.spec,
            "reviewed_at": shown(instance.reviewed_at) if instance.reviewed_at else None,
            "reviewed_by": instance.reviewed_by,
            "created_at": shown(instance.created_at),
            "updated_at": shown(instance.updated_at),
        }


class RiskReviewInput(Input):
    """Somebody looked at it: when it is looked at next, and what is left as it is now."""

    next_on = serializers.DateField()
    note = serializers.CharField(max_length=2000, default="", allow_blank=True)
    residual_likelihood = serializers.IntegerField(required=False, min_value=1, max_value=5)
    residual_impact = serializers.IntegerField(required=False, min_value=1, max_value=5)


class YearOutput(serializers.Serializer[Any]):
    """What a year costs, in dollars."""

    mean = serializers.FloatField()
    median = serializers.FloatField()
    p90 = serializers.FloatField()
    p95 = serializers.FloatField()


class PortfolioItem(YearOutput):
    """What one risk costs in a year."""

    risk = serializers.UUIDField()
    title = serializers.CharField()


class PortfolioOutput(serializers.Serializer[Any]):
    """All open risks with ranges, drawn `n_years` times; `curve` is [cost, share of years that cost more]."""

    n_years = serializers.IntegerField()
    total = YearOutput()
    risks = PortfolioItem(many=True)
    curve = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))


class Gravest(NewestFirst):
    """The gravest first."""

    ordering = ("-residual", "id")


class Register(Endpoint):
    """The register of risks."""

    writes = Right.RISK_EDIT

    @listing("risk_register", RegisterFilters, RiskOutput)
    def get(self, request: Request) -> Response:
        """List risks, the gravest first."""
        asked = self.asked(RegisterFilters)
        is_overdue = asked.pop("overdue")
        found = selectors.registered(self.organization, **asked)
        if is_overdue:
            found = found.filter(state=RiskState.OPEN, review_on__lt=now().date())
        return self.page(found, RiskOutput, Gravest)

    @takes("risk_register_add", RiskInput, RiskOutput, 201)
    def post(self, request: Request) -> Response:
        """Put a risk into the register."""
        spec = self._spec()
        return Response(RiskOutput(services.register_risk(self.organization, spec, self.caller.actor)).data, 201)

    def _spec(self) -> dict[str, Any]:
        spec = self.given(RiskInput)
        if spec["about_kind"] == "workflow" and spec["about_name"]:
            workflow_named(self.organization, spec["about_name"])
        return spec


class RegisteredOne(Register):
    """One risk."""

    http_method_names = ["get", "put", "options", "head"]

    @takes("risk_register_read", None, RiskOutput)
    def get(self, request: Request, risk_id: UUID) -> Response:
        """Return the risk."""
        return Response(RiskOutput(selectors.registered_risk(self.organization, risk_id)).data)

    @takes("risk_register_change", RiskInput, RiskOutput)
    def put(self, request: Request, risk_id: UUID) -> Response:
        """Change what the register says of it."""
        selectors.registered_risk(self.organization, risk_id)
        return Response(
            RiskOutput(services.change_risk(self.organization, risk_id, self._spec(), self.caller.actor)).data
        )


class Review(Endpoint):
    """Looking at a risk again."""

    writes = Right.RISK_EDIT

    @takes("risk_register_review", RiskReviewInput, RiskOutput)
    def post(self, request: Request, risk_id: UUID) -> Response:
        """Say that somebody looked at it."""
        risk = selectors.registered_risk(self.organization, risk_id)
        given = self.given(RiskReviewInput)
        next_on: date = given["next_on"]
        left = (
            given.get("residual_likelihood", risk.spec["residual_likelihood"]),
            given.get("residual_impact", risk.spec["residual_impact"]),
        )
        changed = services.review_risk(
            self.organization, risk_id, next_on, given["note"], self.caller.actor, residual=left
        )
        return Response(RiskOutput(changed).data)


class Close(Endpoint):
    """Taking a risk off the list of those to watch."""

    writes = Right.RISK_EDIT

    @takes("risk_register_close", Reason, RiskOutput)
    def post(self, request: Request, risk_id: UUID) -> Response:
        """Close the risk; it stays on record."""
        selectors.registered_risk(self.organization, risk_id)
        reason = self.given(Reason)["reason"]
        return Response(RiskOutput(services.close_risk(self.organization, risk_id, reason, self.caller.actor)).data)


class Reopen(Endpoint):
    """Watching a closed risk again."""

    writes = Right.RISK_EDIT

    @takes("risk_register_reopen", Reason, RiskOutput)
    def post(self, request: Request, risk_id: UUID) -> Response:
        """Open the risk again."""
        selectors.registered_risk(self.organization, risk_id)
        reason = self.given(Reason)["reason"]
        return Response(RiskOutput(services.reopen_risk(self.organization, risk_id, reason, self.caller.actor)).data)


class YearlyCost(Endpoint):
    """What a year may cost."""

    @extend_schema(operation_id="risk_portfolio", responses={200: PortfolioOutput})
    def get(self, request: Request) -> Response:
        """Draw ten thousand years of all open risks that have ranges."""
        self.no_filters()
        drawn, risks = year_of(self.organization)
        return Response(PortfolioOutput(_said(drawn, risks)).data)


def _said(drawn: Portfolio, risks: list[RegisteredRisk]) -> dict[str, Any]:
    each = [{"risk": risk.pk, "title": risk.title, **_year(drawn.each[str(risk.pk)])} for risk in risks]
    return {
        "n_years": drawn.n_years,
        "total": _year(drawn.total),
        "risks": sorted(each, key=lambda one: -one["mean"]),
        "curve": [list(point) for point in drawn.curve],
    }


def _year(year: Year) -> dict[str, float]:
    return {"mean": year.mean, "median": year.median, "p90": year.p90, "p95": year.p95}


urlpatterns = [
    path("risk/register/", Register.as_view()),
    path("risk/register/<uuid:risk_id>/", RegisteredOne.as_view()),
    path("risk/register/<uuid:risk_id>/review/", Review.as_view()),
    path("risk/register/<uuid:risk_id>/close/", Close.as_view()),
    path("risk/register/<uuid:risk_id>/reopen/", Reopen.as_view()),
    path("risk/portfolio/", YearlyCost.as_view()),
]
