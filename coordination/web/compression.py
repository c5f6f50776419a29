"""Compress what is sent."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class _OfFiles(GZipMiddleware):
    max_random_bytes = 0


class Compression(GZipMiddleware):
    """Gzip; the random length that hides what pages hold stays away from static files, which hold no secret."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        self._of_files = _OfFiles(get_response)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Return the response, compressed if that makes it smaller."""
        if request.path.startswith(settings.STATIC_URL):
            return self._of_files.process_response(request, response)
        return super().process_response(request, response)
