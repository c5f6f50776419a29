"""Who looks at a page sees what happens, without reloading it."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Api, Open
from tests.browser.pages import asked, expect_live, has_stayed, start_errand, state, stay


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
