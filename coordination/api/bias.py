"""Bias monitors: what they watch, what they found, and what people say to an alarm."""

from typing import Any

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.catalogue import Labelled, Shelf, addresses, answer_of
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.api.pagination import NewestFirst
from coordination.bias import selectors
from coordination.bias.findings import report_shown, shown
from coordination.bias.manifest import MonitorSpec
from coordination.bias.models import BiasMonitor, Look, MonitorState, Probe
from coordination.bias.services import Decided, TurnedOut, join_outcomes, post_decisions
from coordination.bias.states import is_held
from coordination.bias.subjects import LONGEST
from coordination.insights import services
from coordination.manifests.kinds import manifest
from coordination.shared.clock import now
from coordination.shared.json import JsonObject

MOST = 1_000


class MonitorFilters(Labelled):
    """Which monitors to list."""

    state = serializers.ChoiceField(MonitorState.values, required=False)


class Note(Input):
    """What a person says to an alarm."""

    note = serializers.CharField(max_length=2_000, allow_blank=True, help_text="Needed; it is kept with the monitor.")


class DecisionInput(Input):
    """One decision about one person."""

    reference = serializers.CharField(max_length=200, help_text="What it is known by; the same one is counted once.")
    subject = serializers.CharField(max_length=LONGEST, help_text="Whom it is about; kept as a digest.")
    favourable = serializers.BooleanField()
    decided_at = serializers.DateTimeField(required=False)
    outcome = serializers.BooleanField(required=False, allow_null=True, default=None)


class DecisionsInput(Input):
    """Decisions that were made elsewhere."""

    decisions = DecisionInput(many=True, max_length=MOST, allow_empty=False)  # type: ignore[call-arg]  # DRF's own, of a list


class OutcomeInput(Input):
    """What turned out to be right about a decision."""

    reference = serializers.CharField(max_length=200)
    outcome = serializers.BooleanField(help_text="Would a favourable decision have been the right one?")
    at = serializers.DateTimeField(required=False)


class OutcomesInput(Input):
    """Outcomes, however late."""

    outcomes = OutcomeInput(many=True, max_length=MOST, allow_empty=False)  # type: ignore[call-arg]  # DRF's own, of a list


class CountedOutput(serializers.Serializer[Any]):
    """How many decisions were sent, and how many of them were new."""

    sent = serializers.IntegerField()
    counted = serializers.IntegerField()


class JoinedOutput(serializers.Serializer[Any]):
    """What became of outcomes: the first that comes for a decision is recorded, and stands."""

    recorded = serializers.IntegerField()
    repeated = serializers.IntegerField()
    contradicting = serializers.IntegerField()
    unknown = serializers.IntegerField()
    late = serializers.IntegerField(help_text="Recorded after the period of the decision was over: shown, not judged.")


class StandingOutput(serializers.ModelSerializer[BiasMonitor]):
    """What a monitor found, and what people made of it."""

    findings = serializers.SerializerMethodField()
    held = serializers.SerializerMethodField(help_text="Decisions of this type wait for a person.")
    report = serializers.SerializerMethodField()
    ends = serializers.SerializerMethodField(help_text="When or after how many decisions the period ends.")

    class Meta:
        model = BiasMonitor
        fields = (
            "name", "state", "state_at", "note", "noted_by", "held", "period", "period_began_at", "ends", "looked_at",
            "n", "findings", "report", "unread", "unread_why",
        )  # fmt: skip

    def get_findings(self, monitor: BiasMonitor) -> list[dict[str, Any]]:
        """Return the last look, without the rates of very small groups."""
        return [shown(one) for one in monitor.findings]

    def get_report(self, monitor: BiasMonitor) -> dict[str, Any]:
        """Return fixed intervals and Fairlearn's metrics, without the rates of very small groups."""
        return report_shown(monitor.report)

    def get_held(self, monitor: BiasMonitor) -> bool:
        """Tell whether a breach holds decisions."""
        return is_held(monitor)

    def get_ends(self, monitor: BiasMonitor) -> dict[str, Any]:
        """Return the end of the period."""
        spec = MonitorSpec.model_validate(monitor.spec)
        return {"after_decisions": spec.period_decisions, "after_days": spec.period_days}


class LookOutput(serializers.ModelSerializer[Look]):
    """What one look found."""

    findings = serializers.SerializerMethodField()

    class Meta:
        model = Look
        fields = ("id", "period", "at", "n", "is_planned", "standing", "findings")

    def get_findings(self, one: Look) -> list[dict[str, Any]]:
        """Return it without the rates of very small groups."""
        return [shown(finding) for finding in one.findings]


class ProbeOutput(serializers.ModelSerializer[Probe]):
    """A counterfactual probe, and what it found once it is finished."""

    class Meta:
        model = Probe
        fields = (
            "id", "agent", "agent_version", "status", "done", "total", "report", "error", "requested_by", "created_at",
            "finished_at",
        )  # fmt: skip


class NewestLookFirst(NewestFirst):
    """The last look first."""

    ordering = "-at"


