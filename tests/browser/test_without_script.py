"""Everything that matters can be done with JavaScript off."""

from playwright.sync_api import expect

from tests.browser.conftest import Window
from tests.browser.pages import asked, eventually, sign_in, state
from tests.browser.seeding import PASSWORD


def test_a_run_is_started_and_approved(window: Window) -> None:
    mine = window(java_script_enabled=False).new_page()
    mine.goto("/runs/new/?workflow=letter")
    sign_in(mine, "manager@harbour", PASSWORD)
    mine.get_by_label("Text", exact=True).fill("No script needed")
    mine.get_by_role("button", name="Start").click()
    expect(mine.get_by_role("heading", level=1, name="No script needed")).to_be_visible()

    theirs = window("reviewer@harbour", java_script_enabled=False).new_page()

    def the_question_is_there() -> None:
        theirs.goto("/approvals/")
        expect(asked(theirs, "No script needed")).to_be_visible(timeout=1_000)

    eventually(the_question_is_there)
    asked(theirs, "No script needed").click()
    theirs.get_by_role("button", name="Approve").click()
    expect(theirs.get_by_text("Approved: ")).to_be_visible()

    def it_is_done() -> None:
        mine.reload()
        expect(state(mine)).to_have_text("Done", timeout=1_000)

    eventually(it_is_done)
