"""The guard: agents that run elsewhere ask before they act."""

from typing import Any

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.approvals import ApprovalOutput
from coordination.api.describing import takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.runs.services import guard_action


class GuardInput(Input):
    """Which agent wants to do what; policies see `context` as facts.

    `context` may tell the task: `prompt` (the person's words), `sources` ([{tool, args, result}], what came back so
    far), `history` ({tools, tainted_sources, repeats, labels}) and `resource` ({kind, name, organization,
    classification}). Rules about the origin of values rest on it.
    """

    agent = serializers.CharField(max_length=63)
    action = serializers.CharField(max_length=63)
    args = serializers.DictField(default=dict)
    context = serializers.DictField(default=dict)  # type: ignore[assignment]  # DRF keeps fields apart from attributes


class ReasonOutput(serializers.Serializer[Any]):
    """Why: the rule in its own words, and what the agent is told."""

    policy = serializers.CharField()
    version = serializers.IntegerField()
    rule = serializers.CharField()
    effect = serializers.CharField()
    title = serializers.CharField()
    message = serializers.CharField()
    message_to_agent = serializers.CharField()


class RedactionOutput(serializers.Serializer[Any]):
    """What was taken out of the arguments: where, and the kind of data, or "field" for all of it."""

    path = serializers.CharField()
    kind = serializers.CharField()
    policy = serializers.CharField()
    rule = serializers.CharField()


class GuardOutput(serializers.Serializer[Any]):
    """allow: do it now, once, with these `args`; deny: don't; pending: ask again when the approval is settled."""

    decision = serializers.ChoiceField(["allow", "deny", "pending"])
    decision_id = serializers.UUIDField()
    approval = ApprovalOutput(allow_null=True)
    reasons = ReasonOutput(many=True)
    warnings = ReasonOutput(many=True)
    redactions = RedactionOutput(many=True)
    args = serializers.DictField()


class Guard(Endpoint):
    """One act of an agent that runs elsewhere."""

    writes = Right.RUN_START

    @takes("guard_ask", GuardInput, GuardOutput)
    def post(self, request: Request) -> Response:
        """Decide an act before it happens, by the same policies as every run."""
        given = self.given(GuardInput)
        answer = guard_action(
            self.organization, given["agent"], given["action"], given["args"], given["context"], self.caller.actor
        )
        return Response(GuardOutput(answer).data)


urlpatterns = [path("guard/", Guard.as_view())]
