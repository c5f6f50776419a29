"""Web pages that a knowledge base reads: of allowed sites only, and again when their time has come."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.memory.errors import PageRefused
from coordination.memory.models import Document, KnowledgeSource
from coordination.memory.selectors import manifest_of
from coordination.memory.services import add_page, look_after_sources
from coordination.shared.clock import now
from tests.integration.memory.conftest import index, keys, saved


@pytest.fixture
def site(settings: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Serve pages over loopback: path → (status, headers, body)."""
    pages: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = pages.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None: ...

    settings.KNOWLEDGE_PRIVATE_ADDRESSES = True
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/help/", pages
    server.shutdown()
    server.server_close()


HTML = {"Content-Type": "text/html; charset=utf-8"}


def test_a_page_is_read_and_read_again_when_its_time_has_come(
    organization: Organization, site: tuple[str, dict[str, Any]]
) -> None:
    address, pages = site
    base = saved(organization, "pages", sites=[address])
    pages["/help/a"] = (200, HTML, b"<h1>Refunds</h1><p>Three days.</p>")
    source = index(add_page(base, f"{address}a", SYSTEM, every_s=3_600))
    assert (source.status, keys(base)) == ("ready", [f"{address}a#1"])
    assert Document.objects.get().taint == f"from the page {address}a"
    pages["/help/a"] = (200, HTML, b"<h1>Refunds</h1><p>Four days.</p>")
    KnowledgeSource.objects.update(due_at=now() - timedelta(seconds=1))
    look_after_sources()
    source = index(source)
    assert Document.objects.get().text == "Four days."
    assert source.due_at is not None
    assert source.due_at > now()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((404, {}, b""), "answered with status 404"),
        ((302, {"Location": "http://localhost:1/elsewhere"}, b""), "on none of the sites that are allowed"),
        ((302, {"Location": "/help/a"}, b""), "leads on more than 5 times"),
        ((200, {"Content-Type": "image/png"}, b"x"), "only text and PDF"),
        ((200, {**HTML, "Content-Encoding": "gzip"}, b"x"), "packs it though"),
        ((200, HTML, b"x" * 9_000_000), "more than 8 MB"),
        ((200, HTML, b"<script>x</script>"), "no text"),
    ],
)
def test_a_page_that_is_none_is_explained(
    organization: Organization, site: tuple[str, dict[str, Any]], answer: Any, why: str
) -> None:
    address, pages = site
    pages["/help/a"] = answer
    source = index(add_page(saved(organization, "pages", sites=[address]), f"{address}a", SYSTEM))
    assert source.status == "failed"
    assert why in source.error


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/help/a", "https://example.com/helpless", "https://example.com/help/../admin",
        "https://example.com/help/%2e%2e/admin", "http://example.com/help/a", "https://user@example.com/help/a",
        "https://example.com:8443/help/a", "https://example.com.evil.example/help/a", "file:///etc/passwd", "x",
    ],
)  # fmt: skip
def test_only_pages_below_an_allowed_address_are_read(organization: Organization, address: str) -> None:
    base = saved(organization, "pages", sites=["https://example.com/help/"])
    with pytest.raises(PageRefused):
        add_page(base, address, SYSTEM)


def test_a_page_in_our_own_network_is_refused(
    organization: Organization, site: tuple[str, dict[str, Any]], settings: Any
) -> None:
    settings.KNOWLEDGE_PRIVATE_ADDRESSES = False
    address, pages = site
    pages["/help/a"] = (200, HTML, b"<p>Secret.</p>")
    source = index(add_page(saved(organization, "pages", sites=[address]), f"{address}a", SYSTEM))
    assert (source.status, "not a public address" in source.error) == ("failed", True)


def test_pages_of_a_manifest_come_and_go_with_it(organization: Organization) -> None:
    sites, url = ["https://example.com/"], "https://example.com/a"
    base = saved(organization, "pages", sites=sites, pages=[{"url": url, "every": "1h"}])
    assert manifest_of(base).spec["pages"] == [{"url": url, "every": "3600s"}]
    saved(organization, "pages", sites=sites, pages=[{"url": f"{url}b"}])
    assert list(base.sources.values_list("name", flat=True)) == [f"{url}b"]
