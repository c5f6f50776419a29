"""Hands on a run, in a browser and by keyboard: the brake, a step taken over, a word to agents, a verdict."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import APIRequestContext, Page, expect

from tests.browser.conftest import Api, Open
from tests.browser.pages import expect_live, has_stayed, start, start_errand, state, stay


@pytest.fixture
def errand(api: Api, tmp_path: Path) -> str:
    """A run whose agent works until the end of the test."""
    return start_errand(api("manager@harbour"), tmp_path / "never")


def let_go(api: APIRequestContext, path: str) -> None:
    answer = api.post(f"/api/v1/{path}", data={})
    assert answer.ok, answer.text()


def has_no_violation(page: Page) -> bool:
    found = Axe().run(page).response["violations"]
    assert not found, [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]
    return True


def test_an_agent_at_work_is_stopped_by_keyboard_and_the_other_window_sees_the_run_fail(
    open_as: Open, api: Api, errand: str
) -> None:
    watching = open_as("auditor@harbour", f"/runs/{errand}/")
    expect(state(watching)).to_have_text("Running")
    expect_live(watching)
    stay(watching)
    page = open_as("manager@harbour", f"/runs/{errand}/")
    expect(page.get_by_role("link", name="patient", exact=True)).to_be_visible()
    page.keyboard.press("s")
    page.get_by_role("link", name="Suspend patient everywhere").click()
    page.get_by_label("Reason").fill("It never comes back.")
    page.keyboard.press("Enter")
    try:
        expect(page.get_by_text("It never comes back.")).to_be_visible()
        expect(state(watching)).to_have_text("Failed")
        assert has_stayed(watching)
    finally:
        let_go(api("manager@harbour"), "agents/patient/resume/")


def test_a_step_is_taken_over_by_keyboard_and_given_its_output(open_as: Open, errand: str) -> None:
    page = open_as("manager@harbour", f"/runs/{errand}/?tab=steps")
    page.locator("tr", has_text="Working").get_by_role("link").click()
    expect(page.get_by_role("link", name="Take over")).to_be_visible()
    page.keyboard.press("t")
    page.get_by_label("Reason").fill("I was there.")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Taken over by")).to_be_visible()
    page.get_by_role("link", name="Give its output").click()
    page.get_by_label("Output").fill('{"found": true}')
    page.get_by_label("Reason").fill("I was there.")
    page.get_by_role("button", name="Give its output").click()
    expect(state(page)).to_have_text("Done")


def test_agents_are_told_something_by_keyboard_and_an_output_is_judged(open_as: Open, api: Api) -> None:
    run = start(api("manager@harbour"), "letter", text="Fog until noon", to="the pilot")
    page = open_as("manager@harbour", f"/runs/{run}/")
    expect(state(page)).to_have_text("Waiting for a person")
    page.keyboard.press("m")
    page.get_by_label("Message").fill("Mind the tide.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Mind the tide.")).to_be_visible()
    expect(page.get_by_text("Waits for the next call")).to_be_visible()
    page.goto(f"/runs/{run}/?tab=steps")
    page.locator("#tabs tr", has_text="Done").first.get_by_role("link").click()
    page.get_by_role("link", name="Wrong", exact=True).click()
    page.get_by_label("Why").fill("It says nothing of the tide.")
    page.keyboard.press("Enter")
    expect(page.get_by_text("manager@harbour: wrong")).to_be_visible()
    api("manager@harbour").post(f"/api/v1/runs/{run}/cancel/", data={})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_the_brake_are_accessible(open_as: Open, api: Api, errand: str, scheme: str) -> None:
    page = open_as("admin@harbour", "/stops/")
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    for path in ("/stops/", "/stops/stop/", "/workflows/errand/brake/stop/", "/agents/patient/autonomy/"):
        page.goto(path)
        assert has_no_violation(page), path
    page = open_as("manager@harbour", f"/runs/{errand}/?tab=messages")
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    page.reload()
    assert has_no_violation(page)
    page.goto(f"/runs/{errand}/message/")
    assert has_no_violation(page)
    api("manager@harbour").post(f"/api/v1/runs/{errand}/cancel/", data={})


def test_everything_stands_still_and_every_page_says_so(open_as: Open, api: Api) -> None:
    # In an organization of its own: nothing else may be looked at meanwhile.
    page = open_as("manager@island", "/stops/")
    page.keyboard.press("s")
    page.get_by_label("Reason").fill("Fire drill.")
    page.get_by_role("button", name=re.compile("Stop everything")).click()
    try:
        expect(page.get_by_text("Everything was brought to a stand")).to_be_visible()
        page.goto("/runs/")
        expect(page.get_by_text("Everything was brought to a stand")).to_be_visible()
    finally:
        let_go(api("manager@island"), "organization/resume/")
    page.goto("/runs/")
    expect(page.get_by_text("Everything was brought to a stand")).to_be_hidden()
