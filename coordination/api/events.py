"""What happens to a run, as it happens: its audit records, as pages or as a stream that can be resumed."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.core.serializers.json import DjangoJSONEncoder
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.api.describing import Paging, page_of
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.api.pagination import InOrder
from coordination.audit.models import AuditEvent
from coordination.audit.selectors import uncovered
from coordination.engine.flow.state import RUN_ENDED
from coordination.runs import selectors
from coordination.runs.models import Run
from coordination.runs.sealed import without_sealed
from coordination.shared.live import group

logger = logging.getLogger(__name__)

MEDIA_TYPE = "text/event-stream"
BATCH = 200
# A ring may be lost: look again by row after this time.
POLL_S = 2.0
KEEP_ALIVE_S = 15.0
# Then the client comes back with Last-Event-ID, and with rights that are looked at again.
LONGEST_S = 600.0


class EventFilters(Input):
    """Where to begin: after the event with this id."""

    after = serializers.IntegerField(min_value=0, required=False)
    kind = serializers.CharField(max_length=60, required=False)


class EventsOutput(serializers.ListSerializer[Any]):
    """Events with personal values in their places, as far as nobody erased them."""

    def to_representation(self, data: Any) -> Any:
        """Look the values up for all of them at once."""
        told = super().to_representation(uncovered(data))
        return [{**one, "data": without_sealed(one["data"])} for one in told]


class EventOutput(serializers.ModelSerializer[AuditEvent]):
    """One thing that happened to a run; `id` counts from 1 within the run."""

    id = serializers.IntegerField(source="stream_no")
    at = serializers.DateTimeField(source="occurred_at")

    class Meta:
        model = AuditEvent
        list_serializer_class = EventsOutput
        fields = ("id", "at", "kind", "actor", "object", "data")


class EventStreamRenderer(JSONRenderer):
    """Let a caller ask for a stream; a problem is still told as JSON."""

    media_type = MEDIA_TYPE
    format = "stream"


class RunEvents(Endpoint):
    """A run's events."""

    renderer_classes = [JSONRenderer, EventStreamRenderer]

    @extend_schema(
        operation_id="runs_events",
        parameters=[EventFilters, Paging, OpenApiParameter("Last-Event-ID", int, OpenApiParameter.HEADER)],
        responses={(200, "application/json"): page_of("EventPage", EventOutput), (200, MEDIA_TYPE): str, 204: None},
    )
    def get(self, request: Request, run_id: UUID) -> HttpResponseBase:
        """Return a page of events in their order, or with `Accept: text/event-stream` the stream of them."""
        run = selectors.get_run(self.organization, run_id)
        asked = self.asked(EventFilters)
        if isinstance(request.accepted_renderer, EventStreamRenderer):
            return self._stream(request, run, asked)
        found = selectors.records_of(run).filter(stream_no__gt=asked.get("after", 0))
        return self.page(found.filter(kind=asked["kind"]) if "kind" in asked else found, EventOutput, InOrder)

    def _stream(self, request: Request, run: Run, asked: Mapping[str, Any]) -> HttpResponseBase:
        last = request.headers.get("Last-Event-ID", "")
        after = int(last) if last.isdecimal() and len(last) < 19 else asked.get("after", 0)
        if run.status in RUN_ENDED and not _since(run, after)[1]:
            # This tells an EventSource not to come back.
            return Response(status=204)
        response = StreamingHttpResponse(_events(run, after), content_type=MEDIA_TYPE)
        response.headers["Cache-Control"] = "no-cache"
        # Proxies that collect answers before they pass them on are told not to.
        response.headers["X-Accel-Buffering"] = "no"
        return response


async def _events(run: Run, after: int) -> AsyncIterator[str]:
    """Yield what happened after an event, then what happens, until the run has ended."""
    loop = asyncio.get_running_loop()
    until, spoke = loop.time() + LONGEST_S, loop.time()
    read = database_sync_to_async(_since)
    async with _Doorbell(run.organization_id, f"run-{run.pk}") as doorbell:
        while loop.time() < until:
            ended, records = await read(run, after)
            for record in records:
                after, spoke = record["id"], loop.time()
                yield f"id: {after}\ndata: {json.dumps(record, cls=DjangoJSONEncoder)}\n\n"
            if len(records) == BATCH:
                continue
            if ended:
                yield "event: end\ndata: {}\n\n"
                return
            if loop.time() - spoke > KEEP_ALIVE_S:
                spoke = loop.time()
                yield ": waiting\n\n"
            await doorbell.wait(POLL_S)


def _since(run: Run, after: int) -> tuple[bool, list[dict[str, Any]]]:
    """Return whether the run has ended, and then its next events."""
    # In this order: a status seen first cannot be newer than the events read after it.
    ended = Run.objects.filter(pk=run.pk, status__in=RUN_ENDED).exists()
    found = selectors.records_of(run).filter(stream_no__gt=after)[:BATCH]
    return ended, [dict(record) for record in EventOutput(found, many=True).data]


class _Doorbell:
    """Wait for a ring about a topic; without Redis, just for the time to pass."""

    def __init__(self, organization_id: UUID, topic: str) -> None:
        self._group, self._topic = group(organization_id), topic
        self._layer: Any = get_channel_layer()
        self._channel: str | None = None
        self._ring: asyncio.Future[dict[str, Any]] | None = None

    async def __aenter__(self) -> Self:
        try:
            self._channel = await self._layer.new_channel()
            await self._layer.group_add(self._group, self._channel)
        except Exception:  # Redis may be away; events are then found by row.
            logger.warning("Cannot listen for rings; looking for events every %s s.", POLL_S, exc_info=True)
            self._channel = None
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ring is not None:
            self._ring.cancel()
        if self._channel is not None:
            await self._layer.group_discard(self._group, self._channel)

    async def wait(self, timeout_s: float) -> None:
        """Return when the topic rang, or after the time."""
        if self._channel is None:
            await asyncio.sleep(timeout_s)
            return
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_s
        while (left := until - loop.time()) > 0:
            # Kept across calls: cancelling a receive makes the layer forget the channel.
            self._ring = self._ring or asyncio.ensure_future(self._layer.receive(self._channel))
            done, _ = await asyncio.wait({self._ring}, timeout=left)
            if not done:
                return
            ring, self._ring = self._ring, None
            if self._topic in ring.result()["topics"]:
                return


urlpatterns = [path("runs/<uuid:run_id>/events/", RunEvents.as_view())]
