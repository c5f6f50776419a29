"""How long after a decision is committed the pages that show it have changed, while much else changes.

Beside it, in the same run and under the same load: what the barest Channels consumer needs to change a page's text.
"""

import asyncio
import itertools
import os
import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from uuid import UUID

from channels.layers import get_channel_layer
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.test import Client

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Membership, Organization
from coordination.accounts.services import add_member
from coordination.approvals.models import OPEN, ApprovalRequest
from coordination.benchmarks.echo import GROUP
from coordination.benchmarks.house import CAPABILITY, make_house, publish
from coordination.benchmarks.measure import Measurement, Options
from coordination.benchmarks.serving import HOST, web
from coordination.benchmarks.timing import SWEEP_S, percentile
from coordination.benchmarks.workers import our_workers
from coordination.runs.models import Run
from coordination.runs.services import Wish, answer_approval, start_runs, sweep

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

PAGES = 50
RUNS_PER_S = 50
DECISIONS = 200
_DECISION_EVERY_S = 0.25
_STARTED_TOGETHER = 5
_READY_WITHIN_S = 120.0
_SETTLE_S = 5.0
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
# When a question that a page showed is gone from it, by the clock that Python reads too.
_WATCH = """() => {
  window.gone = {};
  const shown = () => document.querySelector("[id^=waiting-]")?.id ?? "";
  let before = shown();
  new MutationObserver(() => {
    const id = shown();
    if (id === before) return;
    window.gone[before] ??= Date.now();
    before = id;
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["id"] });
}"""
_LISTEN = """async (n) => {
  window.gone = {};
  new MutationObserver(() => { window.gone[document.body.textContent] ??= Date.now(); })
    .observe(document.body, { childList: true, subtree: true, characterData: true });
  const sockets = Array.from({ length: n }, () => new WebSocket(`ws://${location.host}/`));
  sockets[0].onmessage = (event) => { document.body.textContent = event.data; };
  await Promise.all(sockets.map((one) => new Promise((opened) => { one.onopen = opened; })));
}"""

Moments = dict[str, float]


