"""Hands on a run: steps taken over, messages to agents."""

from uuid import UUID

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input, Reason
from coordination.api.pagination import OldestFirst
from coordination.api.run_control import Control
from coordination.api.run_outputs import RunDetailOutput
from coordination.runs import selectors, services
from coordination.runs.models import RunMessage
from coordination.runs.selectors import oversight


class MessageInput(Input):
    """What agents are told: one agent, those who work on one step, or whoever is called next."""

    text = serializers.CharField(max_length=4_000)
    agent = serializers.CharField(max_length=63, default="", allow_blank=True)
    step = serializers.CharField(max_length=80, default="", allow_blank=True)


class MessageOutput(serializers.ModelSerializer[RunMessage]):
    """A message, and which call was given it."""

    step = serializers.CharField(source="step_key")

    class Meta:
        model = RunMessage
        fields = (
            "id", "agent", "step", "text", "author", "created_at", "given_at", "given_to", "given_step",
            "given_attempt",
        )  # fmt: skip


class TakeOver(Control):
    """Do a step in an agent's place."""

    @takes("runs_take_over_step", Reason, RunDetailOutput)
    def post(self, request: Request, run_id: UUID, step: str) -> Response:
        """Take the step over: an agent at work on it is told to stop, and it waits for its output (`override/`)."""
        return self.told(services.take_over_step(self.organization, run_id, step, self.caller.actor, self.reason()))


class HandBack(Control):
    """Leave a step to agents again."""

    @takes("runs_hand_back_step", Reason, RunDetailOutput)
    def post(self, request: Request, run_id: UUID, step: str) -> Response:
        """Leave a step that was taken over to agents again."""
        return self.told(services.hand_back_step(self.organization, run_id, step, self.caller.actor, self.reason()))


class Messages(Endpoint):
    """What people told the agents of a run."""

    writes = Right.RUN_CONTROL

    @listing("runs_messages", None, MessageOutput)
    def get(self, request: Request, run_id: UUID) -> Response:
        """List the messages, oldest first."""
        self.no_filters()
        run = selectors.get_run(self.organization, run_id)
        return self.page(oversight.messages_of(run), MessageOutput, OldestFirst)

    @takes("runs_message", MessageInput, MessageOutput, 201)
    def post(self, request: Request, run_id: UUID) -> Response:
        """Tell agents something: the next call that it is meant for is given it, once."""
        given = self.given(MessageInput)
        message = services.message_agent(
            self.organization, run_id, given["text"], self.caller.actor, agent=given["agent"], step_key=given["step"]
        )
        return Response(MessageOutput(message).data, status=201)


urlpatterns = [
    path("runs/<uuid:run_id>/messages/", Messages.as_view()),
    path("runs/<uuid:run_id>/steps/<str:step>/take-over/", TakeOver.as_view()),
    path("runs/<uuid:run_id>/steps/<str:step>/hand-back/", HandBack.as_view()),
]
