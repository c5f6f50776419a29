"""Policies: what is written is a draft until it is published, and from then on it is enforced."""

from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.accounts.rights import Right
from coordination.api.catalogue import Labelled, Shelf, addresses, answer_of
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input, Reason, WhichVersion
from coordination.engine.rules.facts import HOOKS
from coordination.manifests.kinds import manifest
from coordination.policies import selectors, services
from coordination.policies.models import Outcome, Policy, PolicyDecision, PolicyVersion
from coordination.shared.json import JsonObject

ANSWER = {"$ref": "#/components/schemas/Policy.Answer"}


class PolicyFilters(Labelled):
    """Which policies to list."""

    enforced = serializers.BooleanField(required=False, allow_null=True, default=None)


class RollbackInput(Input):
    """Which earlier version comes back."""

    version = serializers.IntegerField(min_value=1)


class DecisionFilters(Input):
    """Which decisions to list."""

    run = serializers.UUIDField(required=False)
    agent = serializers.CharField(max_length=100, required=False)
    action = serializers.CharField(max_length=100, required=False)
    hook = serializers.ChoiceField(HOOKS, required=False)
    outcome = serializers.ChoiceField(Outcome.values, required=False)
    policy = serializers.CharField(max_length=63, required=False)


class DecisionOutput(serializers.ModelSerializer[PolicyDecision]):
    """One decision: what was known, what each rule said, what came of it and why."""

    run = serializers.UUIDField(source="run_id", allow_null=True)

    class Meta:
        model = PolicyDecision
        fields = (
            "id", "created_at", "outcome", "hook", "subject", "run", "step", "agent", "action", "reasons", "matched",
            "results", "stages", "versions", "input", "input_digest", "engine", "micros",
        )  # fmt: skip


class Publish(Endpoint):
    """Enforce a draft."""

    writes = Right.POLICY_EDIT

    @takes("policies_publish", WhichVersion, ANSWER)
    def post(self, request: Request, name: str) -> Response:
        """Enforce the version in place of the one before, from the next decision on."""
        row = POLICIES.row(self.organization, name)
        number = self.given(WhichVersion).get("version") or _newest(row).number
        services.publish(row, number, self.caller.actor)
        return Response(POLICIES.answer(self.organization, name))


class Rollback(Endpoint):
    """Go back to what an earlier version said."""

    writes = Right.POLICY_EDIT

    @takes("policies_rollback", RollbackInput, ANSWER)
    def post(self, request: Request, name: str) -> Response:
        """Enforce what the earlier version said, as a new version."""
        row = POLICIES.row(self.organization, name)
        services.rollback(row, self.given(RollbackInput)["version"], self.caller.actor)
        return Response(POLICIES.answer(self.organization, name))


class Disable(Endpoint):
    """Enforce a policy no more."""

    writes = Right.POLICY_EDIT

    @takes("policies_disable", Reason, ANSWER)
    def post(self, request: Request, name: str) -> Response:
        """Take the policy out of force."""
        services.disable(POLICIES.row(self.organization, name), self.caller.actor)
        return Response(POLICIES.answer(self.organization, name))


class DecisionList(Endpoint):
    """The policy decision log."""

    @listing("decisions_list", DecisionFilters, DecisionOutput)
    def get(self, request: Request) -> Response:
        """List decisions, the newest first."""
        asked = self.asked(DecisionFilters)
        if "run" in asked:
            asked["run_id"] = asked.pop("run")
        return self.page(selectors.decisions(self.organization, **asked), DecisionOutput)


class DecisionDetail(Endpoint):
    """One decision."""

    @takes("decisions_read", None, DecisionOutput)
    def get(self, request: Request, decision_id: UUID) -> Response:
        """Return the decision."""
        return Response(DecisionOutput(selectors.decision(self.organization, decision_id)).data)


def _policies(organization: Organization, **asked: Any) -> QuerySet[Policy]:
    newest = PolicyVersion.objects.order_by("policy_id", "-number").distinct("policy_id")
    return selectors.policies(organization, **asked).prefetch_related(Prefetch("versions", newest, to_attr="newest"))


def _newest(row: Policy) -> PolicyVersion:
    found: list[PolicyVersion] = row.newest  # type: ignore[attr-defined]  # _policies fetches it
    return found[0]


def _shown(row: Policy) -> JsonObject:
    version = _newest(row)
    enforced = row.enforced.number if row.enforced else None
    said = manifest("Policy", row, version.spec)
    return answer_of(said, row, version.status, version.number, enforced_version=enforced)


def _save(organization: Organization, said: Any, actor: Actor) -> PolicyVersion:
    return services.save_draft(organization, said, actor)


def _remove(organization: Organization, name: str, actor: Actor) -> None:
    services.remove(selectors.policy_named(organization, name), actor)


POLICIES = Shelf(
    kind="Policy",
    edits=Right.POLICY_EDIT,
    rows=_policies,
    shown=_shown,
    save=_save,
    remove=_remove,
    versions=selectors.versions_of,
)

urlpatterns = [
    *addresses("policies", POLICIES, PolicyFilters),
    path("policies/<str:name>/publish/", Publish.as_view()),
    path("policies/<str:name>/rollback/", Rollback.as_view()),
    path("policies/<str:name>/disable/", Disable.as_view()),
    path("decisions/", DecisionList.as_view()),
    path("decisions/<uuid:decision_id>/", DecisionDetail.as_view()),
]
