"""The only module that knows htmx: whole pages, and the parts of them that live regions read again."""

from collections.abc import Collection

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render as render_template
from django.utils.cache import patch_cache_control, patch_vary_headers
from django_htmx.http import HttpResponseClientRefresh
from django_htmx.middleware import HtmxDetails


def render(
    request: HttpRequest, template: str, page: object, *, parts: Collection[str] = (), status: int = 200
) -> HttpResponse:
    """Answer with the page, or with the one part of it that a live region asked for.

    A part is a `partialdef` of the template, named like the `id` of the element that reads itself again.
    """
    part = _wanted(request, parts)
    name = f"{template}#{part}" if part else template
    response = render_template(request, name, {"page": page}, status=status)
    # One address has several answers: neither the browser's cache nor its back button may mix them up.
    patch_vary_headers(response, ("HX-Request", "HX-Target"))
    patch_cache_control(response, private=True, no_cache=True)
    return response


def wants_part(request: HttpRequest, parts: Collection[str]) -> bool:
    """Tell whether one of these parts of a page is asked for, not the page."""
    return _wanted(request, parts) is not None


def is_fragment(request: HttpRequest) -> bool:
    """Tell whether a part of a page asks, not a person who navigates."""
    return bool(_details(request))


def reload_page() -> HttpResponse:
    """Make the browser load the whole page again, for example because nobody is signed in any more."""
    return HttpResponseClientRefresh()


def _wanted(request: HttpRequest, parts: Collection[str]) -> str | None:
    details = _details(request)
    if not details or details.history_restore_request:
        return None
    # htmx names its target as tag#id.
    _, _, identifier = (details.target or "").partition("#")
    return identifier if identifier in parts else None


def _details(request: HttpRequest) -> HtmxDetails:
    details = getattr(request, "htmx", None)
    return details if isinstance(details, HtmxDetails) else HtmxDetails(request)
