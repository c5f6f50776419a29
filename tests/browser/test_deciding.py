"""A reviewer's answer is taken once, for what they saw, with their reason."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Api, Open
from tests.browser.pages import asked, start_letter, state


def open_question(open_as: Open, text: str, who: str = "reviewer@harbour") -> Page:
    page = open_as(who, "/approvals/")
    asked(page, text).click()
    expect(page.locator("#pane-title")).to_contain_text(text)
    return page


def test_a_rejected_letter_ends_its_run(open_as: Open, api: Api) -> None:
    run = start_letter(api("manager@harbour"), "All ships may leave")
    page = open_question(open_as, "All ships may leave")
    page.get_by_label("Your decision").fill("They may not.")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Rejected: ")).to_be_visible()
    page.goto(f"/runs/{run}/")
    expect(state(page)).to_have_text("Rejected by a person")


def test_a_rejection_without_a_reason_is_not_taken(open_as: Open, api: Api) -> None:
    start_letter(api("manager@harbour"), "Storm tonight")
    page = open_question(open_as, "Storm tonight")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_label("Your decision")).to_be_focused()
    expect(page.get_by_text("Why? Ctrl and Enter: reject.")).to_be_visible()
    page.keyboard.type(" ")
    page.evaluate("document.querySelector('[value=reject]').removeAttribute('data-needs')")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("alert")).to_contain_text("Please give a reason.")
    expect(asked(page, "Storm tonight")).to_be_visible()


def test_who_edited_a_letter_may_not_approve_it_and_someone_else_may(open_as: Open, api: Api) -> None:
    run = start_letter(api("manager@harbour"), "Bring for ships")
    page = open_question(open_as, "Bring for ships")
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Text", exact=True).fill("Bring four ships")
    page.get_by_label("Why the edit").fill("A slip of the pen.")
    page.get_by_role("button", name="Save the edit").click()
    expect(page.get_by_text("Edited; someone else approves it now")).to_be_visible()

    page.get_by_role("link", name="Team").click()
    asked(page, "Bring four ships").click()
    expect(page.get_by_text("You edited this revision, so someone else must approve it.")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)

    other = open_as("second@harbour", page.url)
    expect(other.locator("#pane")).to_contain_text("Bring four ships")
    expect(other.locator("#pane")).to_contain_text("“A slip of the pen.”")
    other.get_by_role("button", name="Approve").click()
    expect(other.get_by_text("Approved: ")).to_be_visible()
    other.goto(f"/runs/{run}/")
    expect(state(other)).to_have_text("Done")
    expect(other.get_by_role("main")).to_contain_text("text: Bring four ships")


def test_an_answer_to_what_has_changed_is_not_taken_and_what_was_typed_stays(open_as: Open, api: Api) -> None:
    start_letter(api("manager@harbour"), "Tide at six")
    stale = open_question(open_as, "Tide at six")
    stale.get_by_label("Your decision").fill("Six it is.")

    other = open_as("second@harbour", stale.url)
    other.get_by_role("button", name="Edit").click()
    other.get_by_label("Text", exact=True).fill("Tide at seven")
    other.get_by_label("Why the edit").fill("Summer time.")
    other.get_by_role("button", name="Save the edit").click()
    expect(other.get_by_text("Edited; someone else approves it now")).to_be_visible()

    expect(stale.get_by_text("This was edited meanwhile.")).to_be_visible()
    stale.get_by_role("button", name="Approve").click()
    expect(stale.get_by_role("alert")).to_contain_text("you saw revision 1, it is now 2")
    expect(stale.get_by_label("Your decision")).to_have_value("Six it is.")
    expect(stale.locator("#pane")).to_contain_text("Tide at seven")


def test_an_answer_to_what_is_settled_is_not_taken(open_as: Open, api: Api) -> None:
    start_letter(api("manager@harbour"), "Lights out")
    late = open_question(open_as, "Lights out")
    late.get_by_label("Your decision").fill("Keep them on.")
    other = open_as("second@harbour", late.url)
    other.get_by_role("button", name="Approve").click()
    expect(other.get_by_text("Approved: ")).to_be_visible()

    expect(late.get_by_text("This was settled meanwhile")).to_be_visible()
    late.get_by_role("button", name="Reject").click()
    expect(late.get_by_role("alert")).to_contain_text("cannot be decided any more")
    expect(late.get_by_text("“Keep them on.”")).to_be_visible()
