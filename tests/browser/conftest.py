"""One installation, one Chromium: started once, looked at by every test of this folder."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import APIRequestContext, Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests import chromium
from tests.up import Up, environment_of, processes_of

# A browser of a busy machine is slow; nothing here measures time.
PATIENCE_MS = 30_000
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
# The agents of the tests, and those that are shipped for the demo's world.
AGENTS = {"AGENT_MODULES": "tests.acting,coordination.bundled"}


@dataclass(frozen=True)
class House:
    """A running installation."""

    home: Path
    up: Up
    url: str
    keys: dict[str, dict[str, str]]


@pytest.fixture(scope="package")
def house(program: str) -> Iterator[House]:
    """Start a whole installation in a home folder of its own, and fill it."""
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        up = Up(home, **AGENTS)
        try:
            up.wait_for_line("migrations applied")
            keys = json.loads(run_in(home, "-m", "tests.browser.seeding"))
            url = up.wait_for_line("Ready: ").split("Ready: ")[1].strip().rstrip("/")
            yield House(home, up, url, keys)
        finally:
            up.stop()
            for process in processes_of(home):
                process.kill()


@pytest.fixture(scope="package")
def playwright(program: str) -> Iterator[Playwright]:
    """Start Playwright; it ends with this folder, as its event loop keeps Django from the database."""
    with sync_playwright() as started:
        expect.set_options(timeout=PATIENCE_MS)
        yield started


@pytest.fixture(scope="package")
def browser(playwright: Playwright, program: str) -> Iterator[Browser]:
    """Start Chromium."""
    started = playwright.chromium.launch(executable_path=program, args=FLAGS)
    yield started
    started.close()


@pytest.fixture(scope="package")
def program() -> str:
    """Return the path of a Chromium."""
    found = chromium.find()
    if found is None:
        pytest.fail("The browser tests need Chromium: put one on the PATH or in CHROMIUM, or run `make test`.")
    return found


Window = Callable[..., BrowserContext]
Open = Callable[..., Page]
Api = Callable[[str], APIRequestContext]


@pytest.fixture(scope="package")
def windows(house: House, browser: Browser) -> Iterator[Window]:
    """Keep one window a person, with its warm cache, for all tests."""
    opened: dict[str, BrowserContext] = {}

    def of(who: str) -> BrowserContext:
        if who not in opened:
            opened[who] = new_window(house, browser, who)
        return opened[who]

    yield of
    for context in opened.values():
        context.close()


@pytest.fixture
def window(house: House, browser: Browser) -> Iterator[Window]:
    """Open a new window with nothing in it, of someone or of a stranger, in which a test may change anything."""
    opened: list[BrowserContext] = []

    def open_window(who: str = "", **options: Any) -> BrowserContext:
        opened.append(new_window(house, browser, who, **options))
        return opened[-1]

    yield open_window
    for context in opened:
        context.close()


@pytest.fixture
def open_as(windows: Window) -> Iterator[Open]:
    """Open a page in someone's window: `open_as("manager@harbour", "/runs/")`."""
    opened: list[Page] = []

    def open_page(who: str, path: str) -> Page:
        opened.append(windows(who).new_page())
        opened[-1].goto(path)
        return opened[-1]

    yield open_page
    for page in opened:
        page.close()


def new_window(house: House, browser: Browser, who: str, **options: Any) -> BrowserContext:
    """Return a new window of someone who is signed in, or of a stranger."""
    usual = {"base_url": house.url, "viewport": {"width": 1440, "height": 900}}
    context = browser.new_context(**{**usual, **options})
    context.set_default_timeout(PATIENCE_MS)
    if who:
        context.add_cookies([{"name": "sessionid", "value": house.keys[who]["session"], "url": house.url}])
    return context


@pytest.fixture
def api(house: House, playwright: Playwright) -> Iterator[Api]:
    """Speak to the HTTP API as someone, for what a test needs but is not about."""
    opened: list[APIRequestContext] = []

    def speak(who: str) -> APIRequestContext:
        opened.append(speak_as(house, playwright, who))
        return opened[-1]

    yield speak
    for context in opened:
        context.dispose()


def speak_as(house: House, playwright: Playwright, who: str) -> APIRequestContext:
    """Return what speaks to the HTTP API with someone's token."""
    headers = {"Authorization": f"Bearer {house.keys[who]['token']}"}
    return playwright.request.new_context(base_url=house.url, extra_http_headers=headers)


def run_in(home: Path, *words: str) -> str:
    """Run a Python program to its end beside the installation, and return what it prints."""
    named = {**AGENTS, "DJANGO_SETTINGS_MODULE": "coordination.settings"}
    done = subprocess.run(
        [sys.executable, *words], cwd=settings.BASE_DIR, env=environment_of(home, **named),
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
