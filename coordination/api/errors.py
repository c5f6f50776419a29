"""Every error is problem+json (RFC 9457): what is wrong, where, and what to do about it; never a traceback."""

import logging
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DataError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from coordination.engine.manifest import pointer
from coordination.policies.errors import ActDenied
from coordination.policies.services import keep_denial
from coordination.shared.errors import CoordinationError, FieldError, Invalid
from coordination.shared.ids import new_id

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


class BodyInvalid(Invalid):
    """The request is not valid: {problem}"""

    code = "invalid"


class BodyTooLarge(CoordinationError):
    """The request's body is larger than {limit} bytes."""

    code = "too-large"
    status = 413


class Malformed(CoordinationError):
    """The body is not JSON that can be read: {why}."""

    code = "malformed"
    status = 400


def problem(error: Exception, context: dict[str, Any]) -> Response:
    """Return the answer for anything a view raised."""
    headers = _headers(error, context)
    if isinstance(error, ActDenied):
        keep_denial(error)
    if isinstance(error, CoordinationError):
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return _unexpected(error, context)
        return answer(error.status, error.code, str(error), error.errors, headers)
    if isinstance(error, exceptions.ValidationError):
        found = list(_fields(error.detail))
        first = f"{found[0].pointer or '/'}: {found[0].message}" if found else "it does not fit"
        return answer(422, "invalid", f"The request is not valid: {first}", found, headers)
    if isinstance(error, exceptions.APIException):
        return answer(error.status_code, _code(error), _sentence(str(error.detail)), (), headers)
    if isinstance(error, Http404):
        return answer(404, "not-found", "There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return answer(403, "forbidden", "You may not do this.")
    if isinstance(error, RequestDataTooBig):
        return answer(413, "too-large", "The request's body is too large.")
    if isinstance(error, DataError):
        logger.warning("A value that the database refuses came through validation.", exc_info=error)
        return answer(422, "invalid", "A value is too long, or is one that cannot be stored.")
    if isinstance(error, OperationalError):
        logger.error("The database did not answer.", exc_info=error)
        return answer(503, "unavailable", "The database does not answer; try again soon.", (), {"Retry-After": "10"})
    return _unexpected(error, context)


def answer(
    status: int,
    code: str,
    detail: str,
    errors: "list[FieldError] | tuple[()]" = (),
    headers: dict[str, str] | None = None,
    **more: str,
) -> Response:
    """Return one problem as an answer."""
    said = {
        "type": f"urn:coordination:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [as_json(error) for error in errors],
        **more,
    }
    return Response(said, status=status, headers=headers, content_type=MEDIA_TYPE)


def _unexpected(error: Exception, context: dict[str, Any]) -> Response:
    reference = str(new_id())
    request = context.get("request")
    where = f"{request.method} {request.path}" if request is not None else "a request"
    logger.error("Unexpected error %s in %s.", reference, where, exc_info=error)
    detail = f"Something went wrong here. Whoever runs this finds it in the log under {reference}."
    return answer(500, "unexpected", detail, reference=reference)


def _headers(error: Exception, context: dict[str, Any]) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    if isinstance(error, exceptions.MethodNotAllowed) and (view := context.get("view")) is not None:
        headers["Allow"] = ", ".join(view.allowed_methods)
    return headers


def _code(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    return str(codes).replace("_", "-") if isinstance(codes, str) else "error"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _fields(detail: Any, path: tuple[object, ...] = ()) -> Iterator[FieldError]:
    """Yield each message of a serializer with the path to its field."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _fields(inner, path if name == "non_field_errors" else (*path, name))
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        for index, inner in enumerate(detail):
            yield from _fields(inner, (*path, index))
    else:
        for message in detail if isinstance(detail, list) else [detail]:
            yield FieldError(pointer(path), str(message))


def as_json(error: FieldError) -> dict[str, object]:
    """Return one mistake as answers say it: what is not known is left out."""
    said: dict[str, object] = {"pointer": error.pointer, "message": error.message}
    for name in ("suggestion", "line", "column"):
        if (value := getattr(error, name)) is not None:
            said[name] = value
    return said
