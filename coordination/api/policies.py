"""Policies: what is written is a draft; what comes into force is reviewed, tightens only, or held before."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.accounts.rights import Right
from coordination.api.catalogue import Labelled, Shelf, VersionOutput, addresses, answer_of
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input, Reason, WhichVersion
from coordination.api.pagination import NewestVersionFirst
from coordination.manifests.kinds import manifest
from coordination.policies import selectors, services
from coordination.policies.models import CANDIDATES, Policy, PolicyVersion
from coordination.shared.json import JsonObject

ANSWER = {"$ref": "#/components/schemas/Policy.Answer"}


class PolicyFilters(Labelled):
    """Which policies to list."""

    enforced = serializers.BooleanField(required=False, allow_null=True, default=None)


class Written(Input):
    """What a body says about the change: the newest version that its author saw, and why they change it."""

    base = serializers.IntegerField(
        min_value=0, required=False, help_text="Refused with draft-changed when another version is the newest by now."
    )
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class PublishInput(WhichVersion, Reason):
    """Which version is enforced, and why."""


class RollbackInput(Reason):
    """Which earlier version comes back, and why."""

    version = serializers.IntegerField(min_value=1)


class PolicyVersionOutput(VersionOutput):
    """One version of a policy, and how far it came."""

    status_at = serializers.DateTimeField(allow_null=True)
    way = serializers.CharField()
    based_on = serializers.IntegerField(allow_null=True)
    note = serializers.CharField()
    replaces = serializers.IntegerField(allow_null=True)
    restores = serializers.IntegerField(source="restores.number", default=None, allow_null=True)
    reviewed_by = serializers.ListField(child=serializers.CharField())
    published_at = serializers.DateTimeField(allow_null=True)
    published_by = serializers.CharField()


class Publish(Endpoint):
    """Enforce a version at once, where one person may."""

    writes = Right.POLICY_EDIT

    @takes("policies_publish", PublishInput, ANSWER)
    def post(self, request: Request, name: str) -> Response:
        """Enforce a version from the next decision on; one that lets more happen is reviewed first."""
        row, given = POLICIES.row(self.organization, name), self.given(PublishInput)
        number = version_asked(row, given).number
        services.release(row, number, self.caller.membership, reason=given["reason"])
        return Response(POLICIES.answer(self.organization, name))


class Rollback(Endpoint):
    """Go back to what an earlier version said."""

    writes = Right.POLICY_EDIT

    @takes("policies_rollback", RollbackInput, ANSWER)
    def post(self, request: Request, name: str) -> Response:
        """Enforce what the earlier version said, as a new version."""
        row, given = POLICIES.row(self.organization, name), self.given(RollbackInput)
        services.restore(row, given["version"], self.caller.membership, reason=given["reason"])
        return Response(POLICIES.answer(self.organization, name))


class Disable(Endpoint):
    """Enforce a policy no more."""

    writes = Right.POLICY_EDIT

    @takes("policies_disable", Reason, ANSWER)
    def post(self, request: Request, name: str) -> Response:
        """Take the policy out of force at once; one that restricts something is reviewed first."""
        row = POLICIES.row(self.organization, name)
        services.retire(row, self.caller.membership, reason=self.given(Reason)["reason"])
        return Response(POLICIES.answer(self.organization, name))


class Versions(Endpoint):
    """What a policy said before, and says in drafts."""

    @listing("policies_versions", None, PolicyVersionOutput)
    def get(self, request: Request, name: str) -> Response:
        """List its versions, the newest first."""
        self.no_filters()
        row = POLICIES.row(self.organization, name)
        return self.page(selectors.versions_of(row), PolicyVersionOutput, NewestVersionFirst)


def version_asked(row: Policy, given: JsonObject) -> PolicyVersion:
    """Return the version that a body names, else the newest; raises VersionUnknown."""
    number = given.get("version")
    return selectors.version_of(row, int(str(number))) if number else _newest(row)


def _policies(organization: Organization, **asked: Any) -> QuerySet[Policy]:
    versions = PolicyVersion.objects.defer("spec")
    newest = PolicyVersion.objects.order_by("policy_id", "-number").distinct("policy_id")
    return selectors.policies(organization, **asked).prefetch_related(
        Prefetch("versions", newest, to_attr="newest"),
        Prefetch("versions", versions.filter(status__in=CANDIDATES), to_attr="tried"),
    )


def _newest(row: Policy) -> PolicyVersion:
    found: list[PolicyVersion] = row.newest  # type: ignore[attr-defined]  # _policies fetches it
    return found[0]


def _shown(row: Policy) -> JsonObject:
    version = _newest(row)
    tried: list[PolicyVersion] = row.tried  # type: ignore[attr-defined]  # _policies fetches it
    said = manifest("Policy", row, version.spec)
    more: JsonObject = {
        "enforced_version": row.enforced.number if row.enforced else None,
        "candidate_version": tried[0].number if tried else None,
        "candidate_status": tried[0].status if tried else None,
    }
    return answer_of(said, row, version.status, version.number, **more)


def _save(organization: Organization, said: Any, actor: Actor, **about: Any) -> PolicyVersion:
    return services.save_draft(organization, said, actor, **about)


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
    change=Written,
)

urlpatterns = [
    *addresses("policies", POLICIES, PolicyFilters, Versions),
    path("policies/<str:name>/publish/", Publish.as_view()),
    path("policies/<str:name>/rollback/", Rollback.as_view()),
    path("policies/<str:name>/disable/", Disable.as_view()),
]
