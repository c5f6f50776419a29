"""Shared memory: what agents and people wrote down for others."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.agents.selectors import agent_named
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.api.knowledge import ReaderOutput
from coordination.api.pagination import NewestFirst
from coordination.memory import selectors, services
from coordination.memory.models import Classification, MemoryEntry, MemoryVersion
from coordination.shared.clock import now

_SAID = ("value", "writer", "source", "written_in", "confidence", "classification", "taint", "version", "updated_at")


class MemoryFilters(Input):
    """Which entries to list; without a run or an agent, those of the organization."""

    run = serializers.UUIDField(required=False)
    agent = serializers.CharField(max_length=63, required=False)
    scope = serializers.CharField(max_length=100, required=False)
    key = serializers.CharField(max_length=200, required=False)


class MemoryInput(Input):
    """Something to remember; without a run or an agent, for the whole organization."""

    key = serializers.CharField(max_length=200)
    value = serializers.JSONField()
    agent = serializers.CharField(max_length=63, default="", allow_blank=True)
    scope = serializers.CharField(max_length=100, default="", allow_blank=True)
    source = serializers.CharField(max_length=300, default="", allow_blank=True)  # type: ignore[assignment]  # DRF keeps fields apart from attributes
    confidence = serializers.FloatField(required=False, allow_null=True, min_value=0, max_value=1)
    classification = serializers.ChoiceField(choices=Classification.values, default=Classification.INTERNAL)
    ttl_s = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    version = serializers.IntegerField(
        required=False, min_value=0, help_text="Write only if it is at this version; 0: only if it is not there."
    )


class MemoryOutput(serializers.ModelSerializer[MemoryEntry]):
    """One thing an agent or a person wrote down for others."""

    run = serializers.UUIDField(source="run_id", allow_null=True)
    namespace = serializers.CharField(help_text="run, agent or organization")
    is_quarantined = serializers.SerializerMethodField()

    class Meta:
        model = MemoryEntry
        fields = (
            "id", "namespace", "run", "agent", "scope", "key", *_SAID, "expires_at", "is_quarantined",
            "quarantine_reason", "created_at",
        )  # fmt: skip

    def get_is_quarantined(self, entry: MemoryEntry) -> bool:
        """Tell whether nobody can read it."""
        return entry.quarantined_at is not None


class MemoryVersionOutput(serializers.ModelSerializer[MemoryVersion]):
    """What an entry said before."""

    class Meta:
        model = MemoryVersion
        fields = _SAID


class ByVersion(NewestFirst):
    """The newest version first."""

    ordering = "-version"


class MemoryList(Endpoint):
    """Shared memory."""

    writes = Right.MEMORY_EDIT

    @listing("memory_list", MemoryFilters, MemoryOutput)
    def get(self, request: Request) -> Response:
        """List entries, the newest first."""
        asked = self.asked(MemoryFilters)
        found = selectors.remembered(self.organization, asked.get("run"), asked.get("agent", ""))
        narrow = {name: asked[name] for name in ("key", "scope") if name in asked}
        return self.page(found.filter(**narrow), MemoryOutput)

    @takes("memory_write", MemoryInput, MemoryOutput)
    def post(self, request: Request) -> Response:
        """Write a value; with `version` it answers 409 if somebody else wrote in between."""
        given = self.given(MemoryInput)
        version, ttl_s = given.pop("version", None), given.pop("ttl_s", None)
        if given["agent"]:
            agent_named(self.organization, given["agent"])
        entry = services.remember(
            self.organization,
            **given,
            writer=str(self.caller.actor),
            actor=self.caller.actor,
            expected_version=version,
            expires_at=now() + timedelta(seconds=ttl_s) if ttl_s else None,
        )
        return Response(MemoryOutput(entry).data)


class OneMemory(Endpoint):
    """One entry."""

    writes = Right.MEMORY_EDIT

    @takes("memory_read", None, MemoryOutput)
    def get(self, request: Request, entry_id: UUID) -> Response:
        """Return it, in quarantine or not."""
        return Response(MemoryOutput(selectors.entry(self.organization, entry_id)).data)

    @takes("memory_forget", None, None, status=204)
    def delete(self, request: Request, entry_id: UUID) -> Response:
        """Forget it and everything that it said before."""
        entry = selectors.entry(self.organization, entry_id)
        services.forget(self.organization, entry, "", self.caller.actor)
        return Response(status=204)


class MemoryVersions(Endpoint):
    """What an entry said before."""

    @listing("memory_versions", None, MemoryVersionOutput)
    def get(self, request: Request, entry_id: UUID) -> Response:
        """List its earlier versions, the newest first."""
        entry = selectors.entry(self.organization, entry_id)
        self.no_filters()
        found: Any = entry.versions.all()
        return self.page(found, MemoryVersionOutput, ByVersion)


class MemoryReaders(Endpoint):
    """Which runs used an entry."""

    @takes("memory_runs", None, ReaderOutput(many=True))
    def get(self, request: Request, entry_id: UUID) -> Response:
        """List the runs that were given it, the last first."""
        entry = selectors.entry(self.organization, entry_id)
        self.no_filters()
        readers = selectors.readers_of(self.organization, [entry.pk])
        return Response({"results": ReaderOutput(readers, many=True).data})


urlpatterns = [
    path("memory/", MemoryList.as_view()),
    path("memory/<uuid:entry_id>/", OneMemory.as_view()),
    path("memory/<uuid:entry_id>/versions/", MemoryVersions.as_view()),
    path("memory/<uuid:entry_id>/runs/", MemoryReaders.as_view()),
]
