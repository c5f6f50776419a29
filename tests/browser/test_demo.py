"""The world that `make demo` shows, as someone meets it who has just started it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import House, Window, run_in
from tests.browser.pages import MOST_BYTES, expect_live, has_stayed, sign_in, state, stay, weigh

SEED = "from coordination.demo.seed import seed; seed()"
REFUND = (
    "The lamp arrived with a crack in the glass. I don't want another one, please refund the $64.90 for order 70418."
)
AGENTS = ("intent-minilm", "kb-search", "sentiment-blend", "writer-extractive", "privacy-guard", "tone-check")
OpenDemo = Callable[[str, str], Page]


@pytest.fixture
def open_demo(house: House, window: Window) -> OpenDemo:
    """Open a page of the demo in a new window of someone who signs in first."""
    run_in(house.home, "manage.py", "shell", "--verbosity", "0", "-c", SEED)

    def open_page(username: str, path: str) -> Page:
        page = window().new_page()
        page.goto(path)
        sign_in(page, username, "demo")
        return page

    return open_page


def test_a_refund_waits_for_a_reviewer_and_is_paid_once_they_agree(open_demo: OpenDemo) -> None:
    mine = open_demo("manager", "/runs/new/?workflow=customer-support")
    mine.get_by_label("Message").fill(REFUND)
    mine.get_by_label("Order number").fill("70418")
    mine.get_by_role("button", name="Start").click()
    expect(mine.get_by_role("heading", level=1)).to_contain_text("The lamp arrived with a crack")
    stay(mine)
    expect_live(mine)
    expect(state(mine)).to_have_text("Waiting for a person")
    expect(mine.get_by_role("region", name="Waits for a person")).to_contain_text("refund-limits")
    for agent in AGENTS:
        expect(mine.get_by_role("row", name=f"{agent} v1")).to_be_visible()

    theirs = open_demo("reviewer", "/approvals/")
    theirs.locator("#queue [data-row]", has_text="Refund $64.9").click()
    expect(theirs.locator("#pane")).to_contain_text("payments.refund is called once, with exactly these values.")
    # Nobody knows yet how reliable the new agent is: that makes the risk high, and approving needs a reason.
    theirs.get_by_label("Your decision").fill("The photo shows the crack.")
    theirs.get_by_role("button", name="Approve").click()
    # The risk is high, and nobody reads so fast: they are asked once more.
    theirs.get_by_role("button", name="Approve after all").click()
    expect(theirs.get_by_text("Approved: Refund $64.90 to order 70418.")).to_be_visible()

    expect(state(mine)).to_have_text("Done")
    assert has_stayed(mine)
    assert weigh(mine, mine.url) < MOST_BYTES
    assert weigh(mine, "/") < MOST_BYTES
