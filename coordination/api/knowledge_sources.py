"""Files and pages that knowledge bases are made from."""

import tempfile
from collections.abc import Iterator, Mapping
from typing import IO, Any
from uuid import UUID

from django.urls import path
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from coordination.accounts.rights import Right
from coordination.api.describing import listing, takes
from coordination.api.inputs import Input, Reason
from coordination.api.knowledge import AboutBase
from coordination.memory import selectors, services
from coordination.memory.errors import FileTooLarge
from coordination.memory.manifest import SHORTEST_WAIT_S
from coordination.memory.models import Classification, KnowledgeSource


class SourceOutput(serializers.ModelSerializer[KnowledgeSource]):
    """A file or a page: how far it is, and what became of it."""

    class Meta:
        model = KnowledgeSource
        fields = (
            "id", "kind", "name", "classification", "is_trusted", "status", "done", "total", "doing", "error", "note",
            "size", "sha256", "n_documents", "requested_by", "created_at", "finished_at", "every_s", "due_at",
        )  # fmt: skip


class PageInput(Input):
    """A web page to read."""

    url = serializers.CharField(max_length=500)
    every_s = serializers.IntegerField(required=False, allow_null=True, min_value=SHORTEST_WAIT_S)
    trusted = serializers.BooleanField(default=False)


class FileAbout(Input):
    """What is said about a file that is brought."""

    name = serializers.CharField(max_length=200)
    classification = serializers.ChoiceField(choices=Classification.values, required=False, default="")
    trusted = serializers.BooleanField(default=False)


class FileParser(BaseParser):
    """The bytes of a file of any kind, kept on disk where there are many."""

    media_type = "*/*"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return them as a file; raises FileTooLarge."""
        # Whoever reads it closes it.
        file = tempfile.SpooledTemporaryFile(max_size=2**20)  # noqa: SIM115
        while part := stream.read(2**20):
            if file.tell() + len(part) > services.MOST_BYTES:
                raise FileTooLarge(most_mb=services.MOST_BYTES // 2**20)
            file.write(part)
        file.seek(0)
        return file


class SourceList(AboutBase):
    """The files and pages of a knowledge base."""

    writes = Right.MEMORY_EDIT

    @listing("knowledge_sources_list", None, SourceOutput)
    def get(self, request: Request, name: str) -> Response:
        """List them, the newest first."""
        base = self.base(name)
        self.no_filters()
        return self.page(selectors.sources(base), SourceOutput)

    @takes("knowledge_sources_add_page", PageInput, SourceOutput, status=202)
    def post(self, request: Request, name: str) -> Response:
        """Have a web page of an allowed site read and indexed; the same address again changes how often."""
        base, given = self.base(name), self.given(PageInput)
        source = services.add_page(
            base, given["url"], self.caller.actor, every_s=given.get("every_s"), is_trusted=given["trusted"]
        )
        return Response(SourceOutput(source).data, status=202)


class FileList(AboutBase):
    """Bring a file."""

    writes = Right.MEMORY_EDIT
    parser_classes = [FileParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check who asks; the body is read by its parser, which has a limit of its own."""
        APIView.initial(self, request, *args, **kwargs)

    @takes("knowledge_sources_upload", {"application/octet-stream": OpenApiTypes.BINARY}, SourceOutput, status=202)
    def post(self, request: Request, name: str) -> Response:
        """Send a file as the body, with `?name=`: text, Markdown, HTML, PDF or CSV. The same name replaces it."""
        base, about = self.base(name), self.asked(FileAbout)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > services.MOST_BYTES:
            raise FileTooLarge(most_mb=services.MOST_BYTES // 2**20)
        file: Any = request.data
        source = services.upload(
            base,
            about["name"],
            _chunks(file) if file else (),
            self.caller.actor,
            classification=about["classification"],
            is_trusted=about["trusted"],
        )
        return Response(SourceOutput(source).data, status=202)


class OneSource(AboutBase):
    """One file or page."""

    writes = Right.MEMORY_EDIT

    @takes("knowledge_sources_read", None, SourceOutput)
    def get(self, request: Request, name: str, source_id: UUID) -> Response:
        """Return how far it is."""
        return Response(SourceOutput(selectors.source(self.base(name), source_id)).data)

    @takes("knowledge_sources_remove", None, None, status=204)
    def delete(self, request: Request, name: str, source_id: UUID) -> Response:
        """Forget it and what was made of it."""
        services.remove_source(selectors.source(self.base(name), source_id), self.caller.actor)
        return Response(status=204)


class ReindexSource(AboutBase):
    """Read a file or a page anew."""

    writes = Right.MEMORY_EDIT

    @takes("knowledge_sources_reindex", Input, SourceOutput, status=202)
    def post(self, request: Request, name: str, source_id: UUID) -> Response:
        """Fetch it, if it is a page, and index it; only what changed is embedded again."""
        source = selectors.source(self.base(name), source_id)
        self.given(Input)
        return Response(SourceOutput(services.reindex(source, self.caller.actor)).data, status=202)


class QuarantineSource(AboutBase):
    """Take everything of a file or page out of every search."""

    writes = Right.MEMORY_EDIT

    @takes("knowledge_sources_quarantine", Reason, SourceOutput)
    def post(self, request: Request, name: str, source_id: UUID) -> Response:
        """Quarantine all its documents."""
        source = selectors.source(self.base(name), source_id)
        services.quarantine_source(source, self.given(Reason)["reason"], self.caller.actor)
        return Response(SourceOutput(source).data)


class ReleaseSource(AboutBase):
    """Let everything of a file or page be found again."""

    writes = Right.MEMORY_EDIT

    @takes("knowledge_sources_release", Reason, SourceOutput)
    def post(self, request: Request, name: str, source_id: UUID) -> Response:
        """Release all its documents."""
        source = selectors.source(self.base(name), source_id)
        services.release_source(source, self.given(Reason)["reason"], self.caller.actor)
        return Response(SourceOutput(source).data)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        yield from iter(lambda: file.read(2**20), b"")


_SOURCE = "knowledge-bases/<str:name>/sources/<uuid:source_id>/"

urlpatterns = [
    path("knowledge-bases/<str:name>/sources/", SourceList.as_view()),
    path("knowledge-bases/<str:name>/files/", FileList.as_view()),
    path(_SOURCE, OneSource.as_view()),
    path(f"{_SOURCE}reindex/", ReindexSource.as_view()),
    path(f"{_SOURCE}quarantine/", QuarantineSource.as_view()),
    path(f"{_SOURCE}release/", ReleaseSource.as_view()),
]
