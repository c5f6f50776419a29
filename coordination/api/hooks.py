"""Where outsiders call a webhook: no account, but a signature under the trigger's own secret."""

from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from coordination.api.errors import BodyTooLarge, Malformed
from coordination.api.inputs import json_in
from coordination.triggers.errors import DeliveryRefused
from coordination.triggers.hooks import Delivery
from coordination.triggers.models import FiringState
from coordination.triggers.services import receive, verified

LARGEST_BODY = 256 * 1024


class Hook(APIView):
    """One webhook, known by an id that nobody guesses."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    renderer_classes = [JSONRenderer]
    schema = None

    def post(self, request: Request, hook_id: UUID) -> Response:
        """Start what the call is for; the same delivery again gets the same answer."""
        body = _body(request)
        delivery = Delivery.of(request.headers)
        trigger = verified(hook_id, delivery, body)
        try:
            value = json_in(body) if body.strip() else None
        except Malformed as error:
            raise DeliveryRefused(reason=str(error)) from None
        firing, is_again = receive(trigger, delivery, value)
        if firing.state == FiringState.REFUSED:
            raise DeliveryRefused(reason=firing.reason)
        said = {"firing": firing.pk, "state": firing.state, "run": firing.run_id, "reason": firing.reason}
        return Response(said, status=202, headers={"Idempotent-Replayed": "true"} if is_again else None)


def _body(request: Request) -> bytes:
    """Return the body as it was sent; raises BodyTooLarge before it is read, where the caller says how long it is."""
    announced = request.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced) > LARGEST_BODY:
        raise BodyTooLarge(limit=LARGEST_BODY)
    body: bytes = request._request.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        raise BodyTooLarge(limit=LARGEST_BODY)
    return body


urlpatterns = [path("<uuid:hook_id>/", Hook.as_view(), name="hook")]
