"""What happens reaches people on whatever page they are, and what others have settled asks nobody any more."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Api, Open
from tests.browser.pages import asked, expect_live, has_stayed, start_letter, stay

UNREAD = re.compile(r"unread")


def test_a_question_appears_in_the_inbox_without_reload_and_goes_when_another_decides(open_as: Open, api: Api) -> None:
    mine = open_as("reviewer@harbour", "/notifications/")
    expect_live(mine)
    stay(mine)
    start_letter(api("manager@harbour"), "Ice in the roads")
    question = mine.get_by_role("listitem").filter(has_text="Ice in the roads")
    expect(question).to_contain_text("Waits for your decision")
    expect(mine.get_by_role("link", name=UNREAD)).to_be_visible()

    theirs = open_as("second@harbour", "/approvals/?show=team")
    asked(theirs, "Ice in the roads").click()
    theirs.get_by_label("Your decision").fill("Boats must know.")
    theirs.get_by_role("button", name="Approve").click()

    expect(question).to_have_count(0)
    assert has_stayed(mine)
    mine.get_by_role("link", name="All", exact=True).click()
    settled = mine.get_by_role("listitem").filter(has_text="Ice in the roads")
    expect(settled).to_contain_text("approved by second@harbour")


def test_opening_an_item_leads_to_what_it_is_about_and_marks_it_read(open_as: Open, api: Api) -> None:
    start_letter(api("manager@harbour"), "A whale at the pier")
    mine = open_as("reviewer@harbour", "/notifications/")
    mine.get_by_role("button", name=re.compile("A whale at the pier.*unread")).click()
    expect(mine).to_have_url(re.compile("/approvals/"))
    mine.goto("/notifications/")
    expect(mine.get_by_role("listitem").filter(has_text="A whale at the pier")).to_have_count(0)
