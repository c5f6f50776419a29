"""Fetch a web page for a knowledge base: from the sites that are allowed, never from inside our own network."""

import time
from collections.abc import Iterator, Sequence
from urllib.parse import urljoin, urlsplit

import httpx
from django.conf import settings

from coordination.memory.errors import PageRefused
from coordination.shared.addresses import AddressRefused, target_of

TIMEOUT_S = 20.0
WHOLE_S = 60.0
MOST_REDIRECTS = 5
MOST_BYTES = 8 * 1024 * 1024
_TAKEN = ("text/", "application/pdf", "application/xhtml+xml", "application/json")
_AGENT = "coordination-knowledge/1"


def check_address(address: str, sites: Sequence[str]) -> None:
    """Raise PageRefused for an address that is none, or of no site that is allowed."""
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise PageRefused(address=address, problem=f"it is no address: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or len(address) > 500:
        raise PageRefused(address=address[:500], problem="it has to begin with https:// or http:// and name a host")
    if not any(_is_below(address, site) for site in sites):
        known = ", ".join(sites) or "none yet"
        raise PageRefused(address=address, problem=f"it is on none of the sites that are allowed here ({known})")


def fetched(address: str, sites: Sequence[str]) -> Iterator[bytes]:
    """Yield the bytes of a page, a few at a time; raises PageRefused."""
    given_up_at, here = time.monotonic() + WHOLE_S, address
    for _ in range(MOST_REDIRECTS + 1):
        check_address(here, sites)
        try:
            with httpx.Client(trust_env=False, follow_redirects=False, timeout=TIMEOUT_S) as client:
                request = _request(client, here)
                response = client.send(request, stream=True)
                try:
                    if not response.is_redirect:
                        yield from _body(response, address, given_up_at)
                        return
                    here = urljoin(here, response.headers.get("Location", ""))
                finally:
                    response.close()
        except AddressRefused as error:
            raise PageRefused(address=address, problem=error.message) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            problem = f"it could not be reached: {str(error) or type(error).__name__}"
            raise PageRefused(address=address, problem=problem) from error
    raise PageRefused(address=address, problem=f"it leads on more than {MOST_REDIRECTS} times")


def _request(client: httpx.Client, address: str) -> httpx.Request:
    """Return the request to the machine that was checked: a second look-up of the name might answer differently."""
    target = target_of(address, private=settings.KNOWLEDGE_PRIVATE_ADDRESSES)
    url = httpx.URL(address)
    headers = {
        "Host": url.netloc.decode(),
        "User-Agent": _AGENT,
        "Accept": "text/html, text/plain, text/markdown, text/csv, application/pdf",
        # What is not packed cannot unpack to gigabytes.
        "Accept-Encoding": "identity",
    }
    extensions = {"sni_hostname": target.host}
    return client.build_request("GET", url.copy_with(host=target.address), headers=headers, extensions=extensions)


def _body(response: httpx.Response, address: str, given_up_at: float) -> Iterator[bytes]:
    if response.status_code != 200:
        raise PageRefused(address=address, problem=f"its server answered with status {response.status_code}")
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise PageRefused(address=address, problem="its server packs it though it was asked not to")
    kind = response.headers.get("Content-Type", "text/html").partition(";")[0].strip().lower()
    if not kind.startswith(_TAKEN):
        raise PageRefused(address=address, problem=f"it is {kind or 'of no kind'}: only text and PDF are read")
    size = 0
    for chunk in response.iter_raw():
        size += len(chunk)
        if size > MOST_BYTES:
            raise PageRefused(address=address, problem=f"it has more than {MOST_BYTES // 2**20} MB")
        if time.monotonic() > given_up_at:
            raise PageRefused(address=address, problem=f"it did not end within {WHOLE_S:g} seconds")
        yield chunk


def _is_below(address: str, site: str) -> bool:
    """Tell whether an address is of a site: the same scheme, host and port, and below its path, whole names only."""
    there, allowed = urlsplit(address), urlsplit(site)
    if (there.scheme, _host(there.netloc)) != (allowed.scheme, _host(allowed.netloc)):
        return False
    if any(mark in there.path.lower() for mark in ("..", "%2e", "\\", "%5c")):
        return False
    path = allowed.path.rstrip("/")
    return not path or there.path == path or there.path.startswith(f"{path}/")


def _host(netloc: str) -> str:
    # Credentials stay part of it: an address with them is never the same.
    return netloc.lower()
