"""A rule is written as a sentence, as rows and as CEL at once, and its way to enforcement is walked on its page."""

import re
from collections.abc import Iterator
from typing import Any
from zlib import crc32

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Api, Open
from tests.browser.pages import expect_live, has_stayed, start_letter, stay

RULE = {
    "key": "long-letters",
    "statement": "Letters by a novice are read first.",
    "when": 'action.name == "mail.send" && agent.authority < params.least',
    "effect": "require_approval",
    "approval": {"role": "reviewer"},
    "params": {"least": {"type": "int", "value": 2, "title": "Least authority"}},
    "tests": [
        {"title": "novice", "given": {"action.name": "mail.send", "agent.authority": 1}, "expected": True},
        {"title": "master", "given": {"action.name": "mail.send", "agent.authority": 9}, "expected": False},
    ],
}


@pytest.fixture
def policy(api: Api, request: pytest.FixtureRequest) -> str:
    """Write a policy, and return its name."""
    name = f"novices-{crc32(request.node.name.encode())}"
    manifest: dict[str, Any] = {"kind": "Policy", "metadata": {"name": name}, "spec": {"rules": [RULE]}}
    answer = api("admin@harbour").post("/api/v1/policies/", data={"apiVersion": "coordination/v1", **manifest})
    assert answer.status == 201, answer.text()
    return name


@pytest.fixture
def editor(open_as: Open, policy: str) -> Iterator[Page]:
    """Open the rule in the editor; nothing in it may load the page again."""
    page = open_as("admin@harbour", f"/policies/{policy}/rules/long-letters/")
    expect_live(page)
    stay(page)
    yield page
    assert has_stayed(page)


def row(page: Page, number: int) -> Any:
    return page.get_by_role("group", name=f"Condition {number}")


def cel(page: Page) -> Any:
    return page.get_by_label("As CEL")


def test_rows_cel_and_sentence_follow_each_other_while_one_types(editor: Page) -> None:
    expect(cel(editor)).to_have_value('action.name == "mail.send" &&\nagent.authority < params.least')
    row(editor, 2).get_by_label("Operator").select_option("is at most")
    expect(cel(editor)).to_have_value(re.compile(r"agent\.authority <= params\.least$"))
    expect(editor.get_by_text("The rows say: When the action is mail.send")).to_contain_text("is at most 2")

    cel(editor).focus()
    editor.keyboard.press("Control+End")
    editor.keyboard.type(' &&\naction.args.to == "the pilot"', delay=15)
    expect(row(editor, 3).get_by_label("Value")).to_have_value('"the pilot"')
    expect(cel(editor)).to_be_focused()
    expect(cel(editor)).to_have_value(re.compile('the pilot"$'))
    expect(editor.locator(".cel-numbers")).to_have_text("1\n2\n3")

    cel(editor).fill("agent.authority > 5")
    expect(row(editor, 1).get_by_label("Operator")).to_have_value("is above")
    editor.get_by_role("button", name="Say it like this").click()
    statement = editor.get_by_label("The rule in one sentence")
    expect(statement).to_have_value("When the agent’s authority is above 5, then a reviewer must agree.")
    statement.fill("When the agent’s authority is below 3 and the agent is drafter, then a reviewer must agree.")
    expect(cel(editor)).to_have_value('agent.authority < 3 &&\nagent.name == "drafter"')


def test_a_parameter_is_changed_in_its_row(editor: Page) -> None:
    row(editor, 2).get_by_label("Value of least").fill("4")
    parameter = editor.get_by_role("group", name="Parameter 1")
    expect(parameter.get_by_label("Value")).to_have_value("4")
    expect(cel(editor)).to_have_value(re.compile(r"params\.least$"))


def test_a_slip_is_underlined_and_corrected_by_a_click(editor: Page) -> None:
    cel(editor).fill('action.name == "mail.send" &&\nagent.authoriti < 3')
    wrong = editor.locator(".cel-wrong")
    expect(wrong).to_contain_text("Line 2, column 1: unknown name agent.authoriti. Did you mean agent.authority?")
    expect(editor.locator(".cel-marks u")).to_have_text("agent.authoriti")
    wrong.get_by_role("link").click()
    expect(cel(editor)).to_be_focused()
    assert cel(editor).evaluate("one => one.value.slice(one.selectionStart)") == "agent.authoriti < 3"
    wrong.get_by_role("button", name="agent.authority").click()
    expect(cel(editor)).to_have_value('action.name == "mail.send" &&\nagent.authority < 3')
    expect(editor.locator(".fired")).to_be_visible()


def test_what_another_admin_saved_meanwhile_is_said_and_not_overwritten(editor: Page, open_as: Open) -> None:
    other = open_as("admin@harbour", editor.url)
    row(other, 2).get_by_label("Value of least").fill("7")
    other.get_by_role("button", name="Save draft").click()
    expect(other.get_by_text("Saved as draft, version 2.")).to_be_visible()
    row(editor, 2).get_by_label("Value of least").fill("3")
    expect(editor.get_by_role("alert")).to_contain_text("saved version 2 after you opened version 1")


def test_a_draft_is_validated_backtested_and_enforced_on_its_page(open_as: Open, api: Api, policy: str) -> None:
    start_letter(api("manager@harbour"), "Something to look back at")
    page = open_as("admin@harbour", f"/policies/{policy}/")
    expect_live(page)
    page.get_by_role("button", name="Validate").click()
    expect(page.get_by_text("Validated · 2 tests pass")).to_be_visible()
    page.get_by_role("button", name="Run the backtest").click()
    # The report appears by itself.
    expect(page.get_by_role("columnheader", name="today ↓ v1 →")).to_be_visible()
    expect(page.get_by_text("Nothing that was stopped would now pass.")).to_be_visible()
    page.get_by_role("button", name="Enforce now").click()
    expect(page.get_by_text("v1 enforced")).to_be_visible()


def test_a_decision_is_found_and_explained(open_as: Open, api: Api) -> None:
    run = start_letter(api("manager@harbour"), "Explain this")
    page = open_as("manager@harbour", f"/runs/{run}/?tab=decisions")
    page.get_by_text("release mail.send").first.click()
    page.get_by_role("link", name="rule by rule").last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("mail.send")
    expect(page.get_by_role("row", name=re.compile("second-look letters v1"))).to_contain_text("holds")
    page.goto("/decisions/")
    page.get_by_label("Outcome").select_option("require_approval")
    expect(page).to_have_url(re.compile("outcome=require_approval"))
    page.get_by_label("Search decisions").fill("every letter")
    expect(page).to_have_url(re.compile("q=every"))
    expect(page.locator("#decisions [data-row]").first).to_contain_text("mail.send")
