"""Knowledge bases, and what runs remember."""

from typing import Any

from django.db.models import Count, QuerySet
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.models import Organization
from coordination.accounts.rights import Right
from coordination.api.catalogue import Shelf, addresses, answer_of
from coordination.api.describing import listing
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.audit.selectors import events
from coordination.manifests.kinds import manifest
from coordination.memory import selectors, services
from coordination.memory.models import KnowledgeBase, MemoryEntry
from coordination.shared.json import JsonObject


class MemoryFilters(Input):
    """Which entries to list; without a run, those of the organization."""

    run = serializers.UUIDField(required=False)
    key = serializers.CharField(max_length=200, required=False)


class MemoryOutput(serializers.ModelSerializer[MemoryEntry]):
    """One thing an agent or a person wrote down for others."""

    run = serializers.UUIDField(source="run_id", allow_null=True)

    class Meta:
        model = MemoryEntry
        fields = (
            "id", "run", "scope", "key", "value", "writer", "source", "confidence", "classification", "version",
            "created_at", "updated_at",
        )  # fmt: skip


class MemoryList(Endpoint):
    """Shared memory."""

    @listing("memory_list", MemoryFilters, MemoryOutput)
    def get(self, request: Request) -> Response:
        """List entries, the newest first."""
        asked = self.asked(MemoryFilters)
        found = selectors.remembered(self.organization, asked.get("run"))
        return self.page(found.filter(key=asked["key"]) if "key" in asked else found, MemoryOutput)


class Revision(serializers.Serializer[Any]):
    """One change of a knowledge base: earlier documents are not kept, the audit log tells when they changed."""

    number = serializers.IntegerField(source="data.revision")
    status = serializers.CharField(read_only=True, default="saved")
    digest = serializers.CharField(source="data.digest")
    created_by = serializers.CharField(source="actor")
    created_at = serializers.DateTimeField(source="occurred_at")


class Revisions(Endpoint):
    """When a knowledge base changed."""

    @listing("knowledge_bases_versions", None, Revision)
    def get(self, request: Request, name: str) -> Response:
        """List its revisions, the newest first."""
        self.no_filters()
        row = KNOWLEDGE_BASES.row(self.organization, name)
        saved = events(
            self.organization, stream="memory", kind="KnowledgeBaseSaved", object=f"knowledge-base:{row.name}"
        )
        return self.page(saved, Revision)


def _bases(organization: Organization) -> QuerySet[KnowledgeBase]:
    return selectors.knowledge_bases(organization).annotate(n_documents=Count("documents"))


def _listed(row: Any) -> JsonObject:
    return answer_of(manifest("KnowledgeBase", row, {}), row, "active", row.revision, documents=row.n_documents)


def _whole(row: Any) -> JsonObject:
    return answer_of(selectors.manifest_of(row), row, "active", row.revision, documents=row.n_documents)


KNOWLEDGE_BASES = Shelf(
    kind="KnowledgeBase",
    edits=Right.MEMORY_EDIT,
    rows=_bases,
    shown=_listed,
    shown_whole=_whole,
    save=services.save_knowledge_base,
    remove=services.remove_knowledge_base,
)

urlpatterns = [
    *addresses("knowledge-bases", KNOWLEDGE_BASES, versions=Revisions),
    path("memory/", MemoryList.as_view()),
]
