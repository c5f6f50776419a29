"""Triggers: what starts runs by itself, and what became of each time."""

from typing import Any

from django.urls import path, reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.catalogue import NameTaken, merged
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input, MergePatchParser, Reason, StrictJSONParser, refuse_unknown
from coordination.api.pagination import ByName
from coordination.engine.timetable.lateness import CatchUp
from coordination.shared.errors import FieldError
from coordination.triggers import selectors, services
from coordination.triggers.definition import Kind, Overlap
from coordination.triggers.errors import TriggerInvalid
from coordination.triggers.hooks import secret_of
from coordination.triggers.models import Firing, FiringState, Trigger, TriggerStatus


class TriggerFilters(Input):
    """Which triggers to list."""

    status = serializers.ChoiceField(TriggerStatus.values, required=False)
    kind = serializers.ChoiceField([kind.value for kind in Kind], required=False)
    workflow = serializers.CharField(max_length=63, required=False)


class TriggerInput(Input):
    """What a trigger says; what is left out is as the guide to triggers says."""

    name = serializers.CharField(max_length=63)
    title = serializers.CharField(max_length=200, required=False, allow_blank=True)
    description = serializers.CharField(required=False, allow_blank=True)
    labels = serializers.DictField(child=serializers.CharField(), required=False)
    workflow = serializers.CharField(max_length=63)
    kind = serializers.ChoiceField([kind.value for kind in Kind])
    spec = serializers.DictField(
        required=False,
        help_text="cron: {cron, time_zone}; interval: {every, start}; webhook: {per_minute}; "
        "run-end: {workflow, statuses}.",
    )
    input = serializers.DictField(required=False, help_text="Of the run; `${…}` may read `event`.")
    priority = serializers.IntegerField(min_value=0, max_value=100, required=False)
    catch_up = serializers.ChoiceField([policy.value for policy in CatchUp], required=False)
    overlap = serializers.ChoiceField([policy.value for policy in Overlap], required=False)


class FireInput(Input):
    """What expressions find in `event`, when a person fires a trigger."""

    event = serializers.DictField(default=dict)


class TriggerOutput(serializers.ModelSerializer[Trigger]):
    """A trigger, and when it is due next."""

    workflow = serializers.CharField(source="workflow_name")
    hook = serializers.SerializerMethodField(help_text="The path at which a webhook is called.")

    class Meta:
        model = Trigger
        fields: tuple[str, ...] = (
            "name", "title", "description", "labels", "workflow", "kind", "spec", "input", "priority", "catch_up",
            "overlap", "status", "version", "next_at", "last_at", "hook", "created_at", "updated_at",
        )  # fmt: skip

    def get_hook(self, trigger: Trigger) -> str | None:
        """Return the path that callers use."""
        return reverse("hook", args=[trigger.pk]) if trigger.kind == Kind.WEBHOOK else None

    def to_representation(self, instance: Trigger) -> dict[str, Any]:
        """Return the trigger; what `next_at` says of one that follows runs is of no use outside."""
        shown: dict[str, Any] = super().to_representation(instance)
        return shown | ({"next_at": None} if instance.kind == Kind.RUN_END else {})


class NewTriggerOutput(TriggerOutput):
    """A trigger that was just made; the secret of a webhook is shown this once."""

    secret = serializers.SerializerMethodField()

    class Meta(TriggerOutput.Meta):
        fields = (*TriggerOutput.Meta.fields, "secret")

    def get_secret(self, trigger: Trigger) -> str | None:
        """Return what the callers of a webhook sign with."""
        return secret_of(trigger) if trigger.kind == Kind.WEBHOOK else None


class SecretOutput(serializers.Serializer[Any]):
    """A webhook's secret, which is shown this once."""

    secret = serializers.CharField()


class FiringOutput(serializers.ModelSerializer[Firing]):
    """One time that a trigger was due, and what came of it."""

    run = serializers.UUIDField(source="run_id", allow_null=True)
    state = serializers.ChoiceField(FiringState.values)

    class Meta:
        model = Firing
        fields = ("id", "due_at", "state", "reason", "run", "depth", "created_at")


class TriggerEndpoint(Endpoint):
    """A view of one trigger."""

    writes = Right.TRIGGER_EDIT

    def saved(self, name: str, body: Any) -> Response:
        """Make the trigger say this, whether or not it is there."""
        if isinstance(body, dict) and body.setdefault("name", name) != name:
            error = FieldError("/name", f"the address says {name}; a trigger cannot be renamed", name)
            raise TriggerInvalid(errors=[error], summary=f"{error.pointer}: {error.message}")
        is_new = not selectors.triggers(self.organization).filter(name=name).exists()
        trigger = services.save_trigger(self.organization, said_in(body), self.caller.actor)
        return Response(NewTriggerOutput(trigger).data, 201) if is_new else Response(TriggerOutput(trigger).data)


