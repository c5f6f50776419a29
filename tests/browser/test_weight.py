"""A page is light and does not jump."""

import pytest

from tests.browser.conftest import Api, Window
from tests.browser.pages import MOST_BYTES, start_letter, state, weigh

# Less than the font alone would mean that nothing was measured.
LEAST_BYTES = 20 * 1024
STILL = 0.01
WATCH_SHIFTS = """
window.shifted = 0;
new PerformanceObserver(list => list.getEntries().forEach(entry => { window.shifted += entry.value }))
  .observe({type: "layout-shift", buffered: true});
"""


@pytest.mark.parametrize("path", ["/", "/runs/", "/runs/{run}/", "/approvals/", "/agents/", "/policies/", "/audit/"])
def test_an_ordinary_page_stays_light_and_still(window: Window, waiting_run: str, path: str) -> None:
    page = window("manager@harbour").new_page()
    page.add_init_script(WATCH_SHIFTS)
    assert LEAST_BYTES < weigh(page, path.format(run=waiting_run)) < MOST_BYTES
    assert page.evaluate("window.shifted") < STILL


@pytest.fixture
def waiting_run(windows: Window, api: Api) -> str:
    """Return a run that waits for a person, started by the first test that needs it."""
    known = api("manager@harbour").get("/api/v1/runs/?status=waiting").json()["results"]
    if known:
        return str(known[0]["id"])
    run = start_letter(api("manager@harbour"), "As light as a feather")
    page = windows("manager@harbour").new_page()
    page.goto(f"/runs/{run}/")
    state(page).get_by_text("Waiting for a person").wait_for()
    page.close()
    return run
