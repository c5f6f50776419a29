"""Take back what was remembered: one entry, or everything from somebody or from tainted runs."""

from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.describing import takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Reason
from coordination.api.memory import MemoryOutput
from coordination.memory import selectors, services
from coordination.memory.errors import MemoryInvalid
from coordination.memory.services import Rollback
from coordination.shared.errors import FieldError


class RestoreInput(Reason):
    """Which version an entry goes back to."""

    version = serializers.IntegerField(min_value=1)


class RollbackInput(Reason):
    """What is taken back: name exactly one of used, run and writer."""

    used = serializers.UUIDField(
        required=False, help_text="A document or memory entry: what the runs that used it left behind."
    )
    run = serializers.UUIDField(required=False, help_text="What this run left behind.")
    writer = serializers.CharField(max_length=150, required=False, help_text="What an agent or a person wrote.")
    since = serializers.DateTimeField(required=False, help_text="Of a writer: only from then on.")
    dry_run = serializers.BooleanField(default=False)


class TurnOutput(serializers.Serializer[Any]):
    """What becomes of one entry: the version that comes back, or none, and then it goes to quarantine."""

    entry = serializers.UUIDField(source="entry.pk")
    key = serializers.CharField(source="entry.key")
    namespace = serializers.CharField(source="entry.namespace")
    agent = serializers.CharField(source="entry.agent")
    back_to = serializers.SerializerMethodField()

    def get_back_to(self, turn: Any) -> int | None:
        """Return the version that comes back."""
        return turn.back_to.version if turn.back_to else None


class QuarantineMemory(Endpoint):
    """Let nobody read an entry."""

    writes = Right.MEMORY_EDIT

    @takes("memory_quarantine", Reason, MemoryOutput)
    def post(self, request: Request, entry_id: UUID) -> Response:
        """Put it into quarantine."""
        entry = selectors.entry(self.organization, entry_id)
        reason = self.given(Reason)["reason"]
        return Response(
            MemoryOutput(services.quarantine_memory(self.organization, entry, reason, self.caller.actor)).data
        )


class ReleaseMemory(Endpoint):
    """Let an entry be read again."""

    writes = Right.MEMORY_EDIT

    @takes("memory_release", Reason, MemoryOutput)
    def post(self, request: Request, entry_id: UUID) -> Response:
        """Let it out of quarantine."""
        entry = selectors.entry(self.organization, entry_id)
        reason = self.given(Reason)["reason"]
        return Response(MemoryOutput(services.release_memory(self.organization, entry, reason, self.caller.actor)).data)


class RestoreMemory(Endpoint):
    """Let an entry say again what it said."""

    writes = Right.MEMORY_EDIT

    @takes("memory_restore", RestoreInput, MemoryOutput)
    def post(self, request: Request, entry_id: UUID) -> Response:
        """Go back to a version; that is a new version."""
        entry, given = selectors.entry(self.organization, entry_id), self.given(RestoreInput)
        restored = services.restore_version(
            self.organization, entry, given["version"], given["reason"], self.caller.actor
        )
        return Response(MemoryOutput(restored).data)


class RollbackMemory(Endpoint):
    """Take back many at once."""

    writes = Right.MEMORY_EDIT

    @takes("memory_rollback", RollbackInput, TurnOutput(many=True))
    def post(self, request: Request) -> Response:
        """Bring back the last version that is not part of it, or quarantine; `dry_run` only says what would be done."""
        given = self.given(RollbackInput)
        wanted = self._wanted(given)
        if given["dry_run"]:
            turns = services.plan_rollback(self.organization, wanted)
        else:
            turns = services.roll_back(self.organization, wanted, given["reason"], self.caller.actor)
        return Response({"results": TurnOutput(turns, many=True).data})

    def _wanted(self, given: dict[str, Any]) -> Rollback:
        named = [name for name in ("used", "run", "writer") if name in given]
        if len(named) != 1:
            message = "name exactly one of used, run and writer"
            raise MemoryInvalid(errors=[FieldError("/used", message)], problem=message)
        if "used" in given:
            return Rollback(tuple(selectors.runs_that_used(self.organization, [given["used"]])))
        if "run" in given:
            return Rollback((given["run"],))
        return Rollback(writer=given["writer"], since=given.get("since"))


urlpatterns = [
    path("memory/rollback/", RollbackMemory.as_view()),
    path("memory/<uuid:entry_id>/quarantine/", QuarantineMemory.as_view()),
    path("memory/<uuid:entry_id>/release/", ReleaseMemory.as_view()),
    path("memory/<uuid:entry_id>/restore/", RestoreMemory.as_view()),
]