class TriggerList(Endpoint):
    """All triggers."""

    writes = Right.TRIGGER_EDIT
    withheld = ("secret",)

    @listing("triggers_list", TriggerFilters, TriggerOutput)
    def get(self, request: Request) -> Response:
        """List them by name."""
        found = selectors.triggers(self.organization, **self.asked(TriggerFilters))
        return self.page(found, TriggerOutput, ByName)

    @takes("triggers_create", TriggerInput, NewTriggerOutput, 201)
    def post(self, request: Request) -> Response:
        """Make one, and show a webhook's secret once; raises NameTaken."""
        said = said_in(request.data)
        if selectors.triggers(self.organization).filter(name=said.get("name")).exists():
            raise NameTaken(kind="trigger", name=said["name"])
        trigger = services.save_trigger(self.organization, said, self.caller.actor)
        headers = {"Location": f"{request.path}{trigger.name}/"}
        return Response(NewTriggerOutput(trigger).data, status=201, headers=headers)


class TriggerDetail(TriggerEndpoint):
    """One trigger."""

    parser_classes = [StrictJSONParser, MergePatchParser]

    @takes("triggers_read", None, TriggerOutput)
    def get(self, request: Request, name: str) -> Response:
        """Return it."""
        return Response(TriggerOutput(selectors.trigger_named(self.organization, name)).data)

    @extend_schema(
        operation_id="triggers_replace", request=TriggerInput, responses={200: TriggerOutput, 201: NewTriggerOutput}
    )
    def put(self, request: Request, name: str) -> Response:
        """Make it say this, whether or not it is there; one that is made so is answered as by POST."""
        return self.saved(name, request.data)

    @extend_schema(
        operation_id="triggers_amend",
        request={"application/merge-patch+json": {"type": "object"}},
        responses={200: TriggerOutput},
    )
    def patch(self, request: Request, name: str) -> Response:
        """Amend it with a JSON merge patch (RFC 7396)."""
        present = selectors.said_by(selectors.trigger_named(self.organization, name))
        return self.saved(name, merged(present, request.data))

    @takes("triggers_remove", None, None, 204)
    def delete(self, request: Request, name: str) -> Response:
        """Forget it and its firings; the runs it started stay."""
        services.remove_trigger(self.organization, name, self.caller.actor)
        return Response(status=204)


class Pause(TriggerEndpoint):
    """Let a trigger start nothing by itself."""

    @takes("triggers_pause", Reason, TriggerOutput)
    def post(self, request: Request, name: str) -> Response:
        """Pause it; what goes by meanwhile is not made up for."""
        reason = self.given(Reason)["reason"]
        trigger = services.pause_trigger(self.organization, name, self.caller.actor, reason)
        return Response(TriggerOutput(trigger).data)


class Resume(TriggerEndpoint):
    """Let a paused trigger start runs again."""

    @takes("triggers_resume", Reason, TriggerOutput)
    def post(self, request: Request, name: str) -> Response:
        """Resume it from now on."""
        reason = self.given(Reason)["reason"]
        trigger = services.resume_trigger(self.organization, name, self.caller.actor, reason)
        return Response(TriggerOutput(trigger).data)


class Fire(TriggerEndpoint):
    """Fire once by hand."""

    writes = Right.RUN_START

    @takes("triggers_fire", FireInput, FiringOutput, 202)
    def post(self, request: Request, name: str) -> Response:
        """Fire it now, paused or not, and tell what came of it."""
        event = self.given(FireInput)["event"]
        firing = services.fire_by_hand(self.organization, name, self.caller.actor, event)
        return Response(FiringOutput(firing).data, status=202)


class Rotate(TriggerEndpoint):
    """Give a webhook another secret."""

    withheld = ("secret",)

    @takes("triggers_rotate", None, SecretOutput)
    def post(self, request: Request, name: str) -> Response:
        """Show the new secret once; the one before is refused from now on."""
        _, secret = services.rotate_secret(self.organization, name, self.caller.actor)
        return Response({"secret": secret})


class Firings(Endpoint):
    """What a trigger did."""

    @listing("triggers_firings", None, FiringOutput)
    def get(self, request: Request, name: str) -> Response:
        """List what became of each time, the newest first."""
        self.no_filters()
        return self.page(selectors.firings_of(selectors.trigger_named(self.organization, name)), FiringOutput)


# What an answer says beyond what can be said; a body that repeats it is not wrong.
SAID_BESIDES = ("status", "version", "next_at", "last_at", "hook", "created_at", "updated_at")


def said_in(body: Any) -> dict[str, Any]:
    """Return what a body says about a trigger; raises TriggerInvalid, BodyInvalid."""
    if not isinstance(body, dict):
        raise TriggerInvalid(errors=[FieldError("", "write an object")], summary="write an object")
    said = {name: value for name, value in body.items() if name not in SAID_BESIDES}
    refuse_unknown(said, list(TriggerInput().fields))
    return said


urlpatterns = [
    path("triggers/", TriggerList.as_view()),
    path("triggers/<str:name>/", TriggerDetail.as_view()),
    path("triggers/<str:name>/pause/", Pause.as_view()),
    path("triggers/<str:name>/resume/", Resume.as_view()),
    path("triggers/<str:name>/fire/", Fire.as_view()),
    path("triggers/<str:name>/rotate/", Rotate.as_view()),
    path("triggers/<str:name>/firings/", Firings.as_view()),
]
