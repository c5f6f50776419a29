"""How long records are kept, what a hold keeps longer, and whom they tell about."""

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
from coordination.api.pagination import NewestFirst
from coordination.audit import selectors, services, vault
from coordination.audit.models import AuditHold, AuditRetention, AuditSubject, HoldScope
from coordination.engine.proof.personal import Opening
from coordination.runs.services import erase_person


class RetentionInput(Input):
    """After how many days bodies of records may be dropped."""

    days = serializers.IntegerField(min_value=0, max_value=36_500)
    long_days = serializers.IntegerField(min_value=0, max_value=36_500, help_text="Of approvals and policies.")


class RetentionOutput(serializers.ModelSerializer[AuditRetention]):
    """How long bodies of records are kept; their leaves, and so every proof, are kept for ever."""

    class Meta:
        model = AuditRetention
        fields = ("days", "long_days")


class Retention(Endpoint):
    """How long records are kept."""

    reads, writes = Right.AUDIT_READ, Right.AUDIT_KEEP

    @takes("audit_retention_read", None, RetentionOutput)
    def get(self, request: Request) -> Response:
        """Return what holds."""
        return Response(RetentionOutput(selectors.retention_of(self.organization)).data)

    @takes("audit_retention_set", RetentionInput, RetentionOutput)
    def put(self, request: Request) -> Response:
        """Set it; what is too old is dropped in the next night."""
        given = self.given(RetentionInput)
        kept = services.set_retention(self.organization, given["days"], given["long_days"], self.caller.actor)
        return Response(RetentionOutput(kept).data)


class HoldInput(Input):
    """What to keep, and why."""

    scope = serializers.ChoiceField(HoldScope.values)
    value = serializers.CharField(
        max_length=200, default="", allow_blank=True, help_text="The stream, as run:<id>, or the data subject's id."
    )
    reason = serializers.CharField(max_length=500)
    until = serializers.DateTimeField(default=None, allow_null=True)


class HoldOutput(serializers.ModelSerializer[AuditHold]):
    """A hold: while it is in force, nothing it covers is dropped or erased."""

    class Meta:
        model = AuditHold
        fields = ("id", "scope", "value", "reason", "placed_by", "placed_at", "until", "lifted_by", "lifted_at")


class LatestHold(NewestFirst):
    """The latest first."""

    ordering = ("-placed_at", "id")


class HoldList(Endpoint):
    """All holds, also those that are over."""

    reads, writes = Right.AUDIT_READ, Right.AUDIT_KEEP

    @listing("audit_holds_list", None, HoldOutput)
    def get(self, request: Request) -> Response:
        """List them, the latest first."""
        self.no_filters()
        return self.page(selectors.holds(self.organization), HoldOutput, LatestHold)

    @takes("audit_holds_place", HoldInput, HoldOutput, 201)
    def post(self, request: Request) -> Response:
        """Place a hold."""
        given = self.given(HoldInput)
        hold = services.place_hold(
            self.organization, given["scope"], given["value"], given["reason"], self.caller.actor, given["until"]
        )
        return Response(HoldOutput(hold).data, status=201)


class HoldDetail(Endpoint):
    """One hold."""

    reads = Right.AUDIT_READ

    @takes("audit_holds_read", None, HoldOutput)
    def get(self, request: Request, hold_id: UUID) -> Response:
        """Return it."""
        return Response(HoldOutput(selectors.hold_of(self.organization, hold_id)).data)


class LiftHold(Endpoint):
    """Lift one hold."""

    writes = Right.AUDIT_KEEP

    @takes("audit_holds_lift", None, HoldOutput)
    def post(self, request: Request, hold_id: UUID) -> Response:
        """Lift it: retention and erasure may pass again."""
        services.lift_hold(selectors.hold_of(self.organization, hold_id), self.caller.actor)
        return Response(HoldOutput(selectors.hold_of(self.organization, hold_id)).data)


