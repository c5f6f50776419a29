"""Repeat a request without repeating its effect: the first answer is kept for a day and given again.

The record is written in the transaction of the effect. Of two requests at once under one key, the second waits on the
unique index until the first has committed, and then gets its answer; if the first failed, the second is tried.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.api.caller import caller_of
from coordination.api.errors import BodyInvalid
from coordination.api.models import IdempotentCall
from coordination.shared.clock import now
from coordination.shared.errors import Invalid

KEPT = timedelta(hours=24)
_LONGEST_KEY = 200
Handler = Callable[..., Response]


class KeyReused(Invalid):
    """This Idempotency-Key was used for a different request; use a new key."""

    code = "idempotency-key-reused"


def once(handler: Handler, key: str, withheld: tuple[str, ...] = ()) -> Handler:
    """Return the handler so that it has its effect once under this key; `withheld` fields are never stored."""
    if len(key) > _LONGEST_KEY or not key.isprintable():
        raise BodyInvalid(problem=f"an Idempotency-Key has at most {_LONGEST_KEY} printable characters.")

    @transaction.atomic
    def handle(request: Request, *args: Any, **kwargs: Any) -> Response:
        call, mine = _open(request, key)
        if not mine:
            return Response(call.answer, status=call.status, headers={"Idempotent-Replayed": "true"})
        response = handler(request, *args, **kwargs)
        answer = {name: value for name, value in (response.data or {}).items() if name not in withheld}
        call.status, call.answer = response.status_code, json.loads(json.dumps(answer, cls=DjangoJSONEncoder))
        call.save(update_fields=["status", "answer"])
        return response

    return handle


def _open(request: Request, key: str) -> tuple[IdempotentCall, bool]:
    """Return the record of this call, and whether this request is the one that carries it out."""
    caller = caller_of(request)
    IdempotentCall.objects.filter(created_at__lt=now() - KEPT).delete()
    digest = hashlib.sha256(request.body).hexdigest()
    call, mine = IdempotentCall.objects.get_or_create(
        organization=caller.organization,
        user_id=caller.membership.user_id,
        key=key,
        path=request.path,
        defaults={"digest": digest},
    )
    if call.digest != digest:
        raise KeyReused
    return call, mine
