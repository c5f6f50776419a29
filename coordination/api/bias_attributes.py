"""Characteristics of people, for bias monitors alone: they come in and are counted, and never go out again."""

from typing import Any

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.describing import takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.bias.selectors import known_characteristics
from coordination.bias.services import Known, forget_attribute, forget_person, put_characteristics
from coordination.bias.subjects import LONGEST

MOST = 5_000
KEY = r"^[a-z][a-z0-9_-]{0,39}$"


class CharacteristicInput(Input):
    """One thing known of one person."""

    subject = serializers.CharField(max_length=LONGEST, help_text="The person, as decisions name them.")
    attribute = serializers.RegexField(KEY, help_text="Such as sex or age-band.")
    value = serializers.CharField(max_length=100, help_text="The group they belong to.")


class CharacteristicsInput(Input):
    """What is known of people."""

    characteristics = CharacteristicInput(many=True, max_length=MOST, allow_empty=False)  # type: ignore[call-arg]  # DRF's own, of a list


class ForgetInput(Input):
    """Of whom, or what of everybody, is to be forgotten."""

    subject = serializers.CharField(max_length=LONGEST, required=False)
    attribute = serializers.RegexField(KEY, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take exactly one of the two."""
        if len(attrs) != 1:
            raise serializers.ValidationError("Name either a subject or an attribute.")
        return attrs


class KnownOutput(serializers.Serializer[Any]):
    """An attribute, and of how many people it is known."""

    attribute = serializers.CharField()
    people = serializers.IntegerField()
    groups = serializers.IntegerField()
    changed_at = serializers.DateTimeField()


class KnownListOutput(serializers.Serializer[Any]):
    """Everything that is known, counted."""

    results = KnownOutput(many=True)


class PeopleOutput(serializers.Serializer[Any]):
    """Of how many people something was kept."""

    people = serializers.IntegerField()


class ForgottenOutput(serializers.Serializer[Any]):
    """How many values were forgotten."""

    forgotten = serializers.IntegerField()


class Characteristics(Endpoint):
    """What is known of people."""

    reads = Right.BIAS_ATTRIBUTES
    writes = Right.BIAS_ATTRIBUTES

    @takes("bias_attributes_list", None, KnownListOutput)
    def get(self, request: Request) -> Response:
        """List the attributes with the number of people each is known of; nobody's own is ever shown."""
        self.asked(Input)
        names = ("attribute", "people", "groups", "changed_at")
        rows = [dict(zip(names, row, strict=True)) for row in known_characteristics(self.organization)]
        return Response(KnownListOutput({"results": rows}).data)

    @takes("bias_attributes_put", CharacteristicsInput, PeopleOutput)
    def post(self, request: Request) -> Response:
        """Keep what is known of people; what was known before is replaced."""
        given = self.given(CharacteristicsInput)["characteristics"]
        known = [Known(one["subject"], one["attribute"], one["value"]) for one in given]
        return Response({"people": put_characteristics(self.organization, known, self.caller.actor)})


class Forget(Endpoint):
    """Forget what is known."""

    writes = Right.BIAS_ATTRIBUTES

    @takes("bias_attributes_forget", ForgetInput, ForgottenOutput)
    def post(self, request: Request) -> Response:
        """Forget a person, or an attribute of everybody; decisions stay counted, in no group."""
        given = self.given(ForgetInput)
        if "subject" in given:
            return Response({"forgotten": forget_person(self.organization, given["subject"], self.caller.actor)})
        return Response({"forgotten": forget_attribute(self.organization, given["attribute"], self.caller.actor)})


urlpatterns = [
    path("bias-attributes/", Characteristics.as_view()),
    path("bias-attributes/forget/", Forget.as_view()),
]
