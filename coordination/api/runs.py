"""Runs: start them, watch them, look back at them, and learn why."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import path
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.decisions import DecisionOutput
from coordination.api.describing import Paging, listing, page_of, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.api.memory import MemoryOutput
from coordination.api.pagination import ByIndex, InPlan, NewestFirst, OldestFirst
from coordination.api.run_outputs import RunDetailOutput, RunOutput, StepOutput, told
from coordination.engine.flow.state import RunStatus, StepStatus
from coordination.memory.selectors import remembered
from coordination.policies.selectors import decisions_of_run
from coordination.runs import selectors, services
from coordination.runs.errors import StepUnknown
from coordination.runs.models import Run, Step
from coordination.runs.selectors import Around

OPEN = "open"
# More digits than any record's number has.
_MOST_DIGITS = 12
# So many runs are started with one commit at most.
MOST_AT_ONCE = 500


class RunFilters(Input):
    """Which runs to list."""

    status = serializers.ChoiceField([*(str(status) for status in RunStatus), OPEN], required=False)
    workflow = serializers.CharField(max_length=63, required=False)
    q = serializers.CharField(max_length=200, required=False, help_text="Part of the title.")
    parent = serializers.UUIDField(  # type: ignore[assignment]  # DRF keeps fields apart from attributes
        required=False, help_text="The run whose steps started them."
    )


class StartInput(Input):
    """What to start."""

    workflow = serializers.CharField(max_length=63)
    input = serializers.DictField(default=dict)
    title = serializers.CharField(max_length=300, default="", allow_blank=True)
    priority = serializers.IntegerField(min_value=0, max_value=100, default=50)


class BatchInput(Input):
    """What to start many times."""

    workflow = serializers.CharField(max_length=63)
    inputs = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=MOST_AT_ONCE)
    title = serializers.CharField(max_length=300, default="", allow_blank=True)
    priority = serializers.IntegerField(min_value=0, max_value=100, default=50)


class StartedOutput(serializers.Serializer[Any]):
    """A run that was started."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    status = serializers.CharField()


class BatchOutput(serializers.Serializer[Any]):
    """The runs that were started, in the order of their inputs."""

    results = StartedOutput(many=True)


class MomentFilter(Input):
    """As of when; without it, as of now."""

    at = serializers.CharField(
        max_length=40, required=False, help_text="The number of one of its records, or a time with its zone."
    )

    def validate_at(self, value: str) -> int | datetime:
        """Return the record's number or the moment; raises ValidationError."""
        if value.isdecimal() and len(value) <= _MOST_DIGITS:
            return int(value)
        try:
            moment = parse_datetime(value.replace(" ", "+"))  # A plus sign in an address is a space.
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise serializers.ValidationError("Give a record's number, or a time such as 2026-03-01T12:00:00Z.")
        return moment


class StepFilters(Input):
    """Which steps to list: those of the workflow, or the items, rounds or racers of one of them."""

    parent = serializers.CharField(max_length=80, required=False)  # type: ignore[assignment]  # DRF keeps fields apart from attributes
    status = serializers.ChoiceField([str(status) for status in StepStatus], required=False)


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


class RunBatch(Endpoint):
    """Many runs at once."""

    writes = Right.RUN_START

    @takes("runs_start_many", BatchInput, BatchOutput, 201)
    def post(self, request: Request) -> Response:
        """Start a run for each input, or none if one of them is wrong."""
        given = self.given(BatchInput)
        workflow, title, priority = given["workflow"], given["title"], given["priority"]
        wishes = [services.Wish(workflow, value, title, priority) for value in given["inputs"]]
        runs = services.start_runs(self.organization, wishes, actor=self.caller.actor)
        return Response({"results": StartedOutput(runs, many=True).data}, status=201)


class RunDetail(Endpoint):
    """One run."""

    @extend_schema(operation_id="runs_read", parameters=[MomentFilter], responses={200: RunDetailOutput})
    def get(self, request: Request, run_id: UUID) -> Response:
        """Return the run with its steps, as it is or as it was after one of its records."""
        run = selectors.get_run(self.organization, run_id)
        asked = self.asked(MomentFilter)
        if "at" not in asked:
            return Response(RunDetailOutput(run).data)
        past = selectors.run_at(run, asked["at"])
        return Response(RunDetailOutput(past.run, context={"past": past}).data)


class RunSteps(Endpoint):
    """The steps of a run."""

    @extend_schema(
        operation_id="runs_steps",
        parameters=[StepFilters, Paging],
        responses={200: page_of("StepPage", StepOutput)},
    )
    def get(self, request: Request, run_id: UUID) -> Response:
        """List steps in the order of the workflow, or the items, rounds or racers of one in theirs."""
        run = selectors.get_run(self.organization, run_id)
        asked = self.asked(StepFilters)
        status = asked.get("status", "")
        if "parent" in asked:
            parent = selectors.step_of(run, asked["parent"])
            inside = selectors.within_bounds(selectors.children_of(run, parent.key, status))
            return self._page(run, ByIndex(), inside, selectors.settled)
        return self._page(run, InPlan(), [step for step in selectors.steps_of(run) if status in ("", step.status)])

    def _page(
        self, run: Run, paginator: NewestFirst, steps: Any, made: Callable[[Step], Step] = lambda step: step
    ) -> Response:
        rows: list[Step] = paginator.paginate_queryset(steps, self.request, view=self) or []
        return paginator.get_paginated_response(told(run, [made(row) for row in rows]))


class RunStep(Endpoint):
    """One step of a run."""

    @extend_schema(operation_id="runs_step", parameters=[MomentFilter], responses={200: StepOutput})
    def get(self, request: Request, run_id: UUID, step: str) -> Response:
        """Return a step, item, round or racer with all its values, however large, as it is or as it was."""
        run = selectors.get_run(self.organization, run_id)
        asked = self.asked(MomentFilter)
        if "at" not in asked:
            return Response(told(run, [selectors.step_of(run, step)])[0])
        then = selectors.run_at(run, asked["at"]).step(step)
        if then is None:
            raise StepUnknown(name=step)
        return Response(StepOutput(then, context={"around": Around()}).data)


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
    path("runs/batch/", RunBatch.as_view()),
    path("runs/<uuid:run_id>/", RunDetail.as_view()),
    path("runs/<uuid:run_id>/steps/", RunSteps.as_view()),
    path("runs/<uuid:run_id>/steps/<str:step>/", RunStep.as_view()),
    path("runs/<uuid:run_id>/decisions/", RunDecisions.as_view()),
    path("runs/<uuid:run_id>/context/", RunContext.as_view()),
]
