"""Messages between the agents of a run: read by people, written and taken by agents that run elsewhere."""

from typing import Any

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.api.pagination import OldestFirst
from coordination.messaging import selectors
from coordination.messaging.letters import HIGHEST_PRIORITY, LONGEST_KEY, PERFORMATIVES
from coordination.messaging.models import Message
from coordination.messaging.taking import MOST_AT_ONCE
from coordination.runs.selectors import get_run
from coordination.runs.services.writing import take_as, write_as

LONGEST_WAIT_S = 10


class LetterFilters(Input):
    """Which messages to list."""

    run = serializers.UUIDField(required=False)
    sender = serializers.CharField(max_length=63, required=False)
    to = serializers.CharField(max_length=80, required=False, help_text="An address: agent:NAME, role:NAME, all …")
    performative = serializers.ChoiceField(PERFORMATIVES, required=False)
    conversation = serializers.UUIDField(required=False)


class LetterInput(Input):
    """A message of an agent; `to` is agent:NAME, role:NAME, capability:NAME, topic:NAME or all."""

    run = serializers.UUIDField()
    agent = serializers.CharField(max_length=63, help_text="Who sends it.")
    to = serializers.CharField(max_length=80)
    content = serializers.JSONField()
    performative = serializers.ChoiceField(PERFORMATIVES, default="inform")
    in_reply_to = serializers.UUIDField(required=False)
    priority = serializers.IntegerField(min_value=0, max_value=HIGHEST_PRIORITY, default=5)
    ttl_s = serializers.FloatField(min_value=0, required=False, help_text="Nobody is given it after so long.")
    key = serializers.CharField(max_length=LONGEST_KEY - 1, required=False, help_text="The same key is sent once.")


class LetterOutput(serializers.ModelSerializer[Message]):
    """A message, and how many agents were given it."""

    run = serializers.UUIDField(source="run_id")
    step = serializers.CharField(source="step_key")
    to = serializers.CharField(source="address")
    n_given = serializers.IntegerField(default=0)

    class Meta:
        model = Message
        fields = (
            "id", "run", "step", "sender", "to", "performative", "content", "conversation", "in_reply_to", "priority",
            "created_at", "expires_at", "n_given",
        )  # fmt: skip


class TakeInput(Input):
    """Whose messages; `topics` are those it listens to, `wait_s` how long it waits for the first."""

    run = serializers.UUIDField()
    agent = serializers.CharField(max_length=63)
    topics = serializers.ListField(child=serializers.CharField(max_length=63), max_length=50, default=list)
    wait_s = serializers.FloatField(min_value=0, max_value=LONGEST_WAIT_S, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_AT_ONCE, default=50)


class TakenOutput(serializers.Serializer[Any]):
    """A message as an agent gets it; `again`: it was given it before."""

    id = serializers.UUIDField()
    sender = serializers.CharField()
    to = serializers.CharField()
    performative = serializers.CharField()
    content = serializers.JSONField()
    conversation = serializers.UUIDField()
    in_reply_to = serializers.CharField()
    priority = serializers.IntegerField()
    sent_at = serializers.DateTimeField()
    again = serializers.BooleanField()


class Letters(Endpoint):
    """The messages of runs."""

    writes = Right.RUN_START

    @listing("messages_list", LetterFilters, LetterOutput)
    def get(self, request: Request) -> Response:
        """List messages, the oldest first."""
        asked = self.asked(LetterFilters)
        run = get_run(self.organization, asked.pop("run")).pk if "run" in asked else None
        if "to" in asked:
            asked["address"] = asked.pop("to")
        return self.page(selectors.sent_in(self.organization, run).filter(**asked), LetterOutput, OldestFirst)

    @takes("messages_send", LetterInput, LetterOutput, 201)
    def post(self, request: Request) -> Response:
        """Send a message of an agent that runs elsewhere: policies decide, and it is on record."""
        given = self.given(LetterInput)
        run, agent, to, content, performative = (
            given.pop(name) for name in ("run", "agent", "to", "content", "performative")
        )
        if "in_reply_to" in given:
            given["in_reply_to"] = str(given["in_reply_to"])
        sent = write_as(self.organization, run, agent, to, content, performative, **given)
        return Response(LetterOutput(sent).data, status=201)


class Taken(Endpoint):
    """What is there for an agent that runs elsewhere."""

    writes = Right.RUN_START

    @takes("messages_take", TakeInput, TakenOutput(many=True))
    def post(self, request: Request) -> Response:
        """Give an agent its messages, the most urgent first; this is noted, so that reading is a POST."""
        given = self.given(TakeInput)
        found = take_as(self.organization, given.pop("run"), given.pop("agent"), **given)
        return Response(TakenOutput(found, many=True).data)


urlpatterns = [path("messages/", Letters.as_view()), path("messages/take/", Taken.as_view())]