class Standing(Endpoint):
    """What a monitor found."""

    @takes("bias_monitors_standing", None, StandingOutput)
    def get(self, request: Request, name: str) -> Response:
        """Return its state, its findings with intervals and counts, and its report."""
        return Response(StandingOutput(selectors.monitor_named(self.organization, name)).data)


class Looks(Endpoint):
    """What the looks at a monitor's decisions found."""

    @listing("bias_monitors_looks", None, LookOutput)
    def get(self, request: Request, name: str) -> Response:
        """List them, the newest first; of looks that hardly differ the last is kept."""
        self.no_filters()
        monitor = selectors.monitor_named(self.organization, name)
        return self.page(monitor.looks.all(), LookOutput, NewestLookFirst)


class Decisions(Endpoint):
    """Decisions made elsewhere."""

    writes = Right.BIAS_EDIT

    @takes("bias_monitors_post_decisions", DecisionsInput, CountedOutput)
    def post(self, request: Request, name: str) -> Response:
        """Count decisions, each reference once."""
        monitor = selectors.monitor_named(self.organization, name)
        given = self.given(DecisionsInput)["decisions"]
        decided = [Decided(**{"decided_at": now(), **one}) for one in given]
        counted = post_decisions(monitor, decided, self.caller.actor)
        return Response({"sent": len(decided), "counted": counted})


class Outcomes(Endpoint):
    """What turned out of decisions."""

    writes = Right.BIAS_EDIT

    @takes("bias_monitors_post_outcomes", OutcomesInput, JoinedOutput)
    def post(self, request: Request, name: str) -> Response:
        """Join outcomes to their decisions: the first one that comes counts."""
        monitor = selectors.monitor_named(self.organization, name)
        given = self.given(OutcomesInput)["outcomes"]
        joined = join_outcomes(monitor, [TurnedOut(**{"at": now(), **one}) for one in given], self.caller.actor)
        return Response(JoinedOutput(joined).data)


class LookNow(Endpoint):
    """Look at a monitor's decisions at once."""

    writes = Right.BIAS_EDIT

    @takes("bias_monitors_look", Input, StandingOutput)
    def post(self, request: Request, name: str) -> Response:
        """Read what is new, judge it and answer what is found; looking often does no harm."""
        self.given(Input)
        monitor = selectors.monitor_named(self.organization, name)
        services.read_decisions(monitor)
        services.look_at(monitor)
        return Response(StandingOutput(selectors.monitor_named(self.organization, name)).data)


class Acknowledge(Endpoint):
    """Take an alarm on."""

    writes = Right.BIAS_EDIT

    @takes("bias_monitors_acknowledge", Note, StandingOutput)
    def post(self, request: Request, name: str) -> Response:
        """Say that somebody looks into it; what a breach holds stays held."""
        monitor, note = selectors.monitor_named(self.organization, name), self.given(Note)["note"]
        return Response(StandingOutput(services.acknowledge(monitor, self.caller.actor, note)).data)


class Mitigate(Endpoint):
    """Say what was done about an alarm."""

    writes = Right.BIAS_EDIT

    @takes("bias_monitors_mitigate", Note, StandingOutput)
    def post(self, request: Request, name: str) -> Response:
        """Let what was held go on, and count afresh."""
        monitor, note = selectors.monitor_named(self.organization, name), self.given(Note)["note"]
        return Response(StandingOutput(services.mitigate(monitor, self.caller.actor, note)).data)


class Probes(Endpoint):
    """Counterfactual probes of the agent that a monitor names."""

    writes = Right.BIAS_EDIT

    @listing("bias_monitors_probes", None, ProbeOutput)
    def get(self, request: Request, name: str) -> Response:
        """List them, the newest first."""
        self.no_filters()
        return self.page(selectors.probes_of(selectors.monitor_named(self.organization, name)), ProbeOutput)

    @takes("bias_monitors_probe", Input, ProbeOutput, status=202)
    def post(self, request: Request, name: str) -> Response:
        """Have a worker ask the agent the same about people of different groups, in a sandbox."""
        self.given(Input)
        monitor = selectors.monitor_named(self.organization, name)
        return Response(ProbeOutput(services.start_probe(monitor, self.caller.actor)).data, status=202)


def _monitor(row: Any) -> JsonObject:
    return answer_of(manifest("BiasMonitor", row, row.spec), row, row.state, row.version)


MONITORS = Shelf(
    kind="BiasMonitor",
    edits=Right.BIAS_EDIT,
    rows=selectors.monitors,
    shown=_monitor,
    save=services.save_monitor,
    remove=services.remove_monitor,
)

urlpatterns = [
    *addresses("bias-monitors", MONITORS, MonitorFilters),
    path("bias-monitors/<str:name>/standing/", Standing.as_view()),
    path("bias-monitors/<str:name>/looks/", Looks.as_view()),
    path("bias-monitors/<str:name>/look/", LookNow.as_view()),
    path("bias-monitors/<str:name>/decisions/", Decisions.as_view()),
    path("bias-monitors/<str:name>/outcomes/", Outcomes.as_view()),
    path("bias-monitors/<str:name>/acknowledge/", Acknowledge.as_view()),
    path("bias-monitors/<str:name>/mitigate/", Mitigate.as_view()),
    path("bias-monitors/<str:name>/probes/", Probes.as_view()),
]
