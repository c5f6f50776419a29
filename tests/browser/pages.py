"""What people do on pages, in words of their own."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import APIRequestContext, Locator, Page, Request, expect

# The budget of an ordinary page: what comes over the wire, compressed, without headers.
MOST_BYTES = 60 * 1024


def sign_in(page: Page, username: str, password: str) -> None:
    """Fill the form that strangers are shown."""
    page.get_by_label("Username or e-mail").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def state(page: Page) -> Locator:
    """Return the state in the head of a run's page."""
    return page.locator(".page-head [role=status]")


def stay(page: Page) -> None:
    """Mark the document: the mark is gone as soon as anything navigates or reloads."""
    page.evaluate("window.stayed = true")


def has_stayed(page: Page) -> bool:
    """Tell whether the document is still the one that was marked."""
    return bool(page.evaluate("window.stayed === true"))


def expect_live(page: Page) -> None:
    """Wait until the page listens."""
    expect(page.locator(".live-word")).to_have_text("Live")


def weigh(page: Page, path: str) -> int:
    """Open a page with nothing in the cache; return the bytes that come over the wire until it is live and quiet.

    A part that reads itself again because something happens meanwhile counts once.
    """
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")
    finished: list[Request] = []

    def keep(request: Request) -> None:
        finished.append(request)

    page.on("requestfinished", keep)
    page.goto(path)
    expect_live(page)
    page.wait_for_load_state("networkidle")
    page.remove_listener("requestfinished", keep)
    sizes = {(one.url, one.headers.get("hx-target")): one.sizes()["responseBodySize"] for one in finished}
    # What came from memory, not over the wire, has a size below nothing.
    return sum(max(0, size) for size in sizes.values())


def start(api: APIRequestContext, workflow: str, **value: Any) -> str:
    """Start a run and return its id."""
    answer = api.post("/api/v1/runs/", data={"workflow": workflow, "input": value})
    assert answer.status == 201, answer.text()
    return str(answer.json()["id"])


def start_letter(api: APIRequestContext, text: str) -> str:
    """Start a letter, which a reviewer must agree to, and return the run's id."""
    return start(api, "letter", text=text, to="the pilot")


def start_errand(api: APIRequestContext, until: Path) -> str:
    """Start a run that works until a file appears, and return its id."""
    return start(api, "errand", until=str(until))


def asked(page: Page, text: str) -> Locator:
    """Return the question about a letter in the queue."""
    return page.locator("#queue [data-row]", has_text=f"Send “{text}” to")


def eventually(holds: Callable[[], None], within_s: float = 60.0) -> None:
    """Try again until what is expected holds, for pages that don't change by themselves."""
    give_up = time.monotonic() + within_s
    while True:
        try:
            return holds()
        except AssertionError:
            if time.monotonic() > give_up:
                raise
