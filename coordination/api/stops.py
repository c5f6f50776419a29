"""The brake: everything, a workflow, and how far an agent acts by itself."""

from typing import Any

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.agents.models import Autonomy
from coordination.agents.selectors import agent_named
from coordination.api.agents import AGENTS, ANSWER, LEVELS
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input, Reason
from coordination.engine.trust.autonomy import GATES, missing
from coordination.policies.services import ask_about_change
from coordination.risk.selectors import track_of
from coordination.runs import services
from coordination.runs.models import Stop
from coordination.runs.selectors import oversight
from coordination.shared.clock import now


class StopInput(Input):
    """Why something is stopped, and what becomes of its runs."""

    reason = serializers.CharField(max_length=500)
    runs = serializers.ChoiceField(["held", "cancelled"], default="held")


class StopOutput(serializers.ModelSerializer[Stop]):
    """Something that a person brought to a stand; no `workflow` is everything, no `ended_at` is still."""

    runs = serializers.SerializerMethodField()

    class Meta:
        model = Stop
        fields = ("id", "workflow", "runs", "reason", "stopped_by", "stopped_at", "ended_by", "ended_at")

    def get_runs(self, stop: Stop) -> str:
        """Return what becomes of its runs."""
        return "cancelled" if stop.cancels else "held"


class AutonomyInput(Input):
    """How far an agent acts by itself, and why."""

    level = serializers.ChoiceField([*LEVELS])
    reason = serializers.CharField(max_length=500)
    despite = serializers.BooleanField(
        default=False, help_text="Raise it although its record does not support that; the record says so."
    )


class Stops(Endpoint):
    """What was stopped."""

    @listing("stops_list", None, StopOutput)
    def get(self, request: Request) -> Response:
        """List what people brought to a stand, newest first."""
        self.no_filters()
        return self.page(oversight.stops(self.organization), StopOutput)


class StopOrganization(Endpoint):
    """Stop everything."""

    writes = Right.STOP

    @takes("organization_stop", StopInput, StopOutput, 201)
    def post(self, request: Request) -> Response:
        """Let nothing start, go on or leave: calls under way are given up within a second and done anew afterwards."""
        given = self.given(StopInput)
        cancels = given["runs"] == "cancelled"
        stop = services.stop_organization(self.organization, self.caller.actor, given["reason"], cancels=cancels)
        return Response(StopOutput(stop).data, status=201)


class ReleaseOrganization(Endpoint):
    """Let everything go on."""

    writes = Right.STOP

    @takes("organization_resume", Reason, None, 204)
    def post(self, request: Request) -> Response:
        """Let everything go on from where it stood still."""
        services.release_organization(self.organization, self.caller.actor, self.given(Reason)["reason"])
        return Response(status=204)


class StopWorkflow(Endpoint):
    """Stop a workflow."""

    writes = Right.STOP

    @takes("workflows_stop", StopInput, StopOutput, 201)
    def post(self, request: Request, name: str) -> Response:
        """Let no run of the workflow start; those that go on are paused, or cancelled."""
        given = self.given(StopInput)
        cancels = given["runs"] == "cancelled"
        stop = services.stop_workflow(self.organization, name, self.caller.actor, given["reason"], cancels=cancels)
        return Response(StopOutput(stop).data, status=201)


class ReleaseWorkflow(Endpoint):
    """Let a stopped workflow go on."""

    writes = Right.STOP

    @takes("workflows_resume", Reason, None, 204)
    def post(self, request: Request, name: str) -> Response:
        """Let the workflow go on, with the runs that were paused for it."""
        services.release_workflow(self.organization, name, self.caller.actor, self.given(Reason)["reason"])
        return Response(status=204)


class RungOutput(serializers.Serializer[Any]):
    """One level, the lower bound it takes, and what the record lacks for it."""

    level = serializers.CharField()
    gate = serializers.FloatField(allow_null=True)
    missing = serializers.ListField(child=serializers.CharField())


class AutonomyOutput(serializers.Serializer[Any]):
    """How far an agent acts by itself, since when, and what its record supports."""

    agent = serializers.CharField()
    level = serializers.CharField()
    reason = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True)
    outcomes = serializers.IntegerField()
    lower = serializers.FloatField()
    levels = RungOutput(many=True)


class SetAutonomy(Endpoint):
    """Say how far an agent acts by itself."""

    writes = Right.STOP

    @takes("agents_autonomy_read", None, AutonomyOutput)
    def get(self, request: Request, name: str) -> Response:
        """Return the ladder: where the agent stands, and what its record lacks for each level."""
        agent = agent_named(self.organization, name)
        track, at = track_of(self.organization, agent), now()
        word = {level: word for word, level in LEVELS.items()}
        rungs = [
            {"level": word[level], "gate": GATES.get(level), "missing": missing(level, track, at)} for level in Autonomy
        ]
        said = {
            "agent": agent.name,
            "level": word[Autonomy(agent.autonomy)],
            "reason": agent.autonomy_reason,
            "since": agent.autonomy_at,
            "outcomes": round(track.n),
            "lower": track.lower,
            "levels": rungs,
        }
        return Response(AutonomyOutput(said).data)

    @takes("agents_autonomy", AutonomyInput, ANSWER)
    def post(self, request: Request, name: str) -> Response:
        """Lower or raise the agent's autonomy, from the next decision on; raising it takes who may edit agents."""
        given = self.given(AutonomyInput)
        level = LEVELS[given["level"]]
        if level > agent_named(self.organization, name).autonomy:
            self.caller.require(Right.AGENT_EDIT)
            ask_about_change(self.organization, self.caller.actor, "agent", "autonomy", name)
        services.set_autonomy(
            self.organization, name, level, self.caller.actor, given["reason"], despite=given["despite"]
        )
        return Response(AGENTS.answer(self.organization, name))


urlpatterns = [
    path("stops/", Stops.as_view()),
    path("organization/stop/", StopOrganization.as_view()),
    path("organization/resume/", ReleaseOrganization.as_view()),
    path("workflows/<str:name>/stop/", StopWorkflow.as_view()),
    path("workflows/<str:name>/resume/", ReleaseWorkflow.as_view()),
    path("agents/<str:name>/autonomy/", SetAutonomy.as_view()),
]
