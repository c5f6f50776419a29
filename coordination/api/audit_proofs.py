"""Proofs of the audit log: that a record is in it, what was signed of it, and that it only ever grew."""

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
from coordination.api.pagination import NewestVersionFirst
from coordination.audit import selectors
from coordination.audit.models import AuditCheckpoint
from coordination.audit.services import Continuation, Proof, prove, prove_growth
from coordination.audit.services.keys import verifiers

_EMPTY: dict[str, Any] = {"old": None, "new": None, "path": [], "holds": True, "problem": ""}


class CheckpointOutput(serializers.ModelSerializer[AuditCheckpoint]):
    """What the log was at a moment; `note` is a C2SP checkpoint, with the root and who signed it."""

    root = serializers.SerializerMethodField()  # type: ignore[assignment]  # fields leave the class

    class Meta:
        model = AuditCheckpoint
        fields = ("number", "size", "root", "note", "created_at")

    def get_root(self, checkpoint: AuditCheckpoint) -> str:
        """Return the root in hexadecimal."""
        return bytes(checkpoint.root).hex()


class WhichCheckpoint(Input):
    """By which checkpoint to prove; the newest one unless it is named."""

    checkpoint = serializers.IntegerField(min_value=1, required=False)


class ProofOutput(serializers.Serializer[Proof]):
    """The way from a record to a signed root (RFC 9162): `body` is hashed, then each of `path` with what came of it.

    All hashes are hexadecimal. `keys` are the verifier keys of the log; `holds` is what the server itself found.
    """

    id = serializers.UUIDField(source="event.id")
    body = serializers.CharField(source="event.body")
    hash = serializers.CharField(source="event.hash")
    seq = serializers.IntegerField()
    sealed_in = serializers.IntegerField(source="sealed_in.number")
    path = serializers.SerializerMethodField()
    checkpoint = CheckpointOutput()
    keys = serializers.SerializerMethodField()
    holds = serializers.SerializerMethodField()
    problem = serializers.CharField()

    def get_path(self, proof: Proof) -> list[str]:
        """Return the hashes, from the leaf upward."""
        return [one.hex() for one in proof.path]

    def get_keys(self, proof: Proof) -> list[str]:
        """Return the verifier keys, the oldest first."""
        return [one.text() for one in verifiers(proof.event.organization)]

    def get_holds(self, proof: Proof) -> bool:
        """Tell whether nothing is wrong."""
        return not proof.problem


class Sizes(Input):
    """Two sizes of the log of which there are checkpoints; from the empty log to the newest unless they are named."""

    to = serializers.IntegerField(min_value=0, required=False)

    def get_fields(self) -> dict[str, Any]:
        """Return the fields; `from` is a word of Python's own."""
        return {"from": serializers.IntegerField(min_value=0, default=0), **super().get_fields()}


class GrowthOutput(serializers.Serializer[Continuation]):
    """That the later log begins with all of the earlier one (RFC 9162); hashes are hexadecimal."""

    old = CheckpointOutput(allow_null=True)
    new = CheckpointOutput(allow_null=True)
    path = serializers.SerializerMethodField()
    holds = serializers.SerializerMethodField()
    problem = serializers.CharField()

    def get_path(self, proof: Continuation) -> list[str]:
        """Return the hashes."""
        return [one.hex() for one in proof.path]

    def get_holds(self, proof: Continuation) -> bool:
        """Tell whether nothing is wrong."""
        return not proof.problem


class RecordProof(Endpoint):
    """The proof of one record."""

    reads = Right.AUDIT_READ

    @extend_schema(operation_id="audit_proof", parameters=[WhichCheckpoint], responses=ProofOutput)
    def get(self, request: Request, record_id: UUID) -> Response:
        """Prove that the record is in the log, by the newest checkpoint or by the one that is named."""
        event = selectors.event_of(self.organization, record_id)
        number = self.asked(WhichCheckpoint).get("checkpoint")
        by = selectors.checkpoint_of(self.organization, number) if number else None
        return Response(ProofOutput(prove(event, by)).data)


class CheckpointList(Endpoint):
    """What was signed of the log."""

    reads = Right.AUDIT_READ

    @listing("audit_checkpoints_list", None, CheckpointOutput)
    def get(self, request: Request) -> Response:
        """List checkpoints, the newest first."""
        self.no_filters()
        return self.page(selectors.checkpoints(self.organization), CheckpointOutput, NewestVersionFirst)


class CheckpointDetail(Endpoint):
    """One checkpoint."""

    reads = Right.AUDIT_READ

    @takes("audit_checkpoints_read", None, CheckpointOutput)
    def get(self, request: Request, number: int) -> Response:
        """Return the checkpoint, its note with the signatures of witnesses."""
        checkpoint = selectors.checkpoint_of(self.organization, number)
        said = CheckpointOutput(checkpoint).data
        return Response({**said, "note": said["note"] + "".join(selectors.cosignatures(checkpoint))})


class Consistency(Endpoint):
    """Whether the log only ever grew."""

    reads = Right.AUDIT_READ

    @extend_schema(operation_id="audit_consistency", parameters=[Sizes], responses=GrowthOutput)
    def get(self, request: Request) -> Response:
        """Prove that the log of one size begins with all of the log of a smaller one."""
        asked = self.asked(Sizes)
        old = selectors.checkpoint_at(self.organization, asked["from"]) if asked["from"] else None
        to = asked.get("to")
        newest = selectors.checkpoints(self.organization).first()
        new = newest if to is None or newest is None else selectors.checkpoint_at(self.organization, to)
        return Response(GrowthOutput(prove_growth(old, new)).data if new else _EMPTY)


urlpatterns = [
    path("audit/<uuid:record_id>/proof/", RecordProof.as_view()),
    path("audit/checkpoints/", CheckpointList.as_view()),
    path("audit/checkpoints/<int:number>/", CheckpointDetail.as_view()),
    path("audit/consistency/", Consistency.as_view()),
]
