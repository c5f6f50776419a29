"""The library of policies: look at them, and take one as a draft."""

from typing import Any

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.describing import page_of, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.api.policies import ANSWER, POLICIES
from coordination.policies.frameworks import FRAMEWORKS
from coordination.policies.library import TOPICS, Entry, entries, entry_named
from coordination.policies.selectors.library import taken_from_library
from coordination.policies.services.installing import install


class LibraryFilters(Input):
    """Which policies of the library to list."""

    topic = serializers.ChoiceField(list(TOPICS), required=False)
    framework = serializers.ChoiceField(list(FRAMEWORKS), required=False)


class InstallInput(Input):
    """What the policy is called here, and who answers for it."""

    name = serializers.CharField(max_length=63, default="", allow_blank=True, help_text="Its own name if left out.")
    owner = serializers.CharField(max_length=150, default="", allow_blank=True)


class LibraryOutput(serializers.Serializer[Any]):
    """A policy of the library, and what was made of it here."""

    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField(source="manifest.metadata.description")
    topic = serializers.ChoiceField(list(TOPICS))
    effects = serializers.ListField(child=serializers.CharField())
    tags = serializers.ListField(child=serializers.CharField(), source="spec.tags")
    tests = serializers.IntegerField(source="n_tests")
    installed = serializers.SerializerMethodField(help_text="The policies here that were made of it.")

    def get_installed(self, entry: Entry) -> list[str]:
        """Return the names of the policies that were made of it."""
        return [policy.name for policy in self.context["taken"].get(entry.name, [])]


class LibraryWhole(LibraryOutput):
    """A policy of the library with its manifest."""

    manifest = serializers.SerializerMethodField()

    def get_manifest(self, entry: Entry) -> dict[str, Any]:
        """Return the manifest, as PUT takes it."""
        return entry.manifest.model_dump(mode="json")


class Library(Endpoint):
    """All policies of the library."""

    @takes("policy_library_list", None, page_of("LibraryOutputPage", LibraryOutput))
    def get(self, request: Request) -> Response:
        """List them, topic by topic, all on one page."""
        found = entries(**self.asked(LibraryFilters))
        context = {"taken": taken_from_library(self.organization)}
        shown = LibraryOutput(found, many=True, context=context).data
        return Response({"results": shown, "next": None, "previous": None})


class LibraryEntry(Endpoint):
    """One policy of the library."""

    @takes("policy_library_read", None, LibraryWhole)
    def get(self, request: Request, entry: str) -> Response:
        """Return it with its rules and tests."""
        context = {"taken": taken_from_library(self.organization)}
        return Response(LibraryWhole(entry_named(entry), context=context).data)


class Install(Endpoint):
    """Take a policy of the library."""

    writes = Right.POLICY_EDIT

    @takes("policy_library_install", InstallInput, ANSWER, 201)
    def post(self, request: Request, entry: str) -> Response:
        """Keep it as a draft, which holds for nobody until it is published."""
        version = install(self.organization, entry, self.caller.actor, **self.given(InstallInput))
        name = version.policy.name
        headers = {"Location": f"/api/v1/policies/{name}/"}
        return Response(POLICIES.answer(self.organization, name), status=201, headers=headers)


urlpatterns = [
    path("policy-library/", Library.as_view()),
    path("policy-library/<str:entry>/", LibraryEntry.as_view()),
    path("policy-library/<str:entry>/install/", Install.as_view()),
]
