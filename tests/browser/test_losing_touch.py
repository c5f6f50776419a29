"""A page that loses touch says so, helps itself, and catches up."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis
from playwright.sync_api import Page, WebSocketRoute, expect

from coordination.embedded import redis_url
from tests.browser.conftest import Api, House, Window
from tests.browser.pages import expect_live, has_stayed, start_errand, state, stay

MINUTE_MS = 60_000


@pytest.fixture
def page(window: Window) -> Page:
    return window("manager@harbour").new_page()


@pytest.fixture
def done(tmp_path: Path) -> Iterator[Path]:
    """Return the file whose appearance ends the run."""
    file = tmp_path / "done"
    yield file
    file.touch()


def test_a_page_catches_up_when_the_server_comes_back(page: Page, api: Api, house: House, done: Path) -> None:
    watch(page, start_errand(api("manager@harbour"), done))
    expect_live(page)
    house.up.child("uvicorn").kill()
    expect(page.locator(".live-word")).to_have_text("Reconnecting…")
    done.touch()
    expect_live(page)
    expect(state(page)).to_have_text("Done")
    assert has_stayed(page)


def test_a_page_whose_socket_is_refused_reads_itself_again_anyway(page: Page, api: Api, done: Path) -> None:
    page.route_web_socket("**/live/", lambda socket: socket.close())
    watch(page, start_errand(api("manager@harbour"), done))
    expect(page.locator(".live-word")).to_have_text("Reconnecting…")
    done.touch()
    expect(state(page)).to_have_text("Done")
    assert has_stayed(page)


def test_while_redis_hangs_a_page_says_so_and_still_shows_what_happens(
    page: Page, api: Api, redis_process: psutil.Process, done: Path
) -> None:
    watch(page, start_errand(api("manager@harbour"), done))
    expect_live(page)
    redis_process.suspend()
    expect(page.locator(".live-word")).to_have_text("Reconnecting…")
    done.touch()
    expect(state(page)).to_have_text("Done")
    redis_process.resume()
    expect_live(page)
    assert has_stayed(page)


def test_a_flushed_redis_keeps_nothing_from_a_page(page: Page, api: Api, house: House, done: Path) -> None:
    watch(page, start_errand(api("manager@harbour"), done))
    expect_live(page)
    with redis.Redis.from_url(redis_url(house.home)) as client:
        client.flushall()
    done.touch()
    expect(state(page)).to_have_text("Done")


def test_a_ring_that_is_lost_is_made_up_for_within_a_minute(page: Page, api: Api, done: Path) -> None:
    page.clock.install()
    page.route_web_socket("**/live/", without_rings)
    run = start_errand(api("manager@harbour"), done)
    # It reads itself once more when it begins to listen; what happens after that is told by rings alone.
    with page.expect_response(lambda answer: answer.request.headers.get("hx-target") == "div#run"):
        watch(page, run)
    done.touch()
    other = page.context.new_page()
    watch(other, run, "Done")
    expect(state(page)).to_have_text("Running")
    page.clock.fast_forward(MINUTE_MS)
    expect(state(page)).to_have_text("Done")


def watch(page: Page, run: str, word: str = "Running") -> None:
    """Open a run's page and wait for its state."""
    page.goto(f"/runs/{run}/")
    stay(page)
    expect(state(page)).to_have_text(word)


def without_rings(socket: WebSocketRoute) -> None:
    """Pass on everything but rings."""
    server = socket.connect_to_server()
    server.on_message(lambda message: None if "topics" in str(message) else socket.send(message))


@pytest.fixture
def redis_process(house: House) -> Iterator[psutil.Process]:
    """Return the process of the installation's Redis, and let it go on afterwards."""
    with redis.Redis.from_url(redis_url(house.home)) as client:
        process = psutil.Process(client.info()["process_id"])
    yield process
    process.resume()
