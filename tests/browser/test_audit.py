"""The audit log in a browser: it follows what happens, and proves itself without a script."""

from playwright.sync_api import expect

from tests.browser.conftest import Api, Open, Window
from tests.browser.pages import expect_live, has_stayed, start_letter, stay


def test_a_record_appears_and_gets_its_seal_without_a_reload(open_as: Open, api: Api) -> None:
    page = open_as("auditor@harbour", "/audit/?q=lighthouse")
    expect(page.get_by_text("Nothing on record fits")).to_be_visible()
    expect_live(page)
    stay(page)
    run = start_letter(api("manager@harbour"), "The lighthouse is dark")
    row = page.locator("#records tr", has_text="Run started")
    expect(row).to_be_visible()
    expect(row.get_by_text("checkpoint")).to_be_visible()
    assert has_stayed(page)
    row.get_by_role("link", name="Run started").click()
    expect(page.get_by_text("Verified just now")).to_be_visible()
    expect(page.get_by_role("link", name="Open the run")).to_have_attribute("href", f"/runs/{run}/")


def test_records_are_searched_proved_and_taken_along_without_a_script(window: Window, api: Api) -> None:
    start_letter(api("manager@harbour"), "The buoy is adrift")
    page = window("auditor@harbour", java_script_enabled=False).new_page()
    page.goto("/audit/")
    page.get_by_label("Search in what was written").fill("buoy adr")
    page.get_by_role("button", name="Filter").click()
    found = page.locator("#records tr", has_text="Run started")
    expect(found).to_be_visible()
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as taken:
        page.get_by_role("link", name="as NDJSON").click()
    assert "buoy" in taken.value.path().read_text()

    page.get_by_role("navigation", name="Parts of the audit log").get_by_role("link", name="Checkpoints").click()
    page.get_by_role("button", name="Verify everything now").click()
    expect(page.get_by_text("are as they were written")).to_be_visible()
    page.get_by_label("from").fill("1")
    page.get_by_label("to", exact=True).fill("1")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("Goes on from it")).to_be_visible()
