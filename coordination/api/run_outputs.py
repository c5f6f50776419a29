"""How runs and their steps are answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from coordination.api.usd import Microusd
from coordination.engine.flow.state import StepStatus
from coordination.runs import selectors
from coordination.runs.models import Run, Step
from coordination.runs.sealed import SEALED, is_sealed
from coordination.runs.selectors import Around, Past
from coordination.workflows.selectors import plan_of

# Runs that steps started, in the answer about the run itself; `runs/?parent=ID` lists them all.
MOST_PARTS = 100


class ParentOutput(serializers.Serializer[Run]):
    """The run, and the step of it, that a run is a part of."""

    id = serializers.UUIDField(source="parent_id")
    step = serializers.CharField(source="parent_step")


class PartOutput(serializers.ModelSerializer[Run]):
    """A run that a step started."""

    step = serializers.CharField(source="parent_step")
    workflow = serializers.CharField(source="workflow_name")

    class Meta:
        model = Run
        fields = ("id", "step", "workflow", "title", "status")


class RunOutput(serializers.ModelSerializer[Run]):
    """A run as a list shows it."""

    workflow = serializers.CharField(source="workflow_name")
    workflow_version = serializers.IntegerField(source="workflow_version.number")
    parent = serializers.SerializerMethodField()  # type: ignore[assignment]  # DRF keeps fields apart from attributes
    started_by = serializers.CharField(source="started_by_name")
    cost_usd = Microusd(source="cost_microusd")

    class Meta:
        model = Run
        fields: tuple[str, ...] = (
            "id", "workflow", "workflow_version", "title", "status", "stop_reason", "priority", "risk", "cost_usd",
            "steps_total", "steps_done", "parent", "started_by", "created_at", "started_at", "finished_at",
        )  # fmt: skip

    @extend_schema_field(ParentOutput(allow_null=True))
    def get_parent(self, run: Run) -> Any:
        """Return the run that this one is a part of, or null."""
        return ParentOutput(run).data if run.parent_id else None


class ChildrenOutput(serializers.Serializer[Any]):
    """How the items, rounds or racers of a step fare: `size` in all, `opened` begun, `done` over, of these `failed`."""

    size = serializers.IntegerField()
    opened = serializers.IntegerField()
    done = serializers.IntegerField()
    failed = serializers.IntegerField()


class RemarkOutput(serializers.Serializer[Any]):
    """Why a step was skipped: by its condition, or by whom."""

    kind = serializers.CharField()
    reason = serializers.CharField()
    actor = serializers.CharField()
    at = serializers.DateTimeField()


class StepOutput(serializers.ModelSerializer[Step]):
    """One step of a run, or one item, round or racer of it; `around` in the context says what stands around it."""

    id = serializers.CharField(source="key")
    children = serializers.SerializerMethodField()
    run = serializers.SerializerMethodField()
    winner = serializers.SerializerMethodField()
    waits_for = serializers.SerializerMethodField()
    wakes_at = serializers.SerializerMethodField()
    times_out_at = serializers.SerializerMethodField()
    tries_again_at = serializers.SerializerMethodField()
    remark = serializers.SerializerMethodField()
    rationale = serializers.CharField(allow_null=True)
    cost_usd = Microusd(source="cost_microusd")
    left_out = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    class Meta:
        model = Step
        fields = (
            "id", "title", "kind", "status", "parent", "index", "item", "children", "run", "winner", "waits_for",
            "wakes_at", "times_out_at", "tries_again_at", "remark", "attempt", "agent", "agent_version", "capability",
            "parameters", "output", "error", "confidence", "least_sure", "rationale", "usage", "cost_usd", "proposals",
            "sources", "attempts", "approval_id", "decision_id", "ready_at", "started_at", "finished_at", "left_out",
            "url",
        )  # fmt: skip

    @property
    def _around(self) -> Around:
        found: Around = self.context["around"]
        return found

    def to_representation(self, instance: Step) -> Any:
        """Leave out what a party to a negotiation told its mediator."""
        said = super().to_representation(instance)
        if said["output"] is not None and is_sealed(plan_of(instance.run.workflow_version_id), instance.key):
            said["output"] = SEALED
        return said

    @extend_schema_field(ChildrenOutput(allow_null=True))
    def get_children(self, step: Step) -> Any:
        """Return how many items, rounds or racers the step has; null if it has none."""
        return ChildrenOutput(step.progress).data if step.progress.get("size") else None

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_run(self, step: Step) -> Any:
        """Return the run that the step started last."""
        part = self._around.parts.get(step.key)
        return part.pk if part else None

    def get_winner(self, step: Step) -> str:
        """Return the agent whose answer counted in a race."""
        return self._around.winners.get(step.key, "")

    @extend_schema_field(serializers.ChoiceField(["", "person", "time", "signal"]))
    def get_waits_for(self, step: Step) -> str:
        """Return what a waiting step waits for."""
        if step.status != StepStatus.WAITING:
            return ""
        wait = plan_of(step.run.workflow_version_id).definition(step.key).wait
        if wait is None or step.error is not None:
            return "person"
        return "time" if wait.signal is None else "signal"

    def get_wakes_at(self, step: Step) -> datetime | None:
        """Return when a pause is over."""
        return self._around.wakes.get(step.key)

    def get_times_out_at(self, step: Step) -> datetime | None:
        """Return when the time of the step is up."""
        return self._around.limits.get(step.key)

    def get_tries_again_at(self, step: Step) -> datetime | None:
        """Return when a failed attempt is repeated."""
        return self._around.again.get(step.key)

    @extend_schema_field(RemarkOutput(allow_null=True))
    def get_remark(self, step: Step) -> Any:
        """Return why the step was skipped."""
        remark = self._around.remarks.get(step.key)
        return RemarkOutput(remark).data if remark else None

    def get_left_out(self, step: Step) -> list[str]:
        """Return which fields are null here because they are large; the step's own address has them."""
        return selectors.left_out_of(step)

    @extend_schema_field(serializers.CharField())
    def get_url(self, step: Step) -> str:
        """Return the step's own address."""
        return f"/api/v1/runs/{step.run_id}/steps/{quote(step.key, safe='')}/"