def measure(options: Options) -> list[Measurement]:
    """Return how many changes one after the other a page could show in a second; the times are in the details."""
    playwright = _playwright()
    n = options.sample or DECISIONS
    house = make_house()
    reviewer, manager = (add_member(house, f"{house.slug}-{role}", [role]) for role in ("reviewer", "manager"))
    publish(house, "busy", [{"id": "work", "agent": {"capability": CAPABILITY}}])
    publish(house, "asks", _questions(2 + 2 * n // PAGES))
    runs = [run.pk for run in start_runs(house, [Wish("asks", {})] * PAGES, actor=SYSTEM)]
    cookie = _signed_in(manager)
    with ExitStack() as open_:
        open_.enter_context(our_workers())
        port, echo = open_.enter_context(web()), open_.enter_context(web("coordination.benchmarks.echo:application"))
        _wait_for_questions(runs)
        browser = open_.enter_context(playwright()).chromium.launch(executable_path=_chromium(), args=_FLAGS)
        open_.callback(browser.close)
        pages = _opened(browser.new_context(), port, cookie, runs)
        bare = browser.new_page()
        bare.goto(f"http://{HOST}:{echo}/")
        bare.evaluate(_LISTEN, PAGES)
        decided, said, n_ended = _under_load(house, reviewer, runs, n, bare)
        gone: Moments = {}
        for page in pages:
            gone |= page.evaluate("() => window.gone")
        heard: Moments = bare.evaluate("() => window.gone")
    return [_measurement(_lags(decided, gone), _lags(said, heard), len(decided), n_ended)]


def _questions(n: int) -> list[dict[str, Any]]:
    """Return steps that ask one after the other, so that each answer shows the next."""
    asked = {"title": "Go on?", "role": "reviewer"}
    return [{"id": f"q{at}", "needs": [f"q{at - 1}"] if at else [], "approval": asked} for at in range(n)]


def _opened(context: "BrowserContext", port: int, cookie: str, runs: Sequence[UUID]) -> "list[Page]":
    """Open a page for each run, all of them live and watched."""
    url = f"http://{HOST}:{port}"
    context.set_default_timeout(_READY_WITHIN_S * 1_000)
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": url}])
    pages = []
    for run in runs:
        page = context.new_page()
        page.goto(f"{url}/runs/{run}/")
        page.wait_for_selector("[data-state=live]")
        page.evaluate(_WATCH)
        pages.append(page)
    return pages


def _under_load(
    house: Organization, reviewer: Membership, runs: Sequence[UUID], n: int, bare: "Page"
) -> tuple[Moments, Moments, float]:
    """Decide and speak while runs come and go; return when each was committed or sent, and runs that ended a second."""
    decided, said, over = Moments(), Moments(), threading.Event()
    jobs = [
        _thread(lambda: _load(house, over)),
        _thread(lambda: _speak(said, over)),
        _thread(lambda: _decide(reviewer, runs, n, decided)),
    ]
    began, before = time.monotonic(), _n_ended(house)
    while jobs[2].is_alive():
        bare.wait_for_timeout(200)
    seconds, ended = time.monotonic() - began, _n_ended(house) - before
    bare.wait_for_timeout(_SETTLE_S * 1_000)
    over.set()
    for job in jobs:
        job.join()
    return decided, said, ended / seconds


def _load(house: Organization, over: threading.Event) -> None:
    """Start runs evenly."""
    due, swept = time.monotonic(), time.monotonic()
    while not over.is_set():
        start_runs(house, [Wish("busy", {})] * _STARTED_TOGETHER, actor=SYSTEM)
        if time.monotonic() > swept + SWEEP_S:
            sweep()
            swept = time.monotonic()
        due += _STARTED_TOGETHER / RUNS_PER_S
        time.sleep(max(0.0, due - time.monotonic()))


def _decide(reviewer: Membership, runs: Sequence[UUID], n: int, decided: Moments) -> None:
    # By turns, so that each page has shown a question before it is answered.
    chance, turns = random.Random(7), itertools.cycle(runs)
    for _ in range(n):
        time.sleep(_DECISION_EVERY_S * (0.5 + chance.random()))
        asked = _asked(turns, len(runs))
        with transaction.atomic():
            answer_approval(reviewer, asked.pk, "approve", reason="", revision=asked.revision)
            key = f"waiting-{asked.pk}"
            transaction.on_commit(lambda key=key: decided.setdefault(key, time.time()))  # type: ignore[misc]


def _asked(turns: Iterator[UUID], n: int) -> ApprovalRequest:
    """Return an open question of the next run that has one."""
    for run in itertools.islice(turns, n):
        found = ApprovalRequest.objects.filter(subject__startswith=f"run:{run}", state__in=OPEN).first()
        if found is not None:
            return found
    raise RuntimeError("No run asks anything any more.")


def _speak(said: Moments, over: threading.Event) -> None:
    """Send to the bare group, from a loop of its own as rings are."""
    loop, layer, number = asyncio.new_event_loop(), get_channel_layer(), 0
    while not over.wait(_DECISION_EVERY_S):
        number += 1
        said[str(number)] = time.time()
        loop.run_until_complete(layer.group_send(GROUP, {"type": "say", "text": str(number)}))


def _wait_for_questions(runs: Sequence[UUID]) -> None:
    give_up = time.monotonic() + _READY_WITHIN_S
    while Run.objects.filter(pk__in=runs, status="waiting").count() < len(runs):
        if time.monotonic() > give_up:
            raise RuntimeError("The benchmark's runs ask nothing.")
        time.sleep(0.2)


def _n_ended(house: Organization) -> int:
    found: list[int] = []

    def count() -> None:
        found.append(Run.objects.filter(organization=house, status="succeeded").count())

    # Playwright's loop runs in this thread, and Django refuses to wait for a database in one that has a loop.
    _thread(count).join()
    return found[0]


def _thread(act: Callable[[], None]) -> threading.Thread:
    def closing() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=closing, daemon=True)
    thread.start()
    return thread


def _lags(sent: Mapping[str, float], seen: Mapping[str, float]) -> list[float]:
    """Return the seconds between each change and its sight; what was not seen at all is missing."""
    return [seen[name] / 1_000 - at for name, at in sent.items() if name in seen]


def _measurement(lags: list[float], floor: list[float], n: int, runs_per_s: float) -> Measurement:
    median, bare = percentile(lags, 0.5), percentile(floor, 0.5)
    details = {
        "p50_ms": round(median * 1_000),
        "p99_ms": round(percentile(lags, 0.99) * 1_000),
        "echo_p50_ms": round(bare * 1_000),
        "echo_p99_ms": round(percentile(floor, 0.99) * 1_000),
        "pages": PAGES,
        "runs_per_s": round(runs_per_s, 1),
        "decisions": n,
        "unseen": n - len(lags),
        "echoes": len(floor),
    }
    notes = ["from the committed decision to the change in the page; echo: from group_send to the change of a text"]
    return Measurement("live", 1 / median, "changes/s", 1 / bare, details, notes)


def _signed_in(member: Membership) -> str:
    client = Client()
    client.force_login(member.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return str(client.cookies["sessionid"].value)


def _playwright() -> Callable[[], Any]:
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  (only `make test` installs it)
    except ImportError:
        raise CommandError("live needs a browser: pip install -r requirements-dev.txt.") from None
    _chromium()
    return sync_playwright


def _chromium() -> str:
    named = os.environ.get("CHROMIUM", "")
    found = next(filter(None, map(shutil.which, [named, *_BROWSERS])), None)
    if found is None:
        raise CommandError("live needs Chromium: put one on the PATH, or name it in CHROMIUM.")
    return found
