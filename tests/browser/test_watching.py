"""Who looks at a page sees what happens, without reloading it."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Api, Open
from tests.browser.pages import asked, expect_live, has_stayed, start, start_errand, state, stay


def test_a_manager_watches_a_run_wait_and_end_when_a_reviewer_approves_in_another_window(open_as: Open) -> None:
    mine = open_as("manager@harbour", "/runs/new/?workflow=letter")
    mine.get_by_label("Text", exact=True).fill("Fog until noon")
    mine.get_by_role("button", name="Start").click()
    expect(mine.get_by_role("heading", level=1, name="Fog until noon")).to_be_visible()
    stay(mine)
    expect(state(mine)).to_have_text("Waiting for a person")
    expect_live(mine)

    theirs = open_as("reviewer@harbour", "/approvals/")
    asked(theirs, "Fog until noon").click()
    theirs.get_by_label("Your decision").fill("The pilot should know.")
    theirs.get_by_role("button", name="Approve").click()
    expect(theirs.get_by_text("Approved: ")).to_be_visible()

    expect(state(mine)).to_have_text("Done")
    assert has_stayed(mine)


def test_a_run_that_works_is_seen_to_end(open_as: Open, api: Api, tmp_path: Path) -> None:
    done = tmp_path / "done"
    run = start_errand(api("manager@harbour"), done)
    page = open_as("manager@harbour", f"/runs/{run}/")
    stay(page)
    expect(state(page)).to_have_text("Running")
    expect_live(page)
    done.touch()
    expect(state(page)).to_have_text("Done")
    assert has_stayed(page)


def test_the_slider_leads_back_through_a_run_and_the_page_stays_there(open_as: Open, api: Api, tmp_path: Path) -> None:
    done = tmp_path / "done"
    run = start_errand(api("manager@harbour"), done)
    page = open_as("auditor@harbour", f"/runs/{run}/")
    expect(state(page)).to_have_text("Running")
    expect_live(page)
    stay(page)
    slider = page.get_by_role("slider", name="Moment of the run")
    slider.press("Home")
    expect(page.get_by_text("The run began.").first).to_be_visible()
    expect(page.locator(".page-head").get_by_text("As it was")).to_be_visible()
    done.touch()
    slider.press("ArrowRight")
    expect(page.get_by_text("patient began to work on wait.").first).to_be_visible()
    expect(slider).to_be_focused()
    assert has_stayed(page)
    page.get_by_role("link", name="Back to now").click()
    expect(state(page)).to_have_text("Done")


def test_a_signal_from_the_page_lets_the_run_go_on(open_as: Open, api: Api) -> None:
    run = start(api("manager@harbour"), "voyage")
    watching = open_as("auditor@harbour", f"/runs/{run}/?step=load")
    expect(watching.locator("#tabs").get_by_text("5 items")).to_be_visible()
    expect(watching.get_by_role("link", name="Item 5")).to_be_visible()
    expect(state(watching)).to_have_text("Waiting")
    stay(watching)
    expect_live(watching)
    page = open_as("manager@harbour", f"/runs/{run}/")
    page.get_by_role("link", name="Send the signal").click()
    page.get_by_label("Metres").fill("3.5")
    page.get_by_role("button", name="Send tide").click()
    expect(page.get_by_text("The signal tide was sent.")).to_be_visible()
    expect(state(watching)).to_have_text("Done")
    assert has_stayed(watching)
