"""Runs: start them, watch them, steer them, and learn why."""

from typing import Any
from uuid import UUID

from django.urls import path
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input, Reason
from coordination.api.memory import MemoryOutput
from coordination.api.pagination import OldestFirst
from coordination.api.policies import DecisionOutput
from coordination.api.usd import Microusd
from coordination.engine.flow.state import RunStatus
from coordination.memory.selectors import remembered
from coordination.policies.selectors import decisions_of_run
from coordination.runs import selectors, services
from coordination.runs.models import Run, Step

OPEN = "open"


class RunFilters(Input):
    """Which runs to list."""

    status = serializers.ChoiceField([*(str(status) for status in RunStatus), OPEN], required=False)
    workflow = serializers.CharField(max_length=63, required=False)
    q = serializers.CharField(max_length=200, required=False, help_text="Part of the title.")


class StartInput(Input):
    """What to start."""

    workflow = serializers.CharField(max_length=63)
    input = serializers.DictField(default=dict)
    title = serializers.CharField(max_length=300, default="", allow_blank=True)
    priority = serializers.IntegerField(min_value=0, max_value=100, default=50)


class SkipInput(Input):
    """Why the run goes on without the step."""

    reason = serializers.CharField(max_length=500)


class OverrideInput(Input):
    """The step's output, and why a person gives it."""

    output = serializers.JSONField()
    reason = serializers.CharField(max_length=500)


class RunOutput(serializers.ModelSerializer[Run]):
    """A run as a list shows it."""

    workflow = serializers.CharField(source="workflow_name")
    workflow_version = serializers.IntegerField(source="workflow_version.number")
    started_by = serializers.CharField(source="started_by_name")
    cost_usd = Microusd(source="cost_microusd")

    class Meta:
        model = Run
        fields: tuple[str, ...] = (
            "id", "workflow", "workflow_version", "title", "status", "stop_reason", "priority", "risk", "cost_usd",
            "steps_total", "steps_done", "started_by", "created_at", "started_at", "finished_at",
        )  # fmt: skip


class StepOutput(serializers.ModelSerializer[Step]):
    """One step of a run."""

    id = serializers.CharField(source="key")
    cost_usd = Microusd(source="cost_microusd")

    class Meta:
        model = Step
        fields = (
            "id", "title", "kind", "status", "attempt", "agent", "agent_version", "capability", "parameters", "output",
            "error", "confidence", "rationale", "usage", "cost_usd", "proposals", "sources", "attempts", "approval_id",
            "decision_id", "ready_at", "started_at", "finished_at",
        )  # fmt: skip


class RunDetailOutput(RunOutput):
    """A run with its steps, what went in and what came out."""

    steps = serializers.SerializerMethodField()

    class Meta(RunOutput.Meta):
        fields = (*RunOutput.Meta.fields, "input", "output", "error", "steps")

    @extend_schema_field(StepOutput(many=True))
    def get_steps(self, run: Run) -> Any:
        """Return the steps in the order of the workflow."""
        return StepOutput(selectors.steps_of(run), many=True).data


class ContextOutput(serializers.Serializer[Any]):
    """What a run knows and remembers."""

    context = serializers.JSONField()  # type: ignore[assignment]  # DRF keeps fields apart from attributes
    memory = MemoryOutput(many=True)


class RunList(Endpoint):
    """The organization's runs."""

    writes = Right.RUN_START

    @listing("runs_list", RunFilters, RunOutput)
    def get(self, request: Request) -> Response:
        """List runs, the newest first."""
        return self.page(selectors.runs(self.organization, **self.asked(RunFilters)), RunOutput)

    @takes("runs_start", StartInput, RunDetailOutput, 201)
    def post(self, request: Request) -> Response:
        """Start a run of a workflow's published version."""
        given = self.given(StartInput)
        run = services.start_run(
            self.organization,
            given["workflow"],
            given["input"],
            title=given["title"],
            priority=given["priority"],
            actor=self.caller.actor,
        )
        answer = RunDetailOutput(selectors.get_run(self.organization, run.pk)).data
        return Response(answer, status=201, headers={"Location": f"{request.path}{run.pk}/"})


class RunDetail(Endpoint):
    """One run."""

    @takes("runs_read", None, RunDetailOutput)
    def get(self, request: Request, run_id: UUID) -> Response:
        """Return the run with its steps."""
        return Response(RunDetailOutput(selectors.get_run(self.organization, run_id)).data)


class Pause(Endpoint):
    """Hold a run."""

    writes = Right.RUN_CONTROL

    @takes("runs_pause", Reason, RunDetailOutput)
    def post(self, request: Request, run_id: UUID) -> Response:
        """Let running steps finish and start none."""
        run = services.pause_run(self.organization, run_id, self.caller.actor, self.given(Reason)["reason"])
        return Response(RunDetailOutput(run).data)


