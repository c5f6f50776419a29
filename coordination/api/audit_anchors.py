"""Where checkpoints of the audit log are kept besides here, the logs that are witnessed here, and what is wrong."""

from typing import Any
from uuid import UUID

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.api.pagination import NewestFirst
from coordination.audit import selectors, services
from coordination.audit.delivering import secret_of
from coordination.audit.models import AnchorKind, AuditAnchor, AuditCheck, WitnessedLog


class Oldest(NewestFirst):
    """In the order in which they were made."""

    ordering = ("created_at", "id")


class AnchorInput(Input):
    """Where to send checkpoints: a folder's name, an address, an e-mail address, or a witness with its key."""

    kind = serializers.ChoiceField(AnchorKind.values)
    address = serializers.CharField(max_length=500)
    key = serializers.CharField(max_length=300, default="", allow_blank=True, help_text="Of a witness: name+id+key.")


class AnchorOutput(serializers.ModelSerializer[AuditAnchor]):
    """An anchor; `size` is the largest log it has acknowledged, `problem` is why the last attempt failed."""

    class Meta:
        model = AuditAnchor
        fields = (
            "id", "kind", "address", "key", "size", "created_at", "told_at", "due_at", "failing_since", "problem",
        )  # fmt: skip


class NewAnchorOutput(AnchorOutput):
    """A new anchor; a webhook's secret is shown once, as Standard Webhooks spells it."""

    secret = serializers.CharField()

    class Meta(AnchorOutput.Meta):
        fields = (*AnchorOutput.Meta.fields, "secret")  # type: ignore[assignment]  # a longer tuple


class Asked(serializers.Serializer[Any]):
    """What is wrong by what an anchor was told; only folders and witnesses can be asked."""

    can_be_asked = serializers.BooleanField()
    problems = serializers.ListField(child=serializers.CharField())


class AnchorList(Endpoint):
    """All anchors."""

    reads, writes = Right.AUDIT_READ, Right.AUDIT_KEEP
    withheld = ("secret",)

    @listing("audit_anchors_list", None, AnchorOutput)
    def get(self, request: Request) -> Response:
        """List them, the oldest first."""
        self.no_filters()
        return self.page(selectors.anchors(self.organization), AnchorOutput, Oldest)

    @takes("audit_anchors_add", AnchorInput, NewAnchorOutput, 201)
    def post(self, request: Request) -> Response:
        """Send checkpoints there from now on, within a minute for the first time and then every hour."""
        given = self.given(AnchorInput)
        anchor = services.add_anchor(
            self.organization, given["kind"], given["address"], self.caller.actor, key=given["key"]
        )
        secret = secret_of(anchor) if anchor.kind == AnchorKind.WEBHOOK else ""
        return Response({**AnchorOutput(anchor).data, "secret": secret}, status=201)


class AnchorDetail(Endpoint):
    """One anchor."""

    reads, writes = Right.AUDIT_READ, Right.AUDIT_KEEP

    @takes("audit_anchors_read", None, AnchorOutput)
    def get(self, request: Request, anchor_id: UUID) -> Response:
        """Return it."""
        return Response(AnchorOutput(selectors.anchor_of(self.organization, anchor_id)).data)

    @extend_schema(operation_id="audit_anchors_remove", request=None, responses={204: None})
    def delete(self, request: Request, anchor_id: UUID) -> Response:
        """Send no more there."""
        services.remove_anchor(selectors.anchor_of(self.organization, anchor_id), self.caller.actor)
        return Response(status=204)


class TellAnchor(Endpoint):
    """Tell one anchor now."""

    writes = Right.AUDIT_KEEP

    @takes("audit_anchors_tell", None, AnchorOutput)
    def post(self, request: Request, anchor_id: UUID) -> Response:
        """Send it the newest checkpoint, and return how it is then."""
        return Response(AnchorOutput(services.tell_now(selectors.anchor_of(self.organization, anchor_id))).data)


class AskAnchor(Endpoint):
    """Compare the log with what one anchor was told."""

    writes = Right.AUDIT_READ

    @takes("audit_anchors_ask", None, Asked)
    def post(self, request: Request, anchor_id: UUID) -> Response:
        """Read what a folder holds, or ask a witness, and return what is wrong."""
        anchor = selectors.anchor_of(self.organization, anchor_id)
        can = anchor.kind in (AnchorKind.FILE, AnchorKind.WITNESS)
        return Response({"can_be_asked": can, "problems": services.ask_anchor(anchor)})


