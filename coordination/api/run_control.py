"""What people may do to runs: hold them, let them go on, end them, and say what becomes of a step."""

from uuid import UUID

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.describing import takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input, Reason
from coordination.api.run_outputs import RunDetailOutput
from coordination.runs import services
from coordination.runs.models import Run


class SkipInput(Input):
    """Why the run goes on without the step."""

    reason = serializers.CharField(max_length=500)


class OverrideInput(Input):
    """The step's output, and why a person gives it."""

    output = serializers.JSONField()
    reason = serializers.CharField(max_length=500)


class SignalInput(Input):
    """Which signal, and what comes with it."""

    name = serializers.CharField(max_length=63)
    payload = serializers.JSONField(default=dict)


class Control(Endpoint):
    """Something a person does to a run."""

    writes = Right.RUN_CONTROL

    def reason(self) -> str:
        """Return why, if it was said."""
        return str(self.given(Reason)["reason"])

    def told(self, run: Run) -> Response:
        """Return the run as it is now."""
        return Response(RunDetailOutput(run).data)


class Pause(Control):
    """Hold a run."""

    @takes("runs_pause", Reason, RunDetailOutput)
    def post(self, request: Request, run_id: UUID) -> Response:
        """Let running steps finish and start none."""
        return self.told(services.pause_run(self.organization, run_id, self.caller.actor, self.reason()))


class Resume(Control):
    """Let a run go on."""

    @takes("runs_resume", Reason, RunDetailOutput)
    def post(self, request: Request, run_id: UUID) -> Response:
        """Let a paused run go on."""
        return self.told(services.resume_run(self.organization, run_id, self.caller.actor, self.reason()))


class Cancel(Control):
    """End a run."""

    @takes("runs_cancel", Reason, RunDetailOutput)
    def post(self, request: Request, run_id: UUID) -> Response:
        """End the run: agents that are at work for it are told, and their results are refused."""
        return self.told(services.cancel_run(self.organization, run_id, self.caller.actor, self.reason()))


class Retry(Control):
    """Repeat what failed."""

    @takes("runs_retry", Reason, RunDetailOutput)
    def post(self, request: Request, run_id: UUID) -> Response:
        """Repeat the run from the step that failed it."""
        return self.told(services.retry_run(self.organization, run_id, self.caller.actor, self.reason()))


class Signal(Control):
    """Tell a run that something happened."""

    @takes("runs_signal", SignalInput, RunDetailOutput)
    def post(self, request: Request, run_id: UUID) -> Response:
        """Give the first step that waits for this signal its payload; one that comes too early is kept."""
        given = self.given(SignalInput)
        return self.told(
            services.signal_run(self.organization, run_id, given["name"], given["payload"], self.caller.actor)
        )


class StepRetry(Control):
    """Repeat a step."""

    @takes("runs_retry_step", Reason, RunDetailOutput)
    def post(self, request: Request, run_id: UUID, step: str) -> Response:
        """Repeat the step and everything after it; its actions are new actions."""
        return self.told(services.retry_step(self.organization, run_id, step, self.caller.actor, self.reason()))


class StepSkip(Control):
    """Go on without a step."""

    @takes("runs_skip_step", SkipInput, RunDetailOutput)
    def post(self, request: Request, run_id: UUID, step: str) -> Response:
        """Let the run go on without the step."""
        reason = self.given(SkipInput)["reason"]
        return self.told(services.skip_step(self.organization, run_id, step, self.caller.actor, reason))


class StepOverride(Control):
    """Give a step's output in its place."""

    @takes("runs_override_step", OverrideInput, RunDetailOutput)
    def post(self, request: Request, run_id: UUID, step: str) -> Response:
        """Let the run go on with this output."""
        given = self.given(OverrideInput)
        return self.told(
            services.override_step(self.organization, run_id, step, given["output"], given["reason"], self.caller.actor)
        )


urlpatterns = [
    path("runs/<uuid:run_id>/pause/", Pause.as_view()),
    path("runs/<uuid:run_id>/resume/", Resume.as_view()),
    path("runs/<uuid:run_id>/cancel/", Cancel.as_view()),
    path("runs/<uuid:run_id>/retry/", Retry.as_view()),
    path("runs/<uuid:run_id>/signal/", Signal.as_view()),
    path("runs/<uuid:run_id>/steps/<str:step>/retry/", StepRetry.as_view()),
    path("runs/<uuid:run_id>/steps/<str:step>/skip/", StepSkip.as_view()),
    path("runs/<uuid:run_id>/steps/<str:step>/override/", StepOverride.as_view()),
]
