"""Second looks: what was decided once is judged again by somebody who does not know how."""

from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.api.pagination import MostUrgentFirst, NewestFirst
from coordination.approvals import selectors, services
from coordination.approvals.models import SecondLook
from coordination.insights.selectors import looked_at

_DONE = (SecondLook.State.AGREED, SecondLook.State.SETTLED)
_BLIND = {
    "first": None, "first_by": None, "second": "", "second_by": None, "second_reason": "", "third": "",
    "third_by": None, "third_reason": "",
}  # fmt: skip


class LookFilters(Input):
    """Which second looks to list."""

    assigned = serializers.ChoiceField(["me"], required=False)
    state = serializers.ChoiceField(SecondLook.State.values, required=False)
    why = serializers.ChoiceField(SecondLook.Why.values, required=False)


class LookOutput(serializers.ModelSerializer[SecondLook]):
    """One second look; who decided what is told once both have, or to whoever settles it."""

    first = serializers.CharField(allow_null=True)
    first_by = serializers.CharField(source="first_by.username", default=None, allow_null=True)
    second_by = serializers.CharField(source="second_by.username", default=None, allow_null=True)
    third_by = serializers.CharField(source="third_by.username", default=None, allow_null=True)

    class Meta:
        model = SecondLook
        fields = (
            "id", "why", "state", "operation", "agent", "risk_band", "first", "first_by", "second", "second_by",
            "second_reason", "second_at", "third", "third_by", "third_reason", "third_at", "created_at", "due_at",
        )  # fmt: skip

    def to_representation(self, instance: SecondLook) -> dict[str, Any]:
        """Return the look; what was decided stays out of it while somebody is to judge blind."""
        said: dict[str, Any] = super().to_representation(instance)
        if instance.state not in _DONE:
            said |= _BLIND
        return said


class LookDetailOutput(LookOutput):
    """One second look with what it is about; `cases` holds both sides for whoever settles it."""

    title = serializers.CharField()
    parameters = serializers.DictField()
    evidence = serializers.ListField(child=serializers.DictField())
    reasons = serializers.ListField(child=serializers.DictField())
    you_may_look = serializers.BooleanField()
    why_not = serializers.CharField(allow_null=True)
    cases = serializers.ListField(child=serializers.DictField())

    class Meta(LookOutput.Meta):
        fields = (  # type: ignore[assignment]  # a longer tuple
            *LookOutput.Meta.fields, "title", "parameters", "evidence", "reasons", "you_may_look", "why_not", "cases",
        )  # fmt: skip


class LookInput(Input):
    """What one would have decided."""

    verdict = serializers.ChoiceField(["approve", "reject"])
    reason = serializers.CharField(max_length=2000, default="", allow_blank=True)


class Looks(Endpoint):
    """Second looks."""

    @listing("second_looks", LookFilters, LookOutput)
    def get(self, request: Request) -> Response:
        """List what you may look at, what is due first coming first; or those you may know of, the newest first."""
        asked = self.asked(LookFilters)
        if asked.pop("assigned", ""):
            return self.page(selectors.looks_for(self.caller.membership).filter(**asked), LookOutput, MostUrgentFirst)
        return self.page(selectors.looks_seen_by(self.caller.membership).filter(**asked), LookOutput, NewestFirst)


class OneLook(Endpoint):
    """One second look."""

    writes = Right.APPROVAL_DECIDE

    @takes("second_look", None, LookDetailOutput)
    def get(self, request: Request, look_id: UUID) -> Response:
        """Return what is to be looked at, as it was put to whoever decided first."""
        return self._told(look_id)

    @takes("second_look_answer", LookInput, LookDetailOutput)
    def post(self, request: Request, look_id: UUID) -> Response:
        """Say what you would have decided; a reason is required to object, and to settle."""
        selectors.get_look(self.organization, look_id)
        given = self.given(LookInput)
        services.look_again(self.caller.membership, look_id, given["verdict"], given["reason"])
        return self._told(look_id)

    def _told(self, look_id: UUID) -> Response:
        look = selectors.get_look(self.organization, look_id)
        refusal, seen = selectors.may_look(look, self.caller.membership), looked_at(look)
        sees = selectors.sees_cases(look, self.caller.membership)
        said = {
            **LookOutput(look).data,
            **({} if sees else _BLIND),
            "title": seen.title,
            "parameters": seen.parameters,
            "evidence": list(seen.evidence),
            "reasons": list(seen.reasons),
            "you_may_look": refusal is None,
            "why_not": str(refusal) if refusal else None,
            "cases": selectors.cases_of(look) if sees else [],
        }
        return Response(said)


urlpatterns = [
    path("oversight/second-looks/", Looks.as_view()),
    path("oversight/second-looks/<uuid:look_id>/", OneLook.as_view()),
]