class LogInput(Input):
    """Which log to witness."""

    keys = serializers.CharField(max_length=4000, help_text="Its verifier keys, one a line: origin+id+key.")


class LogOutput(serializers.ModelSerializer[WitnessedLog]):
    """A log that is witnessed here: how large it was when its last checkpoint was signed."""

    class Meta:
        model = WitnessedLog
        fields = ("id", "origin", "keys", "size", "note", "created_at", "seen_at", "refused_at", "refused_why")


class LogList(Endpoint):
    """All logs that are witnessed here."""

    reads, writes = Right.AUDIT_READ, Right.AUDIT_KEEP

    @listing("audit_witnessed_logs_list", None, LogOutput)
    def get(self, request: Request) -> Response:
        """List them."""
        self.no_filters()
        return self.page(selectors.logs(self.organization), LogOutput, Oldest)

    @takes("audit_witnessed_logs_add", LogInput, LogOutput, 201)
    def post(self, request: Request) -> Response:
        """Witness a log from now on."""
        log = services.watch_log(self.organization, self.given(LogInput)["keys"], self.caller.actor)
        return Response(LogOutput(log).data, status=201)


class LogDetail(Endpoint):
    """One log that is witnessed here."""

    reads, writes = Right.AUDIT_READ, Right.AUDIT_KEEP

    @takes("audit_witnessed_logs_read", None, LogOutput)
    def get(self, request: Request, log_id: UUID) -> Response:
        """Return it."""
        return Response(LogOutput(selectors.log_of(self.organization, log_id)).data)

    @extend_schema(operation_id="audit_witnessed_logs_remove", request=None, responses={204: None})
    def delete(self, request: Request, log_id: UUID) -> Response:
        """Witness it no longer."""
        services.forget_log(selectors.log_of(self.organization, log_id), self.caller.actor)
        return Response(status=204)


class WitnessOutput(serializers.Serializer[Any]):
    """How others set this organization as a witness of their log."""

    key = serializers.CharField()
    path = serializers.CharField()


class Witness(Endpoint):
    """This organization as a witness."""

    reads = Right.AUDIT_READ

    @takes("audit_witness", None, WitnessOutput)
    def get(self, request: Request) -> Response:
        """Return its key, and the path of its address."""
        key = services.witness_of(self.organization).text()
        return Response({"key": key, "path": f"/witness/{self.organization.slug}"})


class AlarmOutput(serializers.Serializer[Any]):
    """One thing that somebody should look at."""

    code = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    since = serializers.DateTimeField(allow_null=True)
    is_grave = serializers.BooleanField()


class Alarms(Endpoint):
    """What is wrong with the log, or with what proves it."""

    reads = Right.AUDIT_READ

    @takes("audit_alarms", None, AlarmOutput(many=True))
    def get(self, request: Request) -> Response:
        """List the alarms, the grave first."""
        return Response(AlarmOutput(selectors.alarms(self.organization), many=True).data)


class CheckOutput(serializers.ModelSerializer[AuditCheck]):
    """A check of the whole log; an empty `problem` means that all was as it was written."""

    class Meta:
        model = AuditCheck
        fields = ("started_at", "finished_at", "records", "problem")


class Latest(NewestFirst):
    """The latest first."""

    ordering = ("-started_at", "-id")


class CheckList(Endpoint):
    """Every check of the whole log."""

    reads, writes = Right.AUDIT_READ, Right.AUDIT_READ

    @listing("audit_checks_list", None, CheckOutput)
    def get(self, request: Request) -> Response:
        """List them, the latest first."""
        self.no_filters()
        return self.page(selectors.checks(self.organization), CheckOutput, Latest)

    @takes("audit_checks_make", None, CheckOutput, 201)
    def post(self, request: Request) -> Response:
        """Check every record now, and compare the log with what folders hold."""
        return Response(CheckOutput(services.recheck(self.organization)).data, status=201)


urlpatterns = [
    path("audit/anchors/", AnchorList.as_view()),
    path("audit/anchors/<uuid:anchor_id>/", AnchorDetail.as_view()),
    path("audit/anchors/<uuid:anchor_id>/tell/", TellAnchor.as_view()),
    path("audit/anchors/<uuid:anchor_id>/ask/", AskAnchor.as_view()),
    path("audit/witnessed-logs/", LogList.as_view()),
    path("audit/witnessed-logs/<uuid:log_id>/", LogDetail.as_view()),
    path("audit/witness/", Witness.as_view()),
    path("audit/alarms/", Alarms.as_view()),
    path("audit/checks/", CheckList.as_view()),
]
