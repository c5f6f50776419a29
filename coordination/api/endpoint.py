"""What every view of the API shares: strict JSON in, one page shape out, the caller at hand."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from rest_framework.pagination import CursorPagination
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from coordination.accounts.models import Organization
from coordination.accounts.rights import Right
from coordination.api.caller import Caller, caller_of
from coordination.api.errors import BodyTooLarge
from coordination.api.idempotency import once
from coordination.api.inputs import Input, StrictJSONParser, body_limit, refuse_unknown
from coordination.api.pagination import NewestFirst

_WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")


class Endpoint(APIView):
    """A view of the API; `reads` and `writes` name the rights it needs."""

    reads: ClassVar[Right] = Right.READ
    writes: ClassVar[Right | None] = None
    # Fields of an answer that are shown once and never kept.
    withheld: ClassVar[tuple[str, ...]] = ()
    parser_classes = [StrictJSONParser]
    renderer_classes: Sequence[type[JSONRenderer]] = [JSONRenderer]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check who asks and how much they send; let a keyed POST have its effect once."""
        super().initial(request, *args, **kwargs)
        if any("\x00" in str(part) for part in kwargs.values()):
            raise Http404
        if request.method not in _WITH_BODY:
            return
        if len(request.body) > body_limit():
            raise BodyTooLarge(limit=body_limit())
        key = request.headers.get("Idempotency-Key")
        if request.method == "POST" and key:
            handler = getattr(self, "post", self.http_method_not_allowed)
            self.post = once(handler, key, self.withheld)

    @property
    def caller(self) -> Caller:
        """Return who asks."""
        return caller_of(self.request)

    @property
    def organization(self) -> Organization:
        """Return the organization whose things the caller sees."""
        return self.caller.organization

    def given(self, shape: type[Input]) -> dict[str, Any]:
        """Return the validated body; raises ValidationError, BodyInvalid."""
        return _checked(shape, self.request.data)

    def asked(self, shape: type[Input]) -> dict[str, Any]:
        """Return the validated query parameters of a list; an unknown one is refused."""
        query = self.request.query_params
        own = {name: query[name] for name in query if name not in ("cursor", "limit")}
        return _checked(shape, own)

    def page(
        self,
        rows: QuerySet[Any],
        shape: type[BaseSerializer[Any]],
        pages: type[CursorPagination] = NewestFirst,
    ) -> Response:
        """Return one page of a list."""
        paginator = pages()
        found = paginator.paginate_queryset(rows, self.request, view=self)
        return paginator.get_paginated_response(shape(found, many=True).data)

    def no_filters(self) -> None:
        """Refuse every query parameter of a list that cannot be filtered."""
        refuse_unknown(self.request.query_params, ["cursor", "limit"], "filter")


def _checked(shape: type[Input], data: Any) -> dict[str, Any]:
    serializer = shape(data=data)
    serializer.is_valid(raise_exception=True)
    validated: dict[str, Any] = serializer.validated_data
    return validated
