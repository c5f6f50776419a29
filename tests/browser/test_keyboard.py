"""A reviewer needs no mouse."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Api, Open, Window
from tests.browser.pages import asked, expect_live, start_letter, state
from tests.browser.seeding import PASSWORD


def test_signing_in_choosing_and_approving(window: Window, open_as: Open, api: Api) -> None:
    runs = {text: start_letter(api("manager@harbour"), text) for text in ("First by key", "Second by key")}
    page = window().new_page()
    page.goto("/approvals/")
    expect(page.get_by_label("Username or e-mail")).to_be_focused()
    page.keyboard.type("reviewer@harbour")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    expect(asked(page, "Second by key")).to_be_visible()
    expect(asked(page, "First by key")).to_be_visible()
    move_to(page, "Second by key")
    page.keyboard.press("Enter")
    expect(page.locator("#pane-title")).to_contain_text("Second by key")
    tab_to(page, "reason")
    page.keyboard.type("Seen without a mouse.")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.get_by_text("Approved: Send “Second by key”")).to_be_visible()
    expect(asked(page, "First by key")).to_be_visible()

    manager = open_as("manager@harbour", f"/runs/{runs['Second by key']}/")
    expect(state(manager)).to_have_text("Done")


def move_to(page: Page, text: str) -> None:
    """Go down with j, and up again with k, until the row of a letter has the focus."""
    # A key that is pressed before the scripts are there is lost.
    expect_live(page)
    for key in "jk":
        for _ in range(page.locator("#queue [data-row]").count()):
            page.keyboard.press(key)
            # Read at once: the queue may be read again at any moment, and waiting would look at another one.
            if text in page.evaluate(
                "document.activeElement.matches('[data-row]') ? document.activeElement.textContent : ''"
            ):
                return
    raise AssertionError(f"j and k never reached {text!r}")


def tab_to(page: Page, identifier: str) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == identifier:
            return
    raise AssertionError(f"Tab never reached #{identifier}")


def test_the_first_stop_leads_past_the_navigation(open_as: Open) -> None:
    page = open_as("manager@harbour", "/runs/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    assert page.url.endswith("#main")


def test_a_question_mark_shows_the_keys_and_escape_hides_them(open_as: Open) -> None:
    page = open_as("manager@harbour", "/runs/")
    expect_live(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()


def test_keys_can_be_switched_off(window: Window) -> None:
    page = window("manager@harbour").new_page()
    page.goto("/runs/")
    expect_live(page)
    page.keyboard.press("?")
    page.get_by_label("Use single-key shortcuts on this device").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()