class ReplayedOutput(serializers.Serializer[Any]):
    """Which moment an answer shows: after record `record` of `records`, which is of this kind."""

    record = serializers.IntegerField()
    records = serializers.IntegerField()
    at = serializers.DateTimeField(allow_null=True)
    kind = serializers.CharField()
    step = serializers.CharField()
    actor = serializers.CharField()
    exact = serializers.BooleanField(help_text="False: it rests on a value that only its digest is left of.")


class RunDetailOutput(RunOutput):
    """A run with its steps, what went in and what came out; with `at`, as it was then."""

    steps = serializers.SerializerMethodField()
    children = serializers.SerializerMethodField()
    replayed = serializers.SerializerMethodField()

    class Meta(RunOutput.Meta):
        fields = (*RunOutput.Meta.fields, "children", "replayed", "input", "output", "error", "steps")

    @extend_schema_field(StepOutput(many=True))
    def get_steps(self, run: Run) -> Any:
        """Return the steps in the order of the workflow; `steps/?parent=` lists their items, rounds and racers."""
        past: Past | None = self.context.get("past")
        if past is not None:
            steps = [selectors.bounded(step) for step in past.steps]
            return StepOutput(steps, many=True, context={"around": Around()}).data
        return told(run, selectors.steps_of(run))

    @extend_schema_field(PartOutput(many=True))
    def get_children(self, run: Run) -> Any:
        """Return the runs that steps of this one started."""
        return PartOutput(selectors.parts_of(run)[:MOST_PARTS], many=True).data

    @extend_schema_field(ReplayedOutput(allow_null=True))
    def get_replayed(self, run: Run) -> Any:
        """Return which moment this shows; null is the present."""
        past: Past | None = self.context.get("past")
        return ReplayedOutput(_moment_of(past)).data if past else None


def told(run: Run, steps: Sequence[Step]) -> Any:
    """Return steps of one run as they are answered."""
    return StepOutput(steps, many=True, context={"around": selectors.around(run, steps)}).data


def _moment_of(past: Past) -> dict[str, Any]:
    record = past.record
    return {
        "record": past.number,
        "records": past.length,
        "at": record.occurred_at if record else None,
        "kind": record.kind if record else "",
        "step": record.object.partition("/step:")[2] if record else "",
        "actor": record.actor if record else "",
        "exact": past.gap is None,
    }
