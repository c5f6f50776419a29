"""Knowledge bases, their documents, and what is found in them."""

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.models import Membership, Organization
from coordination.accounts.rights import Right
from coordination.api.catalogue import Shelf, Thing, ThingList, answer_of
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input, Reason
from coordination.audit.selectors import events
from coordination.manifests.kinds import manifest
from coordination.memory import selectors, services
from coordination.memory.models import Document, KnowledgeBase
from coordination.shared.json import JsonObject


class Revision(serializers.Serializer[Any]):
    """One change of a knowledge base: earlier documents are not kept, the audit log tells when they changed."""

    number = serializers.IntegerField(source="data.revision")
    status = serializers.CharField(read_only=True, default="saved")
    digest = serializers.CharField(source="data.digest", default="")
    created_by = serializers.CharField(source="actor")
    created_at = serializers.DateTimeField(source="occurred_at")


class DocumentOutput(serializers.ModelSerializer[Document]):
    """A document: where it is from, whether it is to be trusted, whether it is found."""

    source = serializers.UUIDField(source="source_id", allow_null=True)  # type: ignore[assignment]  # as above
    is_quarantined = serializers.SerializerMethodField()

    class Meta:
        model = Document
        fields = (
            "id", "key", "title", "label", "source", "place", "classification", "taint", "is_quarantined",
            "quarantine_reason", "updated_at",
        )  # fmt: skip

    def get_is_quarantined(self, document: Document) -> bool:
        """Tell whether nothing finds it."""
        return document.quarantined_at is not None


class WholeDocument(DocumentOutput):
    """A document with its text."""

    class Meta(DocumentOutput.Meta):
        fields = (*DocumentOutput.Meta.fields, "text", "links")  # type: ignore[assignment]  # a longer tuple


class DocumentFilters(Input):
    """Which documents to list."""

    source = serializers.UUIDField(required=False)  # type: ignore[assignment]  # DRF keeps fields apart from attributes
    quarantined = serializers.BooleanField(required=False, default=None, allow_null=True)


class SearchFilters(Input):
    """What to look for."""

    q = serializers.CharField(max_length=2_000, default="", allow_blank=True)
    k = serializers.IntegerField(min_value=1, max_value=50, default=10)


class HitOutput(serializers.Serializer[Any]):
    """A passage that answers, with where to look it up; a higher score is better within one search only."""

    document = serializers.UUIDField(source="document_id")
    key = serializers.CharField(source="document_key")
    title = serializers.CharField()
    text = serializers.CharField()
    score = serializers.FloatField()
    citation = serializers.CharField()
    classification = serializers.CharField()
    taint = serializers.CharField(help_text="Why it is not to be trusted; empty where it is.")


class ReaderOutput(serializers.Serializer[Any]):
    """A run that was given something: how often, when, through which agents."""

    run = serializers.UUIDField(source="run_id")
    times = serializers.IntegerField(source="n")
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    agents = serializers.ListField(child=serializers.CharField())


