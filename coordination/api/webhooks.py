"""Which other systems are told what happens."""

from uuid import UUID

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.deliveries import DeliveryOutput
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.api.pagination import ByName
from coordination.notifications import selectors, services
from coordination.notifications.catalogue import BANDS, TOPICS
from coordination.notifications.models import Shape, Webhook
from coordination.notifications.signing import secret_of


class WebhookChange(Input):
    """What to change of a webhook; what is not named stays."""

    name = serializers.CharField(max_length=63, required=False)
    url = serializers.CharField(max_length=500, required=False)
    shape = serializers.ChoiceField(Shape.values, required=False)
    topics = serializers.ListField(
        child=serializers.ChoiceField(list(TOPICS)), required=False, help_text="Empty: all but finished runs."
    )
    queues = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, help_text="Groups or roles; empty: all."
    )
    least_band = serializers.ChoiceField(["", *BANDS], required=False, help_text="From which risk on; empty: any.")


class WebhookInput(WebhookChange):
    """An address that is to be told."""

    name = serializers.CharField(max_length=63)
    url = serializers.CharField(max_length=500)


class WebhookOutput(serializers.ModelSerializer[Webhook]):
    """A webhook; `problem` is why the last call failed, `old_until` is until when the old secret signs too."""

    class Meta:
        model = Webhook
        fields = (
            "id", "name", "url", "shape", "topics", "queues", "least_band", "is_paused", "created_at", "told_at",
            "failing_since", "problem", "old_until",
        )  # fmt: skip


class SecretOutput(WebhookOutput):
    """A webhook with its secret, as Standard Webhooks spells it, which is shown once."""

    secret = serializers.CharField()

    class Meta(WebhookOutput.Meta):
        fields = (*WebhookOutput.Meta.fields, "secret")  # type: ignore[assignment]  # a longer tuple


class WebhookList(Endpoint):
    """All webhooks."""

    reads = writes = Right.NOTIFICATION_EDIT
    withheld = ("secret",)

    @listing("webhooks_list", None, WebhookOutput)
    def get(self, request: Request) -> Response:
        """List them by name."""
        self.no_filters()
        return self.page(selectors.webhooks(self.organization), WebhookOutput, ByName)

    @takes("webhooks_add", WebhookInput, SecretOutput, 201)
    def post(self, request: Request) -> Response:
        """Tell another system from now on."""
        webhook = services.add_webhook(self.organization, self.given(WebhookInput), self.caller.actor)
        return Response({**WebhookOutput(webhook).data, "secret": secret_of(webhook)}, status=201)


class WebhookDetail(Endpoint):
    """One webhook."""

    reads = writes = Right.NOTIFICATION_EDIT

    @takes("webhooks_read", None, WebhookOutput)
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """Return it."""
        return Response(WebhookOutput(selectors.webhook_of(self.organization, webhook_id)).data)

    @takes("webhooks_change", WebhookChange, WebhookOutput)
    def patch(self, request: Request, webhook_id: UUID) -> Response:
        """Change what is named."""
        webhook = selectors.webhook_of(self.organization, webhook_id)
        given = self.given(WebhookChange)
        return Response(WebhookOutput(services.change_webhook(webhook, given, self.caller.actor)).data)

    @extend_schema(operation_id="webhooks_remove", request=None, responses={204: None})
    def delete(self, request: Request, webhook_id: UUID) -> Response:
        """Tell it nothing any more."""
        services.remove_webhook(selectors.webhook_of(self.organization, webhook_id), self.caller.actor)
        return Response(status=204)


class PauseWebhook(Endpoint):
    """Stop one webhook for a while."""

    writes = Right.NOTIFICATION_EDIT

    @takes("webhooks_pause", None, WebhookOutput)
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Call it no more; what happens meanwhile is not told later."""
        webhook = selectors.webhook_of(self.organization, webhook_id)
        return Response(WebhookOutput(services.pause_webhook(webhook, self.caller.actor)).data)


class ResumeWebhook(Endpoint):
    """Go on with one webhook."""

    writes = Right.NOTIFICATION_EDIT

    @takes("webhooks_resume", None, WebhookOutput)
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Call it again, at once where something waits."""
        webhook = selectors.webhook_of(self.organization, webhook_id)
        return Response(WebhookOutput(services.resume_webhook(webhook, self.caller.actor)).data)


class RotateWebhook(Endpoint):
    """The secret of one webhook."""

    writes = Right.NOTIFICATION_EDIT
    withheld = ("secret",)

    @takes("webhooks_rotate", None, SecretOutput)
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Sign with a new secret from now on, and for 24 hours with the old one too."""
        webhook = selectors.webhook_of(self.organization, webhook_id)
        rotated = services.rotate_secret(webhook, self.caller.actor)
        return Response({**WebhookOutput(rotated).data, "secret": secret_of(rotated)})


class TestWebhook(Endpoint):
    """Try one webhook."""

    writes = Right.NOTIFICATION_EDIT

    @takes("webhooks_test", None, DeliveryOutput)
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Call it now about nothing, once, and return what became of it."""
        webhook = selectors.webhook_of(self.organization, webhook_id)
        return Response(DeliveryOutput(services.try_webhook(webhook, self.caller.actor)).data)


urlpatterns = [
    path("webhooks/", WebhookList.as_view()),
    path("webhooks/<uuid:webhook_id>/", WebhookDetail.as_view()),
    path("webhooks/<uuid:webhook_id>/pause/", PauseWebhook.as_view()),
    path("webhooks/<uuid:webhook_id>/resume/", ResumeWebhook.as_view()),
    path("webhooks/<uuid:webhook_id>/rotate/", RotateWebhook.as_view()),
    path("webhooks/<uuid:webhook_id>/test/", TestWebhook.as_view()),
]
