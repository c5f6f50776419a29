"""The audit log."""

from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.audit import selectors
from coordination.audit.models import AuditEvent
from coordination.shared.errors import NotFound


class AuditFilters(Input):
    """Which records to list; `since` is included, `until` is not."""

    actor = serializers.CharField(max_length=200, required=False)
    object = serializers.CharField(max_length=300, required=False)
    kind = serializers.CharField(max_length=60, required=False)
    stream = serializers.CharField(max_length=200, required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class RecordOutput(serializers.ModelSerializer[AuditEvent]):
    """One record; `body` is the exact text that `hash` was taken of."""

    class Meta:
        model = AuditEvent
        fields = (
            "id", "occurred_at", "stream", "stream_no", "kind", "actor", "on_behalf_of", "object", "data", "body",
            "prev_hash", "hash",
        )  # fmt: skip


class RecordList(Endpoint):
    """The organization's records."""

    reads = Right.AUDIT_READ

    @listing("audit_list", AuditFilters, RecordOutput)
    def get(self, request: Request) -> Response:
        """List records, the newest first."""
        asked: dict[str, Any] = self.asked(AuditFilters)
        return self.page(selectors.events(self.organization, **asked), RecordOutput)


class RecordDetail(Endpoint):
    """One record."""

    reads = Right.AUDIT_READ

    @takes("audit_read", None, RecordOutput)
    def get(self, request: Request, record_id: UUID) -> Response:
        """Return the record."""
        record = selectors.events(self.organization).filter(pk=record_id).first()
        if record is None:
            raise NotFound(kind="audit record", name=record_id)
        return Response(RecordOutput(record).data)


urlpatterns = [
    path("audit/", RecordList.as_view()),
    path("audit/<uuid:record_id>/", RecordDetail.as_view()),
]
