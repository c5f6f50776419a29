"""Everything that matters can be done with JavaScript off."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Api, Window
from tests.browser.pages import asked, eventually, sign_in, start, state
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


def test_a_run_is_steered_and_looked_back_at(window: Window, api: Api) -> None:
    run = start(api("manager@harbour"), "voyage")
    page = window("manager@harbour", java_script_enabled=False).new_page()

    def it_waits() -> None:
        page.goto(f"/runs/{run}/?step=tide")
        expect(state(page)).to_have_text("Waiting", timeout=1_000)

    eventually(it_waits)
    page.get_by_role("link", name="Give its output").click()
    page.get_by_label("Output").fill('{"metres": }')
    page.get_by_label("Reason").fill("Seen from the pier.")
    page.get_by_role("button", name="Give its output").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not valid JSON")
    expect(page.get_by_label("Reason")).to_have_value("Seen from the pier.")
    page.get_by_label("Output").fill('{"metres": 2.5}')
    page.get_by_role("button", name="Give its output").click()
    expect(page.get_by_text("The run goes on with this output.")).to_be_visible()

    page.get_by_role("link", name="Replay").click()
    expect(page.get_by_text("The run began.").first).to_be_visible()
    page.get_by_role("link", name="One record on").click()
    page.get_by_role("button", name="Show this moment").click()
    expect(page.get_by_text("record 2 of").first).to_be_visible()


def test_a_rule_is_written_in_rows(window: Window) -> None:
    page = window("admin@harbour", java_script_enabled=False).new_page()
    page.goto("/policies/letters/rules/second-look/")
    page.get_by_role("button", name="condition", exact=True).click()
    row = page.get_by_role("group", name="Condition 2")
    row.get_by_label("Fact").fill("agent.role")
    row.get_by_label("Value").fill("clerk")
    page.get_by_role("button", name="Check", exact=True).last.click()
    expect(page.get_by_label("As CEL")).to_have_value('action.name == "mail.send" &&\nagent.role == "clerk"')
    page.get_by_label("As CEL").fill('action.name == "mail.send" && agent.rol == "clerk"')
    page.get_by_role("button", name="Check", exact=True).last.click()
    expect(page.get_by_role("alert")).to_contain_text("Line 1, column 31: unknown name agent.rol.")
    page.get_by_role("button", name="agent.role", exact=True).click()
    expect(page.get_by_role("group", name="Condition 2").get_by_label("Fact")).to_have_value("agent.role")
    expect(page.locator(".fired")).to_contain_text(re.compile("ould have fired|Nothing that it speaks about"))
