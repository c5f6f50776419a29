"""Negotiations between agents: what was offered, what they agreed on, and for those who may, what stayed sealed."""

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
from coordination.api.inputs import Input
from coordination.runs.models import Step
from coordination.runs.selectors import councils


class NegotiationFilters(Input):
    """Which negotiations to list."""

    run = serializers.UUIDField(required=False)
    status = serializers.CharField(max_length=12, required=False)


class MoveOutput(serializers.Serializer[Any]):
    """One move, as every party may see it."""

    round = serializers.IntegerField()
    party = serializers.CharField()
    act = serializers.CharField()
    option = serializers.CharField(allow_blank=True)


class NegotiationOutput(serializers.ModelSerializer[Step]):
    """One negotiation; `result` is what it came to, as the steps after it see it."""

    run = serializers.UUIDField(source="run_id")
    workflow = serializers.CharField(source="run.workflow_name")
    step = serializers.CharField(source="key")
    protocol = serializers.SerializerMethodField()
    parties = serializers.SerializerMethodField()
    moves = serializers.SerializerMethodField()
    result = serializers.SerializerMethodField()

    class Meta:
        model = Step
        fields: tuple[str, ...] = (
            "id", "run", "workflow", "step", "title", "status", "protocol", "parties", "moves", "result", "error",
            "started_at", "finished_at",
        )  # fmt: skip

    def get_protocol(self, step: Step) -> str:
        """Return the protocol; "" before the parties were called."""
        return str(_known(step).get("protocol", ""))

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_parties(self, step: Step) -> Any:
        """Return who takes part."""
        parties = _known(step).get("parties", [])
        return [one["agent"] if isinstance(one, dict) else one for one in parties]

    @extend_schema_field(MoveOutput(many=True))
    def get_moves(self, step: Step) -> Any:
        """Return every move so far."""
        return _known(step).get("moves", [])

    @extend_schema_field(serializers.DictField(allow_null=True))
    def get_result(self, step: Step) -> Any:
        """Return what it came to; null before that."""
        if not isinstance(step.output, dict):
            return None
        return {name: value for name, value in step.output.items() if name not in ("moves", "parties", "protocol")}


class SealedOutput(serializers.Serializer[Any]):
    """What one party told the mediator, and nobody else."""

    party = serializers.CharField(source="agent")
    call = serializers.IntegerField(source="index")
    told = serializers.JSONField(source="output")


class NegotiationDetailOutput(NegotiationOutput):
    """One negotiation, with what is sealed for those who may read the record; null for everybody else."""

    sealed = serializers.SerializerMethodField()

    class Meta(NegotiationOutput.Meta):
        fields = (*NegotiationOutput.Meta.fields, "sealed")

    @extend_schema_field(SealedOutput(many=True, allow_null=True))
    def get_sealed(self, step: Step) -> Any:
        """Return what each party told the mediator."""
        return SealedOutput(councils.sealed_in(step), many=True).data if self.context["unseals"] else None


class NegotiationList(Endpoint):
    """Negotiations."""

    @listing("negotiations_list", NegotiationFilters, NegotiationOutput)
    def get(self, request: Request) -> Response:
        """List negotiations, the newest first."""
        asked = self.asked(NegotiationFilters)
        found = councils.negotiations(self.organization)
        if "run" in asked:
            found = found.filter(run_id=asked["run"])
        return self.page(found.filter(status=asked["status"]) if "status" in asked else found, NegotiationOutput)


class NegotiationDetail(Endpoint):
    """One negotiation."""

    @takes("negotiations_read", None, NegotiationDetailOutput)
    def get(self, request: Request, step_id: UUID) -> Response:
        """Return its transcript."""
        found = councils.negotiation(self.organization, step_id)
        unseals = Right.AUDIT_READ in self.caller.rights
        return Response(NegotiationDetailOutput(found, context={"unseals": unseals}).data)


def _known(step: Step) -> dict[str, Any]:
    for known in (step.output, step.item):
        if isinstance(known, dict):
            return known
    return {}


urlpatterns = [
    path("negotiations/", NegotiationList.as_view()),
    path("negotiations/<uuid:step_id>/", NegotiationDetail.as_view()),
]
