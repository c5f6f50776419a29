"""Packs of evidence, how controls stand, and when packs are made by themselves."""

import io
import tempfile
from collections.abc import Mapping
from typing import IO, Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from coordination.accounts.rights import Right
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.reports import selectors, services
from coordination.reports.errors import PackTooLarge
from coordination.reports.models import Every, Report, ReportSchedule, Standing


class PeriodInput(Input):
    """What a pack is about: `since` is included, `until` is not."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()


class ReportOutput(serializers.ModelSerializer[Report]):
    """A pack: how far it is, and what it says in short."""

    is_there = serializers.BooleanField(help_text="Its bytes can be downloaded.")
    summary = serializers.DictField()

    class Meta:
        model = Report
        fields = (
            "id", "occasion", "since", "until", "status", "done", "total", "doing", "error", "requested_by",
            "created_at", "started_at", "finished_at", "size", "sha256", "summary", "is_there",
        )  # fmt: skip


class ControlInput(Input):
    """What the organization says about a control; an empty status is the catalogue's."""

    status = serializers.ChoiceField(choices=["", *Standing.values], default="")
    owner = serializers.CharField(max_length=150, default="", allow_blank=True)
    note = serializers.CharField(max_length=2000, default="", allow_blank=True)


class ControlOutput(serializers.Serializer[Any]):
    """A control: what is asked for, how it stands, what is missing."""

    key = serializers.CharField(source="control.key")
    framework = serializers.CharField()
    reference = serializers.CharField(source="control.reference")
    title = serializers.CharField(source="control.title")
    requirement = serializers.CharField(source="control.requirement")
    how = serializers.CharField(source="control.how")
    status = serializers.CharField(source="standing")
    owner = serializers.CharField()
    note = serializers.CharField()
    evidence = serializers.ListField(child=serializers.CharField(), source="control.evidence")
    gaps = serializers.ListField(child=serializers.CharField(), source="control.gaps")


class ScheduleInput(Input):
    """When packs are made by themselves, and how many keep their bytes."""

    is_active = serializers.BooleanField()
    every = serializers.ChoiceField(choices=Every.values, default=Every.MONTH)
    keep = serializers.IntegerField(default=36)


class ScheduleOutput(serializers.ModelSerializer[ReportSchedule]):
    """The schedule; `made_until` is the end of the last period that a pack was asked for."""

    class Meta:
        model = ReportSchedule
        fields = ("is_active", "every", "keep", "made_until", "changed_by", "changed_at")


class CheckedOutput(serializers.Serializer[Any]):
    """What came of checking a pack: `problems` names the first wrong record or file first."""

    is_intact = serializers.SerializerMethodField()
    problems = serializers.ListField(child=serializers.CharField())
    sha256 = serializers.CharField()
    kind = serializers.CharField()
    made_at = serializers.CharField()
    keys = serializers.ListField(child=serializers.CharField())
    is_ours = serializers.BooleanField(help_text="This installation's own keys signed it for this organization.")
    records = serializers.IntegerField(source="checked")
    checkpoints = serializers.IntegerField()

    def get_is_intact(self, checked: services.Checked) -> bool:
        """Tell whether everything is as it was written."""
        return not checked.problems


class ZipParser(BaseParser):
    """The bytes of a pack, kept on disk where there are many."""

    media_type = "application/zip"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return them as a file; raises PackTooLarge."""
        # Whoever checks it closes it.
        file = tempfile.SpooledTemporaryFile(max_size=2**23)  # noqa: SIM115
        while part := stream.read(2**20):
            if file.tell() + len(part) > services.MOST_BYTES:
                raise PackTooLarge(most_mb=services.MOST_BYTES // 2**20)
            file.write(part)
        file.seek(0)
        return file


class ReportList(Endpoint):
    """The organization's packs."""

    reads = Right.REPORT_MAKE
    writes = Right.REPORT_MAKE

    @listing("reports_list", None, ReportOutput)
    def get(self, request: Request) -> Response:
        """List them, the newest first."""
        self.no_filters()
        return self.page(selectors.reports(self.organization), ReportOutput)

    @takes("reports_make", PeriodInput, ReportOutput, status=202)
    def post(self, request: Request) -> Response:
        """Have a pack about a period made by a worker."""
        given = self.given(PeriodInput)
        report = services.ask_for_report(self.organization, given["since"], given["until"], self.caller.actor)
        return Response(ReportOutput(report).data, status=202)


