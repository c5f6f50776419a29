"""Errors as pages: a sentence a person can act on, the right status, the same look."""

import logging
from collections.abc import Callable

from django.db import DataError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from coordination.policies.errors import ActDenied
from coordination.policies.services import keep_denial
from coordination.shared.errors import CoordinationError, Forbidden, Invalid

logger = logging.getLogger(__name__)

TITLES = {
    403: "Not allowed",
    404: "Not found",
    409: "Not possible right now",
    422: "Something is not valid",
}


class NoMembership(Forbidden):
    """You are signed in, but belong to no organization yet. Ask an admin to add you."""

    code = "no-membership"


class NotStorable(Invalid):
    """A value is too long, or holds characters that cannot be stored."""

    code = "invalid"


class ErrorPagesMiddleware:
    """Turn what a room refuses, and a database that is away, into a page; the API answers for itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for a view that raised, or leave it to Django."""
        if request.path.startswith("/api/"):
            return None
        if isinstance(error, ActDenied):
            keep_denial(error)
        if isinstance(error, CoordinationError):
            return page(request, error)
        if isinstance(error, DataError):
            logger.warning("A value that the database refuses came through a form.", exc_info=error)
            return page(request, NotStorable())
        if isinstance(error, OperationalError):
            logger.error("The database did not answer.", exc_info=error)
            response = render(None, "503.html", status=503)  # without a request no context processor asks the database
            response.headers["Retry-After"] = "10"
            return response
        return None


def page(request: HttpRequest, error: CoordinationError) -> HttpResponse:
    """Return the page for a refusal."""
    title = TITLES.get(error.status, "Something went wrong")
    context = {"title": title, "detail": str(error), "code": error.code}
    return render(request, "errors/problem.html", context, status=error.status)
