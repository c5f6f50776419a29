"""The audit log: its records, found by anything and handed out, and whether all of it is as it was written."""

from functools import partial
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.api.pagination import ByPlace
from coordination.audit import selectors
from coordination.audit.selectors import Wanted
from coordination.audit.services import MEDIA_TYPES, Format, hand_out, verify
from coordination.shared.streaming import Streamed


class AuditFilters(Input):
    """Which records to find; what is given must all hold. `since` is included, `until` is not."""

    actor = serializers.CharField(max_length=200, required=False)
    agent = serializers.CharField(max_length=100, required=False, help_text="Acted, or was acted on.")
    object = serializers.CharField(max_length=300, required=False, help_text="Or a part of it, as a step of a run.")
    kind = serializers.CharField(max_length=60, required=False)
    decision = serializers.CharField(
        max_length=60, required=False, help_text="`allow`, `deny`, `require_approval`, `approve`, `reject` …"
    )
    stream = serializers.CharField(max_length=200, required=False)
    text = serializers.CharField(
        max_length=200, required=False, help_text="Every word begins a word of the record's details."
    )
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)

    def validate_text(self, text: str) -> str:
        """Refuse what would find everything."""
        if not Wanted(text=text).words:
            raise serializers.ValidationError("needs words of at least two letters or digits")
        return text


class ExportFilters(AuditFilters):
    """Which records to hand out, and how."""

    format = serializers.ChoiceField([*Format], default=Format.NDJSON)


class RecordOutput(serializers.Serializer[Any]):
    """One record; `body` is the exact text that `hash` was taken of. `seq` is its place in the log and `checkpoint`
    the one it was sealed in; both are null while it is not sealed."""

    id = serializers.UUIDField(source="event.id")
    occurred_at = serializers.DateTimeField(source="event.occurred_at")
    stream = serializers.CharField(source="event.stream")
    stream_no = serializers.IntegerField(source="event.stream_no")
    kind = serializers.CharField(source="event.kind")
    actor = serializers.CharField(source="event.actor")
    on_behalf_of = serializers.CharField(source="event.on_behalf_of")
    object = serializers.CharField(source="event.object")
    data = serializers.DictField(source="event.data")  # type: ignore[assignment]  # fields leave the class
    body = serializers.CharField(source="event.body")
    prev_hash = serializers.CharField(source="event.prev_hash")
    hash = serializers.CharField(source="event.hash")
    seq = serializers.IntegerField(allow_null=True)
    checkpoint = serializers.IntegerField(allow_null=True)


class FindingOutput(serializers.Serializer[Any]):
    """One thing that is wrong, and the record or checkpoint it is about as far as it can be named."""

    problem = serializers.CharField()
    stream = serializers.CharField()
    stream_no = serializers.IntegerField()
    id = serializers.CharField()
    kind = serializers.CharField()
    seq = serializers.IntegerField(allow_null=True)
    checkpoint = serializers.IntegerField()


class VerifyInput(Input):
    """What to verify: everything, or one stream."""

    stream = serializers.CharField(max_length=200, required=False)


class ReportOutput(serializers.Serializer[Any]):
    """What verifying found; of `checked` records, `sealed` are in a signed tree."""

    holds = serializers.SerializerMethodField()
    streams = serializers.IntegerField()
    checked = serializers.IntegerField()
    sealed = serializers.IntegerField()
    dropped = serializers.IntegerField()
    checkpoints = serializers.IntegerField()
    findings = FindingOutput(many=True)

    def get_holds(self, report: Any) -> bool:
        """Tell whether nothing was found."""
        return not report.findings


class RecordList(Endpoint):
    """The organization's records."""

    reads = Right.AUDIT_READ

    @listing("audit_list", AuditFilters, RecordOutput)
    def get(self, request: Request) -> Response:
        """Find records, the newest first. Where there is much to look through, a page may hold few and yet go on."""
        pages = ByPlace()
        search = partial(selectors.found, self.organization, Wanted(**self.asked(AuditFilters)))
        found = pages.paginate_queryset(search, request, view=self)
        return pages.get_paginated_response(RecordOutput(found, many=True).data)


class RecordDetail(Endpoint):
    """One record."""

    reads = Right.AUDIT_READ

    @takes("audit_read", None, RecordOutput)
    def get(self, request: Request, record_id: UUID) -> Response:
        """Return the record."""
        return Response(RecordOutput(selectors.placed(self.organization, record_id)).data)


class Export(Endpoint):
    """Records as a file."""

    reads = Right.AUDIT_READ

    @extend_schema(
        operation_id="audit_export",
        parameters=[ExportFilters],
        responses={(200, media_type): str for media_type in ("application/x-ndjson", "text/csv")},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Hand out all records that match, the newest first; that they were handed out goes on record."""
        asked = self.asked(ExportFilters)
        form = Format(asked.pop("format"))
        lines = hand_out(self.organization, Wanted(**asked), form, self.caller.actor)
        return Streamed(lines, MEDIA_TYPES[form], f"audit-{self.organization.slug}.{form}")


class Verify(Endpoint):
    """Whether the log is what was written."""

    # It changes nothing; it is a POST because it reads everything.
    writes = Right.AUDIT_READ

    @takes("audit_verify", VerifyInput, ReportOutput)
    def post(self, request: Request) -> Response:
        """Check every record, stream and checkpoint now, or the records of one stream."""
        report = verify(self.organization, self.given(VerifyInput).get("stream"))
        return Response(ReportOutput(report).data)


urlpatterns = [
    path("audit/", RecordList.as_view()),
    path("audit/export/", Export.as_view()),
    path("audit/verify/", Verify.as_view()),
    path("audit/<uuid:record_id>/", RecordDetail.as_view()),
]
