"""Parameters and exceptions of policies, which change alone, and how changes come into force."""

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.describing import takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.api.policies import ANSWER, POLICIES, Written
from coordination.api.policy_changes import Change
from coordination.policies import services
from coordination.policies.models import PolicyPractice
from coordination.policies.selectors import lifecycle


class ParametersInput(Written):
    """Other values, by rule and name."""

    parameters = serializers.DictField(child=serializers.DictField(), allow_empty=False)


class ExceptionInput(Written):
    """What a rule does not hold for, until when and why."""

    rule = serializers.CharField(max_length=63)
    scope = serializers.DictField()
    until = serializers.DateTimeField()
    reason = serializers.CharField(max_length=2000)
    approved_by = serializers.CharField(max_length=150, required=False)


class PracticeInput(Input):
    """How changes come into force; `reason` says why they are not reviewed."""

    is_review_required = serializers.BooleanField(required=False)
    shadow_hours = serializers.IntegerField(required=False, min_value=0)
    shadow_matches = serializers.IntegerField(required=False, min_value=0)
    canary_percent = serializers.IntegerField(required=False, min_value=1, max_value=100)
    canary_hours = serializers.IntegerField(required=False, min_value=0)
    reason = serializers.CharField(max_length=500, default="", allow_blank=True)


class PracticeOutput(serializers.ModelSerializer[PolicyPractice]):
    """How changes of policies come into force."""

    class Meta:
        model = PolicyPractice
        fields = (*lifecycle.PRACTICES, "reason", "changed_at", "changed_by")


class Parameters(Change):
    """Its thresholds."""

    @takes("policies_parameters", ParametersInput, ANSWER)
    def patch(self, request: Request, name: str) -> Response:
        """Save what is enforced with other values of its parameters, as a new draft."""
        row, given = POLICIES.row(self.organization, name), self.given(ParametersInput)
        services.change_parameters(row, given.pop("parameters"), self.caller.actor, **given)
        return self.shown(name)


class Exceptions(Change):
    """What its rules do not hold for."""

    @takes("policies_except", ExceptionInput, ANSWER, 201)
    def post(self, request: Request, name: str) -> Response:
        """Save what is enforced with an exception more, as a new draft."""
        row, given = POLICIES.row(self.organization, name), self.given(ExceptionInput)
        about = {key: given.pop(key) for key in ("base", "note") if key in given}
        given["until"] = given["until"].isoformat()
        services.add_exception(row, given.pop("rule"), given, self.caller.actor, **about)
        return Response(POLICIES.answer(self.organization, name), status=201)


class OneException(Change):
    """One of them, counted from 0."""

    @takes("policies_except_no_more", None, ANSWER)
    def delete(self, request: Request, name: str, rule: str, index: int) -> Response:
        """Save what is enforced without an exception, as a new draft."""
        services.remove_exception(POLICIES.row(self.organization, name), rule, index, self.caller.actor)
        return self.shown(name)


class Practice(Endpoint):
    """How changes of policies come into force in the organization."""

    writes = Right.POLICY_EDIT

    @takes("policy_practice_read", None, PracticeOutput)
    def get(self, request: Request) -> Response:
        """Return who has to look at changes, and how long they are tried."""
        return Response(PracticeOutput(lifecycle.practice_of(self.organization)).data)

    @takes("policy_practice_change", PracticeInput, PracticeOutput)
    def patch(self, request: Request) -> Response:
        """Change it; doing without reviews takes a reason."""
        given = self.given(PracticeInput)
        return Response(PracticeOutput(services.set_practice(self.organization, self.caller.actor, **given)).data)


urlpatterns = [
    path("policies/<str:name>/parameters/", Parameters.as_view()),
    path("policies/<str:name>/exceptions/", Exceptions.as_view()),
    path("policies/<str:name>/exceptions/<str:rule>/<int:index>/", OneException.as_view()),
    path("policy-practice/", Practice.as_view()),
]
