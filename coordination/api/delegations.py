"""Approvals: who decides in whose place."""

from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.api.caller import ScopeMissing
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.approvals import selectors, services
from coordination.approvals.models import Band, DelegationRule
from coordination.shared.clock import now


class Scope(Input):
    """Of what somebody decides; an empty list is everything."""

    bands = serializers.ListField(child=serializers.ChoiceField(Band.values), max_length=4, default=list)
    operations = serializers.ListField(child=serializers.CharField(max_length=100), max_length=50, default=list)
    agents = serializers.ListField(child=serializers.CharField(max_length=63), max_length=50, default=list)


class DelegationInput(Input):
    """Who decides in whose place; for others than oneself, it needs the right oversight.edit."""

    to = serializers.CharField(max_length=150)
    scope = Scope(required=False)
    start = serializers.DateTimeField(required=False, help_text="Now, unless it is said.")
    end = serializers.DateTimeField()
    reason = serializers.CharField(max_length=500)

    def get_fields(self) -> dict[str, Any]:
        """Return the fields, with one whose name Python keeps for itself."""
        return {
            "from": serializers.CharField(max_length=150, required=False, help_text="The caller, unless it is said."),
            **super().get_fields(),
        }


class DelegationOutput(serializers.ModelSerializer[DelegationRule]):
    """One rule, and whether it holds now."""

    to = serializers.CharField(source="taker.username")
    scope = serializers.SerializerMethodField()
    start = serializers.DateTimeField(source="starts_at")
    end = serializers.DateTimeField(source="ends_at")
    holds = serializers.SerializerMethodField()

    class Meta:
        model = DelegationRule
        fields = ("id", "to", "scope", "start", "end", "reason", "holds", "created_by", "created_at", "ended_at")

    def get_fields(self) -> dict[str, Any]:
        """Return the fields, with one whose name Python keeps for itself."""
        return {"from": serializers.CharField(source="giver.username"), **super().get_fields()}

    def get_scope(self, rule: DelegationRule) -> dict[str, list[str]]:
        """Return of what they decide; an empty list is everything."""
        return {"bands": rule.bands, "operations": rule.operations, "agents": rule.agents}

    def get_holds(self, rule: DelegationRule) -> bool:
        """Tell whether it holds now."""
        return rule.ended_at is None and rule.starts_at <= now() < rule.ends_at


class DelegationList(Endpoint):
    """Who decides in whose place."""

    writes = Right.APPROVAL_DECIDE

    @listing("delegations_list", None, DelegationOutput)
    def get(self, request: Request) -> Response:
        """List the caller's own rules, or, for whoever looks after them, all."""
        self.no_filters()
        membership = self.caller.membership
        sees_all = may(membership, Right.OVERSIGHT_EDIT)
        rows = selectors.delegations(self.organization) if sees_all else selectors.delegations_of(membership)
        return self.page(rows, DelegationOutput)

    @takes("delegations_make", DelegationInput, DelegationOutput, status=201)
    def post(self, request: Request) -> Response:
        """Let somebody decide in the caller's place, or, with the right to, in somebody else's."""
        given, own = self.given(DelegationInput), self.caller.membership.user.username
        if given.get("from", own) != own:
            _need(self, Right.OVERSIGHT_EDIT)
        wish = services.Wish(
            giver=given.get("from", own),
            taker=given["to"],
            starts_at=given.get("start") or now(),
            ends_at=given["end"],
            reason=given["reason"],
            **given.get("scope", {}),
        )
        return Response(DelegationOutput(services.make_delegation(self.caller.membership, wish)).data, status=201)


class DelegationDetail(Endpoint):
    """One rule."""

    @takes("delegations_read", None, DelegationOutput)
    def get(self, request: Request, rule_id: UUID) -> Response:
        """Return it."""
        return Response(DelegationOutput(selectors.get_delegation(self.organization, rule_id)).data)


class DelegationEnd(Endpoint):
    """One rule, over."""

    writes = Right.APPROVAL_DECIDE
    http_method_names = ["post", "options"]

    @takes("delegations_end", None, DelegationOutput)
    def post(self, request: Request, rule_id: UUID) -> Response:
        """End it at once, as whoever gave or took it, or with the right to; what was decided under it stays."""
        rule = selectors.get_delegation(self.organization, rule_id)
        if self.caller.membership.user_id not in (rule.giver_id, rule.taker_id):
            _need(self, Right.OVERSIGHT_EDIT)
        return Response(DelegationOutput(services.end_delegation(self.caller.membership, rule)).data)


def _need(endpoint: Endpoint, right: Right) -> None:
    """Refuse a token that is limited to less; what its member may do is for the service to check."""
    if right not in endpoint.caller.rights:
        raise ScopeMissing(needed=right.value)


urlpatterns = [
    path("approvals/delegations/", DelegationList.as_view()),
    path("approvals/delegations/<uuid:rule_id>/", DelegationDetail.as_view()),
    path("approvals/delegations/<uuid:rule_id>/end/", DelegationEnd.as_view()),
]