class SubjectFilters(Input):
    """Whom to find."""

    name = serializers.CharField(
        max_length=300, required=False, help_text="What the input that names the person said, whole."
    )


class SubjectOutput(serializers.ModelSerializer[AuditSubject]):
    """A person that records tell about; the name is gone once they are erased."""

    name = serializers.SerializerMethodField()
    n_streams = serializers.IntegerField()

    class Meta:
        model = AuditSubject
        fields = ("id", "name", "n_streams", "created_at", "erased_at", "erased_by", "basis")

    def get_name(self, subject: AuditSubject) -> str:
        """Return the name, or nothing."""
        return vault.name_of(subject)


class LatestSubject(NewestFirst):
    """The latest first."""

    ordering = ("-created_at", "id")


class SubjectList(Endpoint):
    """Whom records tell about."""

    reads = Right.AUDIT_KEEP

    @listing("audit_subjects_list", SubjectFilters, SubjectOutput)
    def get(self, request: Request) -> Response:
        """List them, the latest first."""
        asked = self.asked(SubjectFilters)
        found = selectors.subjects(self.organization)
        if "name" in asked:
            found = found.filter(name_mac=vault.mac_of(self.organization.pk, asked["name"]))
        return self.page(found, SubjectOutput, LatestSubject)


class EraseInput(Input):
    """Why a person is erased."""

    basis = serializers.CharField(max_length=500, help_text="The legal basis, as GDPR Art. 17(1)(b).")


class ErasedOutput(serializers.Serializer[Any]):
    """How many rows beside the record were changed, by what they are."""

    changed = serializers.DictField(child=serializers.IntegerField())


class EraseSubject(Endpoint):
    """Erase one person."""

    writes = Right.AUDIT_KEEP

    @takes("audit_subjects_erase", EraseInput, ErasedOutput)
    def post(self, request: Request, subject_id: UUID) -> Response:
        """Erase what is known about a person, for good; records and their proofs stay."""
        subject = selectors.subject_of(self.organization, subject_id)
        changed = erase_person(self.organization, subject, self.given(EraseInput)["basis"], self.caller.actor)
        return Response({"changed": changed})


class DiscloseInput(Input):
    """Which values of a record to disclose, and why."""

    paths = serializers.ListField(
        child=serializers.CharField(max_length=500), default=list, help_text="As /data/input/name; none: all of them."
    )
    reason = serializers.CharField(max_length=500)


class OpeningOutput(serializers.Serializer[Opening]):
    """A value, and the disclosure whose SHA-256 in base64url is the commitment in the record (as in RFC 9901)."""

    path = serializers.CharField()
    value = serializers.JSONField()
    disclosure = serializers.CharField(source="text")
    commitment = serializers.CharField()


class Disclose(Endpoint):
    """Hand out chosen personal values of one record."""

    writes = Right.AUDIT_KEEP

    @takes("audit_disclose", DiscloseInput, OpeningOutput(many=True))
    def post(self, request: Request, record_id: UUID) -> Response:
        """Return what opens the commitments; that it was handed out goes on record."""
        given = self.given(DiscloseInput)
        event = selectors.event_of(self.organization, record_id)
        found = services.disclose(event, given["paths"], given["reason"], self.caller.actor)
        return Response(OpeningOutput(found, many=True).data)  # type: ignore[arg-type]  # the stubs know no lists


urlpatterns = [
    path("audit/retention/", Retention.as_view()),
    path("audit/holds/", HoldList.as_view()),
    path("audit/holds/<uuid:hold_id>/", HoldDetail.as_view()),
    path("audit/holds/<uuid:hold_id>/lift/", LiftHold.as_view()),
    path("audit/subjects/", SubjectList.as_view()),
    path("audit/subjects/<uuid:subject_id>/erase/", EraseSubject.as_view()),
    path("audit/<uuid:record_id>/disclose/", Disclose.as_view()),
]
