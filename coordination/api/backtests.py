"""Backtests: what a version of a policy would have done to the decisions that are on record."""

from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input, Reason, WhichVersion
from coordination.policies import selectors, services
from coordination.policies.models import Backtest


class BacktestOutput(serializers.ModelSerializer[Backtest]):
    """How far a backtest is: `against` is the version it is compared with, null where the policy was not enforced."""

    policy = serializers.CharField(source="policy.name")
    version = serializers.IntegerField(source="version.number")

    class Meta:
        model = Backtest
        fields = (
            "id", "policy", "version", "against", "status", "done", "total", "error", "requested_by", "created_at",
            "started_at", "finished_at",
        )  # fmt: skip


class BacktestDetailOutput(BacktestOutput):
    """A backtest with what it found, once it is finished."""

    is_outdated = serializers.BooleanField(help_text="Another version is enforced since.")
    report = serializers.JSONField(allow_null=True)

    class Meta(BacktestOutput.Meta):
        fields = (*BacktestOutput.Meta.fields, "is_outdated", "report")  # type: ignore[assignment]  # a longer tuple


class StartBacktest(Endpoint):
    """Try a version on what was decided before."""

    writes = Right.POLICY_EDIT

    @takes("policies_backtest", WhichVersion, BacktestDetailOutput, status=202)
    def post(self, request: Request, name: str) -> Response:
        """Have a worker judge a version, the newest unless it is named, on stored decisions."""
        policy = selectors.policy_named(self.organization, name)
        number = self.given(WhichVersion).get("version")
        version = selectors.version_of(policy, number) if number else policy.versions.latest("number")
        backtest = services.start_backtest(version, self.caller.actor)
        return Response(BacktestDetailOutput(backtest).data, status=202)


class BacktestList(Endpoint):
    """The backtests of a policy."""

    @listing("policies_backtests", None, BacktestOutput)
    def get(self, request: Request, name: str) -> Response:
        """List them, the newest first."""
        self.no_filters()
        return self.page(selectors.backtests_of(selectors.policy_named(self.organization, name)), BacktestOutput)


class BacktestDetail(Endpoint):
    """One backtest."""

    @takes("backtests_read", None, BacktestDetailOutput)
    def get(self, request: Request, backtest_id: UUID) -> Response:
        """Return how far it is, and what it found."""
        return self.answer(selectors.backtest(self.organization, backtest_id))

    def answer(self, backtest: Backtest) -> Response:
        """Return the backtest as an answer."""
        shown: dict[str, Any] = dict(BacktestDetailOutput(backtest).data)
        return Response(shown)


class CancelBacktest(BacktestDetail):
    """Stop a backtest."""

    writes = Right.POLICY_EDIT
    http_method_names = ["post", "options"]

    @takes("backtests_cancel", Reason, BacktestDetailOutput)
    def post(self, request: Request, backtest_id: UUID) -> Response:
        """Call it off; its worker notices within a moment."""
        reason = self.given(Reason)["reason"]
        found = selectors.backtest(self.organization, backtest_id)
        return self.answer(services.cancel_backtest(found, self.caller.actor, reason))


class RestartBacktest(BacktestDetail):
    """Do a backtest again."""

    writes = Right.POLICY_EDIT
    http_method_names = ["post", "options"]

    @takes("backtests_restart", Input, BacktestDetailOutput)
    def post(self, request: Request, backtest_id: UUID) -> Response:
        """Begin one again that is over, whatever became of it."""
        self.given(Input)
        found = selectors.backtest(self.organization, backtest_id)
        return self.answer(services.restart_backtest(found, self.caller.actor))


urlpatterns = [
    path("policies/<str:name>/backtest/", StartBacktest.as_view()),
    path("policies/<str:name>/backtests/", BacktestList.as_view()),
    path("backtests/<uuid:backtest_id>/", BacktestDetail.as_view()),
    path("backtests/<uuid:backtest_id>/cancel/", CancelBacktest.as_view()),
    path("backtests/<uuid:backtest_id>/restart/", RestartBacktest.as_view()),
]