class Resume(Endpoint):
    """Let a run go on."""

    writes = Right.RUN_CONTROL

    @takes("runs_resume", Reason, RunDetailOutput)
    def post(self, request: Request, run_id: UUID) -> Response:
        """Let a paused run go on."""
        run = services.resume_run(self.organization, run_id, self.caller.actor, self.given(Reason)["reason"])
        return Response(RunDetailOutput(run).data)


class Cancel(Endpoint):
    """End a run."""

    writes = Right.RUN_CONTROL

    @takes("runs_cancel", Reason, RunDetailOutput)
    def post(self, request: Request, run_id: UUID) -> Response:
        """End the run; results of steps that still work are refused."""
        run = services.cancel_run(self.organization, run_id, self.caller.actor, self.given(Reason)["reason"])
        return Response(RunDetailOutput(run).data)


class Retry(Endpoint):
    """Repeat what failed."""

    writes = Right.RUN_CONTROL

    @takes("runs_retry", Reason, RunDetailOutput)
    def post(self, request: Request, run_id: UUID) -> Response:
        """Repeat the run from the step that failed it."""
        run = services.retry_run(self.organization, run_id, self.caller.actor, self.given(Reason)["reason"])
        return Response(RunDetailOutput(run).data)


class StepRetry(Endpoint):
    """Repeat a step."""

    writes = Right.RUN_CONTROL

    @takes("runs_retry_step", Reason, RunDetailOutput)
    def post(self, request: Request, run_id: UUID, step: str) -> Response:
        """Repeat the step and everything after it; its actions are new actions."""
        reason = self.given(Reason)["reason"]
        run = services.retry_step(self.organization, run_id, step, self.caller.actor, reason)
        return Response(RunDetailOutput(run).data)


class StepSkip(Endpoint):
    """Go on without a step."""

    writes = Right.RUN_CONTROL

    @takes("runs_skip_step", SkipInput, RunDetailOutput)
    def post(self, request: Request, run_id: UUID, step: str) -> Response:
        """Let the run go on without the step."""
        reason = self.given(SkipInput)["reason"]
        run = services.skip_step(self.organization, run_id, step, self.caller.actor, reason)
        return Response(RunDetailOutput(run).data)


class StepOverride(Endpoint):
    """Give a step's output in its place."""

    writes = Right.RUN_CONTROL

    @takes("runs_override_step", OverrideInput, RunDetailOutput)
    def post(self, request: Request, run_id: UUID, step: str) -> Response:
        """Let the run go on with this output."""
        given = self.given(OverrideInput)
        run = services.override_step(
            self.organization, run_id, step, given["output"], given["reason"], self.caller.actor
        )
        return Response(RunDetailOutput(run).data)


class RunDecisions(Endpoint):
    """What policy decided about a run."""

    @listing("runs_decisions", None, DecisionOutput)
    def get(self, request: Request, run_id: UUID) -> Response:
        """List the decisions in the order in which they were taken."""
        self.no_filters()
        run = selectors.get_run(self.organization, run_id)
        return self.page(decisions_of_run(self.organization, run.pk), DecisionOutput, OldestFirst)


class RunContext(Endpoint):
    """What a run knows."""

    @takes("runs_context", None, ContextOutput)
    def get(self, request: Request, run_id: UUID) -> Response:
        """Return the run's context and what its agents wrote down for each other."""
        run = selectors.get_run(self.organization, run_id)
        entries = remembered(self.organization, run.pk)
        return Response({"context": run.context, "memory": MemoryOutput(entries, many=True).data})


urlpatterns = [
    path("runs/", RunList.as_view()),
    path("runs/<uuid:run_id>/", RunDetail.as_view()),
    path("runs/<uuid:run_id>/pause/", Pause.as_view()),
    path("runs/<uuid:run_id>/resume/", Resume.as_view()),
    path("runs/<uuid:run_id>/cancel/", Cancel.as_view()),
    path("runs/<uuid:run_id>/retry/", Retry.as_view()),
    path("runs/<uuid:run_id>/steps/<str:step>/retry/", StepRetry.as_view()),
    path("runs/<uuid:run_id>/steps/<str:step>/skip/", StepSkip.as_view()),
    path("runs/<uuid:run_id>/steps/<str:step>/override/", StepOverride.as_view()),
    path("runs/<uuid:run_id>/decisions/", RunDecisions.as_view()),
    path("runs/<uuid:run_id>/context/", RunContext.as_view()),
]
