"""The queue in the hands of reviewers: two at once, the keyboard alone, a phone, no JavaScript."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import APIRequestContext, Browser, Page, expect

from tests.browser.conftest import Api, House, Open, Window
from tests.browser.pages import asked, eventually, expect_live, has_stayed, start_letter, state, stay
from tests.browser.test_every_page import WIDE, Seen, examine, eye_of

TWENTY = 20
Letter = Callable[[str], str]


@pytest.fixture
def letter(api: Api) -> Iterator[Letter]:
    """Start letters that ask a reviewer; what nobody answers is withdrawn at the end, so that no queue grows long."""
    manager = api("manager@harbour")
    started: list[str] = []

    def write(text: str) -> str:
        started.append(start_letter(manager, text))
        return started[-1]

    yield write
    for run in started:
        manager.post(f"/api/v1/runs/{run}/cancel/", data={"reason": "The test is over."})


def open_question(page: Page, text: str) -> None:
    page.goto(f"/approvals/?q={text}")
    asked(page, text).click()
    expect(page.locator("#pane-title")).to_contain_text(text)
    expect_live(page)


def kinds_of(api: APIRequestContext, page: Page) -> list[tuple[str, str]]:
    """Return who did what about the question that a page shows, as the audit log has it."""
    found = re.search(r"/approvals/([0-9a-f-]{36})/", page.url)
    assert found
    answer = api.get(f"/api/v1/audit/?object=approval:{found[1]}")
    assert answer.status == 200, answer.text()
    return [(one["kind"], one["actor"]) for one in answer.json()["results"]]


def test_of_two_people_one_is_too_late_and_is_told_so(open_as: Open, api: Api, letter: Letter) -> None:
    run = letter("Two at once")
    mine, theirs = open_as("reviewer@harbour", "/approvals/"), open_as("second@harbour", "/approvals/")
    for page in (mine, theirs):
        open_question(page, "Two at once")
    theirs.get_by_label("Your decision").fill("I am against it.")
    stay(theirs)

    mine.get_by_role("button", name="Approve").click()
    expect(mine.get_by_text("Approved: Send “Two at once”")).to_be_visible()
    expect(theirs.get_by_text("reviewer@harbour has just answered this.")).to_be_visible()
    expect(asked(theirs, "Two at once")).to_have_count(0)
    expect(theirs.get_by_text("This was settled meanwhile")).to_be_visible()
    assert has_stayed(theirs)
    expect(theirs.get_by_label("Your decision")).to_have_value("I am against it.")

    address = theirs.url
    theirs.get_by_role("button", name="Reject").click()
    expect(theirs.get_by_role("alert")).to_contain_text("cannot be decided any more")
    expect(theirs.get_by_text("“I am against it.”")).to_be_visible()

    theirs.goto(f"/runs/{run}/")
    expect(state(theirs)).to_have_text("Done")
    theirs.goto(address)
    told = kinds_of(api("auditor@harbour"), theirs)
    assert ("ApprovalDecided", "user:reviewer@harbour") in told
    assert ("ApprovalAnswerRefused", "user:second@harbour") in told


def test_what_was_approved_by_mistake_is_undone_before_anything_happens(open_as: Open, letter: Letter) -> None:
    run = letter("Too quick")
    page = open_as("reviewer@harbour", "/approvals/")
    open_question(page, "Too quick")
    page.keyboard.press("a")
    expect(page.get_by_text("Approved: Send “Too quick”")).to_be_visible()
    expect_live(page)
    page.keyboard.press("u")
    expect(page.get_by_text("Taken back: Send “Too quick”")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_be_visible()
    page.goto(f"/runs/{run}/")
    expect(state(page)).to_have_text("Waiting for a person")


def test_an_answer_counts_although_the_browser_is_gone(window: Window, open_as: Open, letter: Letter) -> None:
    run = letter("Gone at once")
    context = window("reviewer@harbour")
    page = context.new_page()
    open_question(page, "Gone at once")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved: Send “Gone at once”")).to_be_visible()
    context.close()
    manager = open_as("manager@harbour", f"/runs/{run}/")
    expect(state(manager)).to_have_text("Done")


def test_twenty_questions_are_cleared_with_the_keyboard_alone(window: Window, letter: Letter) -> None:
    for n in range(TWENTY):
        letter(f"Clear me {n:02}")
    page = window("reviewer@harbour").new_page()
    page.goto("/approvals/?q=Clear me")
    expect(page.locator("#queue [data-row]")).to_have_count(TWENTY)
    expect_live(page)
    for n in range(TWENTY):
        before = page.locator("#pane-title").inner_text()
        if n % 5 == 4:
            # A refusal asks for its reason first, and takes it from there.
            page.keyboard.press("r")
            expect(page.get_by_label("Your decision")).to_be_focused()
            page.keyboard.type("Not this one.")
            page.keyboard.press("Control+Enter")
        else:
            page.keyboard.press("a")
        expect_answered(page, before)
    expect(page.locator("#queue")).to_contain_text("Nothing fits")


def expect_answered(page: Page, question: str) -> None:
    """Wait until an answer is taken; say it once more where the page finds that it was given in haste."""
    taken = page.locator("#answered .answered-text", has_text=question)
    in_haste = page.get_by_role("button", name="Approve after all")
    expect(taken.or_(in_haste).first).to_be_visible()
    expect_live(page)
    if in_haste.count():
        page.keyboard.press("a")
        expect(taken).to_be_visible()
        expect_live(page)


def test_keys_move_filter_ask_and_delegate(open_as: Open, letter: Letter) -> None:
    for text in ("Key to move", "Key to ask"):
        letter(text)
    page = open_as("reviewer@harbour", "/approvals/")
    expect(asked(page, "Key to move")).to_be_visible()
    expect_live(page)
    page.keyboard.press("/")
    page.keyboard.type("Key to ask")
    page.keyboard.press("Enter")
    expect(page.locator("#queue [data-row]")).to_have_count(1)
    expect_live(page)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#pane-title")).to_contain_text("Key to ask")
    expect_live(page)
    page.keyboard.press("d")
    expect(page.get_by_label("Who else may decide")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    expect(page.get_by_label("Your decision")).to_be_focused()
    page.keyboard.type("To whom does it go?")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Asked back: ")).to_be_visible()


def test_what_arrives_and_goes_disturbs_nobody_who_types_or_chooses(open_as: Open, letter: Letter) -> None:
    for text in ("Stays put one", "Stays put two"):
        letter(text)
    page = open_as("reviewer@harbour", "/approvals/?q=Stays put")
    open_first = page.locator("#queue [data-row]", has_text="Stays put one")
    expect(open_first).to_be_visible()
    open_first.click()
    expect_live(page)
    page.keyboard.press("x")
    chosen = page.get_by_label("Choose Send “Stays put one”")
    expect(chosen).to_be_checked()
    page.get_by_label("Your decision").fill("Half a sen")
    page.keyboard.press("End")
    stay(page)
    letter("Stays put three")
    expect(asked(page, "Stays put three")).to_be_visible()
    page.keyboard.type("tence")
    expect(page.get_by_label("Your decision")).to_have_value("Half a sentence")
    expect(page.get_by_label("Your decision")).to_be_focused()
    expect(chosen).to_be_checked()

    other = open_as("second@harbour", "/approvals/?q=Stays put three")
    other.get_by_role("button", name="Approve").click()
    expect(asked(page, "Stays put three")).to_have_count(0)
    expect(page.get_by_label("Your decision")).to_have_value("Half a sentence")
    assert has_stayed(page)


def test_who_takes_a_question_up_keeps_it_for_a_while(open_as: Open, letter: Letter) -> None:
    letter("Mine for now")
    mine, theirs = open_as("reviewer@harbour", "/approvals/"), open_as("second@harbour", "/approvals/")
    open_question(theirs, "Mine for now")
    open_question(mine, "Mine for now")
    mine.keyboard.press("c")
    expect(mine.get_by_text("You are working on this")).to_be_visible()
    expect(theirs.get_by_text("reviewer@harbour is working on this.")).to_be_visible()
    theirs.get_by_role("button", name="Approve").click()
    expect(theirs.get_by_role("alert")).to_contain_text("reviewer@harbour is working on this request until")
    expect_live(mine)
    mine.keyboard.press("c")
    expect(mine.get_by_role("button", name="Take it")).to_be_visible()


def test_several_are_answered_together_after_some_are_opened(open_as: Open, letter: Letter) -> None:
    for n in range(5):
        letter(f"All alike {n}")
    page = open_as("reviewer@harbour", "/approvals/?q=All alike")
    expect(page.locator("#queue [data-row]")).to_have_count(5)
    expect_live(page)
    for _ in range(5):
        page.keyboard.press("j")
        page.keyboard.press("x")
    page.get_by_role("button", name="Decide the chosen together").click()
    page.wait_for_load_state("load")
    n = page.locator("main .item").count()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{n} questions together")
    opened = 0
    while page.get_by_role("button", name="It belongs with the others").count():
        page.get_by_role("button", name="It belongs with the others").click()
        page.wait_for_load_state("load")
        opened += 1
    assert opened == 3 if n == 5 else opened == 2
    page.get_by_role("button", name=f"Approve all {n}").click()
    expect(page.get_by_text(f"Approved: {n} questions together.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(f"Taken back: {n} answers.")).to_be_visible()


def test_on_a_phone_there_is_one_column_and_no_choosing_of_many(window: Window, letter: Letter) -> None:
    for text in ("By thumb", "By other thumb"):
        letter(text)
    page = window("reviewer@harbour", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
    page.goto("/approvals/?q=thumb")
    expect(asked(page, "By thumb")).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(0)
    expect(page.get_by_role("button", name="Decide the chosen together")).to_have_count(0)
    asked(page, "By thumb").tap()
    expect(page.locator("#pane-title")).to_contain_text("By thumb")
    pane, queue = page.locator("#pane").bounding_box(), page.locator("#queue").bounding_box()
    assert pane
    assert queue
    assert pane["y"] < queue["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Approve").tap()
    expect(page.get_by_text("Approved: Send “By thumb”")).to_be_visible()


def test_without_javascript_everything_is_decided_undone_and_asked(window: Window, letter: Letter) -> None:
    for text in ("No script to undo", "No script to ask"):
        letter(text)
    page = window("reviewer@harbour", java_script_enabled=False).new_page()

    def both_are_there() -> None:
        page.goto("/approvals/?q=No script to")
        expect(page.locator("#queue [data-row]")).to_have_count(2, timeout=1_000)

    eventually(both_are_there)
    asked(page, "No script to undo").click()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved: Send “No script to undo”")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back: Send “No script to undo”")).to_be_visible()

    page.goto("/approvals/?q=No script to ask")
    page.get_by_label("Your decision").fill("Which pilot?")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("Asked back: ")).to_be_visible()
    page.goto("/approvals/?q=No script to undo")
    page.get_by_role("button", name="Take it").click()
    expect(page.get_by_text("You are working on this")).to_be_visible()
    page.get_by_label("Your decision").fill("Not today.")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Rejected: Send “No script to undo”")).to_be_visible()


def test_what_appears_while_people_decide_is_accessible(house: House, browser: Browser, letter: Letter) -> None:
    for n in range(3):
        letter(f"Looked at {n}")
    with eye_of(house, browser, "reviewer@harbour") as eye:
        page = eye.page
        open_question(page, "Looked at 0")
        page.get_by_role("button", name="Edit").click()
        expect(page.get_by_role("button", name="Save the edit")).to_be_visible()
        expect_accessible(page)
        page.goto("/approvals/?q=Looked at")
        page.get_by_role("checkbox").nth(0).check()
        page.get_by_role("checkbox").nth(1).check()
        page.get_by_role("button", name="Decide the chosen together").click()
        expect(page.get_by_role("button", name="It belongs with the others")).to_be_visible()
        expect_accessible(page)
        while page.get_by_role("button", name="It belongs with the others").count():
            with page.expect_navigation():
                page.get_by_role("button", name="It belongs with the others").click()
        expect_accessible(page)
        page.get_by_role("button", name="Approve all 2").click()
        expect(page.get_by_role("button", name="Undo")).to_be_visible()
        # Told again: the answers count before a browser has looked four times.
        page.evaluate("document.getElementById('answered').removeAttribute('hx-trigger')")
        expect_accessible(page)
        assert page.evaluate("window.violated") == []


def expect_accessible(page: Page) -> None:
    """Look at a page in both widths and both themes."""
    expect_live(page)
    seen = Seen(status=200, policy="", inline=[], links=[], places=[])
    examine(page, seen)
    assert (seen.inaccessible, seen.sideways) == ([], [])
    page.set_viewport_size(WIDE)
