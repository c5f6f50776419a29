"""Approvals: how the queue keeps time, how well it does, and how much each person has before them."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.describing import takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.approvals import selectors, services
from coordination.approvals.selectors import Figures
from coordination.shared.clock import now

_MOST_DAYS = 366


class RulesInput(Input):
    """The rules as they are to be; what is left out is as the product comes with it."""

    rules = serializers.DictField(help_text="calendars, clocks, calls, levels, duty, load, flood, unattended.")
    reason = serializers.CharField(max_length=500, default="", allow_blank=True)


class TurnOutput(serializers.Serializer[Any]):
    """Whose turn it is to be called."""

    person = serializers.CharField()
    begins_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class RulesOutput(serializers.Serializer[Any]):
    """The rules that hold; version 0 are those that the product comes with."""

    version = serializers.IntegerField()
    rules = serializers.DictField()
    on_duty = TurnOutput(allow_null=True)


class FiguresFilters(Input):
    """Of how many days."""

    days = serializers.IntegerField(min_value=1, max_value=_MOST_DAYS, default=7)


class FiguresOutput(serializers.Serializer[Any]):
    """The figures of one risk, or of all: times in seconds, shares null while there is too little to tell."""

    risk = serializers.CharField(help_text="Empty for all of them.")
    open = serializers.IntegerField()
    oldest_at = serializers.DateTimeField(allow_null=True)
    late_open = serializers.IntegerField()
    decided = serializers.IntegerField()
    settled = serializers.IntegerField()
    median_s = serializers.FloatField(allow_null=True)
    p90_s = serializers.FloatField(allow_null=True)
    late_share = serializers.FloatField(allow_null=True)
    override_share = serializers.FloatField(allow_null=True)
    edit_share = serializers.FloatField(allow_null=True)
    unattended = serializers.IntegerField(help_text="Let through by silence: no human decided.")


class AllFiguresOutput(serializers.Serializer[Any]):
    """How well the queue does."""

    days = serializers.IntegerField()
    figures = FiguresOutput(many=True)


class LoadOutput(serializers.Serializer[Any]):
    """What the caller has before them, and the most that one person can look at well."""

    open = serializers.IntegerField()
    last_hour = serializers.IntegerField()
    with_others = serializers.IntegerField(help_text="Put to others first; the caller may decide these too.")
    most_open = serializers.IntegerField()
    most_in_an_hour = serializers.IntegerField()
    is_over = serializers.BooleanField()


class QueueRulesDetail(Endpoint):
    """How the queue keeps time."""

    writes = Right.OVERSIGHT_EDIT

    @takes("approvals_settings", None, RulesOutput)
    def get(self, request: Request) -> Response:
        """Return the rules that hold."""
        return Response(RulesOutput(self._held()).data)

    @takes("approvals_settings_change", RulesInput, RulesOutput)
    def put(self, request: Request) -> Response:
        """Let questions keep other time from now on; deadlines that were set stay."""
        given = self.given(RulesInput)
        services.change_rules(self.organization, given["rules"], self.caller.actor, given["reason"])
        return Response(RulesOutput(self._held()).data)

    def _held(self) -> dict[str, Any]:
        rules = selectors.rules_of(self.organization.pk)
        kept = selectors.rules_version(self.organization)
        return {
            "version": kept.version if kept else 0,
            "rules": rules.model_dump(mode="json"),
            "on_duty": rules.duty.rota().turn_at(now()),
        }


class QueueFigures(Endpoint):
    """How well the queue does."""

    @takes("approvals_figures", None, AllFiguresOutput)
    def get(self, request: Request) -> Response:
        """Return the figures of all questions, and of each risk."""
        days, moment = self.asked(FiguresFilters)["days"], now()
        found = selectors.queue_figures(self.organization, moment - timedelta(days=days), moment)
        said = [_said(band, one) for band, one in found.items()]
        return Response({"days": days, "figures": FiguresOutput(said, many=True).data})


class OwnLoad(Endpoint):
    """How much the caller has before them."""

    @takes("approvals_load", None, LoadOutput)
    def get(self, request: Request) -> Response:
        """Return what waits for the caller and what they did in the last hour."""
        return Response(LoadOutput(selectors.load_of(self.caller.membership)).data)


def _said(band: str, one: Figures) -> dict[str, Any]:
    return asdict(one) | {
        "risk": band,
        "median_s": one.median.total_seconds() if one.median is not None else None,
        "p90_s": one.p90.total_seconds() if one.p90 is not None else None,
        "late_share": one.late_share,
        "override_share": one.override_share,
        "edit_share": one.edit_share,
    }


urlpatterns = [
    path("approvals/settings/", QueueRulesDetail.as_view()),
    path("approvals/figures/", QueueFigures.as_view()),
    path("approvals/load/", OwnLoad.as_view()),
]
