"""What left the house, and what became of it."""

from uuid import UUID

from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.accounts.rights import Right
from coordination.api.describing import listing, takes
from coordination.api.endpoint import Endpoint
from coordination.api.inputs import Input
from coordination.notifications import selectors, services
from coordination.notifications.models import Delivery, DeliveryState


class DeliveryFilters(Input):
    """Which deliveries."""

    state = serializers.ChoiceField(DeliveryState.values, required=False)
    webhook = serializers.UUIDField(required=False)


class DeliveryOutput(serializers.ModelSerializer[Delivery]):
    """Something that left the house, to a webhook or by e-mail to a member; without a topic it was a test."""

    topic = serializers.SerializerMethodField()
    member = serializers.SerializerMethodField()

    class Meta:
        model = Delivery
        fields = (
            "id",
            "topic",
            "webhook",
            "member",
            "state",
            "attempts",
            "created_at",
            "due_at",
            "tried_at",
            "problem",
        )

    def get_topic(self, delivery: Delivery) -> str:
        """Return what it is about."""
        return delivery.notice.topic if delivery.notice else ""

    def get_member(self, delivery: Delivery) -> str:
        """Return to whom it is written."""
        return delivery.member.user.username if delivery.member else ""


class DeliveryList(Endpoint):
    """What left the house."""

    reads = Right.NOTIFICATION_EDIT

    @listing("deliveries_list", DeliveryFilters, DeliveryOutput)
    def get(self, request: Request) -> Response:
        """List deliveries, newest first."""
        return self.page(selectors.deliveries(self.organization, **self.asked(DeliveryFilters)), DeliveryOutput)


class RepeatDelivery(Endpoint):
    """A delivery that was given up."""

    writes = Right.NOTIFICATION_EDIT

    @takes("deliveries_repeat", None, DeliveryOutput)
    def post(self, request: Request, delivery_id: UUID) -> Response:
        """Send it again, with as many attempts as at first."""
        delivery = selectors.delivery_of(self.organization, delivery_id)
        return Response(DeliveryOutput(services.repeat(delivery, self.caller.actor)).data)


urlpatterns = [
    path("notifications/deliveries/", DeliveryList.as_view()),
    path("notifications/deliveries/<uuid:delivery_id>/repeat/", RepeatDelivery.as_view()),
]