class ReportDetail(Endpoint):
    """One pack."""

    reads = Right.REPORT_MAKE

    @takes("reports_read", None, ReportOutput)
    def get(self, request: Request, report_id: UUID) -> Response:
        """Return how far it is, and what it says in short."""
        return Response(ReportOutput(selectors.report(self.organization, report_id)).data)


class ReportPack(Endpoint):
    """The bytes of a pack."""

    reads = Right.REPORT_MAKE

    @extend_schema(operation_id="reports_download", responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request, report_id: UUID) -> HttpResponseBase:
        """Download the zip; that is on record."""
        report = selectors.report(self.organization, report_id)
        response = StreamingHttpResponse(services.download(report, self.caller.actor), content_type="application/zip")
        response.headers["Content-Disposition"] = f'attachment; filename="{report.filename}"'
        return response

    def head(self, request: Request, report_id: UUID) -> HttpResponse:
        """Answer that it is there, without handing it out."""
        report = selectors.report(self.organization, report_id)
        return HttpResponse(status=200 if report.is_there else 409, content_type="application/zip")


class VerifyReport(Endpoint):
    """Check a pack that is kept here."""

    writes = Right.REPORT_MAKE

    @takes("reports_verify", Input, CheckedOutput)
    def post(self, request: Request, report_id: UUID) -> Response:
        """Check its bytes as they are now: files, signatures, records and their proofs."""
        self.given(Input)
        report = selectors.report(self.organization, report_id)
        return Response(CheckedOutput(services.check_kept(report, self.caller.actor)).data)


class VerifyPack(Endpoint):
    """Check a pack that comes from elsewhere."""

    writes = Right.REPORT_MAKE
    parser_classes = [ZipParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check who asks; the body is read by its parser, which has a limit of its own."""
        APIView.initial(self, request, *args, **kwargs)

    @takes("reports_verify_pack", {"application/zip": OpenApiTypes.BINARY}, CheckedOutput)
    def post(self, request: Request) -> Response:
        """Send the zip as the body; what is wrong with it is named, the first wrong record first."""
        # Without a body there is nothing for the parser: an empty file, then.
        file: Any = request.data or io.BytesIO()
        with file:
            return Response(CheckedOutput(services.check_pack(self.organization, file, self.caller.actor)).data)


class ControlList(Endpoint):
    """All controls."""

    reads = Right.REPORT_MAKE

    @extend_schema(operation_id="reports_controls", responses={200: ControlOutput(many=True)})
    def get(self, request: Request) -> Response:
        """List every control of every framework, with what the organization says about it."""
        self.no_filters()
        return Response(ControlOutput(selectors.judged(self.organization), many=True).data)


class ControlDetail(Endpoint):
    """One control."""

    reads = Right.REPORT_MAKE
    writes = Right.REPORT_EDIT

    @takes("reports_control_read", None, ControlOutput)
    def get(self, request: Request, key: str) -> Response:
        """Return it."""
        return Response(ControlOutput(selectors.judged_control(self.organization, key)).data)

    @takes("reports_control_assess", ControlInput, ControlOutput)
    def put(self, request: Request, key: str) -> Response:
        """Say who answers for it and how it stands."""
        given = self.given(ControlInput)
        services.assess(
            self.organization,
            key,
            self.caller.actor,
            standing=given["status"],
            owner=given["owner"],
            note=given["note"],
        )
        return Response(ControlOutput(selectors.judged_control(self.organization, key)).data)


class Schedule(Endpoint):
    """When packs are made by themselves."""

    reads = Right.REPORT_MAKE
    writes = Right.REPORT_EDIT

    @takes("reports_schedule_read", None, ScheduleOutput)
    def get(self, request: Request) -> Response:
        """Return it."""
        return Response(ScheduleOutput(selectors.schedule_of(self.organization)).data)

    @takes("reports_schedule_set", ScheduleInput, ScheduleOutput)
    def put(self, request: Request) -> Response:
        """Change it."""
        given = self.given(ScheduleInput)
        return Response(ScheduleOutput(services.set_schedule(self.organization, self.caller.actor, **given)).data)


urlpatterns = [
    path("reports/", ReportList.as_view()),
    path("reports/verify/", VerifyPack.as_view()),
    path("reports/schedule/", Schedule.as_view()),
    path("reports/controls/", ControlList.as_view()),
    path("reports/controls/<str:key>/", ControlDetail.as_view()),
    path("reports/<uuid:report_id>/", ReportDetail.as_view()),
    path("reports/<uuid:report_id>/pack/", ReportPack.as_view()),
    path("reports/<uuid:report_id>/verify/", VerifyReport.as_view()),
]