class Shelved(Endpoint):
    """What the addresses of knowledge bases share: a member sees those for everyone, or for one of their roles."""

    shelf: Shelf

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check who asks, then show them their own shelf."""
        super().initial(request, *args, **kwargs)
        self.shelf = replace(self.shelf, rows=partial(_bases, self.caller.membership))


class BaseList(Shelved, ThingList):
    """All knowledge bases."""


class Base(Shelved, Thing):
    """One knowledge base."""


class AboutBase(Endpoint):
    """Something of one knowledge base."""

    def base(self, name: str) -> KnowledgeBase:
        """Return the knowledge base; raises KnowledgeBaseUnknown where the caller may not read it."""
        return selectors.knowledge_base_for(self.caller.membership, name)


class Revisions(AboutBase):
    """When a knowledge base changed."""

    @listing("knowledge_bases_versions", None, Revision)
    def get(self, request: Request, name: str) -> Response:
        """List its revisions, the newest first."""
        self.no_filters()
        base = self.base(name)
        saved = events(
            self.organization, stream="memory", kind="KnowledgeBaseSaved", object=f"knowledge-base:{base.name}"
        )
        return self.page(saved, Revision)


class Search(AboutBase):
    """What a knowledge base says."""

    @takes("knowledge_bases_search", None, HitOutput(many=True))
    def get(self, request: Request, name: str) -> Response:
        """Return the best passage of each of the best documents, with its citation: `?q=…&k=10`."""
        base, asked = self.base(name), self.asked(SearchFilters)
        hits = selectors.search_in(base, asked["q"], k=asked["k"])
        return Response({"results": HitOutput(hits, many=True).data})


class DocumentList(AboutBase):
    """The documents of a knowledge base."""

    @listing("knowledge_documents_list", DocumentFilters, DocumentOutput)
    def get(self, request: Request, name: str) -> Response:
        """List them, the newest first."""
        base, asked = self.base(name), self.asked(DocumentFilters)
        found = selectors.all_documents(base)
        if "source" in asked:
            found = found.filter(source=asked["source"])
        if asked.get("quarantined") is not None:
            found = found.filter(quarantined_at__isnull=not asked["quarantined"])
        return self.page(found, DocumentOutput)


class OneDocument(AboutBase):
    """One document."""

    @takes("knowledge_documents_read", None, WholeDocument)
    def get(self, request: Request, name: str, document_id: UUID) -> Response:
        """Return it with its text."""
        return Response(WholeDocument(selectors.document(self.base(name), document_id)).data)


class DocumentReaders(AboutBase):
    """Which runs used a document."""

    @takes("knowledge_documents_runs", None, ReaderOutput(many=True))
    def get(self, request: Request, name: str, document_id: UUID) -> Response:
        """List the runs that were given it, the last first."""
        self.no_filters()
        document = selectors.document(self.base(name), document_id)
        readers = selectors.readers_of(self.organization, [document.pk])
        return Response({"results": ReaderOutput(readers, many=True).data})


class QuarantineDocument(AboutBase):
    """Take a document out of every search."""

    writes = Right.MEMORY_EDIT

    @takes("knowledge_documents_quarantine", Reason, WholeDocument)
    def post(self, request: Request, name: str, document_id: UUID) -> Response:
        """Let nothing find it or learn from it from now on."""
        base = self.base(name)
        document, reason = selectors.document(base, document_id), self.given(Reason)["reason"]
        services.quarantine_documents(base, [document.pk], reason, self.caller.actor)
        return Response(WholeDocument(selectors.document(base, document_id)).data)


class ReleaseDocument(AboutBase):
    """Let a document be found again."""

    writes = Right.MEMORY_EDIT

    @takes("knowledge_documents_release", Reason, WholeDocument)
    def post(self, request: Request, name: str, document_id: UUID) -> Response:
        """Say that somebody has looked at it."""
        base = self.base(name)
        document, reason = selectors.document(base, document_id), self.given(Reason)["reason"]
        services.release_documents(base, [document.pk], reason, self.caller.actor)
        return Response(WholeDocument(selectors.document(base, document_id)).data)


def _bases(membership: Membership, _organization: Organization | None = None) -> QuerySet[KnowledgeBase]:
    return selectors.with_counts(selectors.knowledge_bases_for(membership))


def _every_base(organization: Organization) -> QuerySet[KnowledgeBase]:
    return selectors.with_counts(selectors.knowledge_bases(organization))


def _listed(row: Any) -> JsonObject:
    return answer_of(manifest("KnowledgeBase", row, {}), row, "active", row.revision, documents=row.n_documents)


def _whole(row: Any) -> JsonObject:
    return answer_of(selectors.manifest_of(row), row, "active", row.revision, documents=row.n_documents)


KNOWLEDGE_BASES = Shelf(
    kind="KnowledgeBase",
    edits=Right.MEMORY_EDIT,
    rows=_every_base,
    shown=_listed,
    shown_whole=_whole,
    save=services.save_knowledge_base,
    remove=services.remove_knowledge_base,
)
_KEPT: dict[str, Any] = {"shelf": KNOWLEDGE_BASES, "writes": Right.MEMORY_EDIT}
_DOCUMENT = "knowledge-bases/<str:name>/documents/<uuid:document_id>/"

urlpatterns = [
    path("knowledge-bases/", BaseList.as_view(**_KEPT)),
    path("knowledge-bases/<str:name>/", Base.as_view(**_KEPT)),
    path("knowledge-bases/<str:name>/versions/", Revisions.as_view()),
    path("knowledge-bases/<str:name>/search/", Search.as_view()),
    path("knowledge-bases/<str:name>/documents/", DocumentList.as_view()),
    path(_DOCUMENT, OneDocument.as_view()),
    path(f"{_DOCUMENT}runs/", DocumentReaders.as_view()),
    path(f"{_DOCUMENT}quarantine/", QuarantineDocument.as_view()),
    path(f"{_DOCUMENT}release/", ReleaseDocument.as_view()),
]
