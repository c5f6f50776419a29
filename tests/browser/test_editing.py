"""Admins change agents, workflows and policies on their pages, and what runs next obeys."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Api, Open
from tests.browser.pages import start_letter, state


def test_a_slip_in_an_agents_form_is_said_beside_the_field_and_corrected(open_as: Open) -> None:
    page = open_as("admin@harbour", "/agents/clumsy/")
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Timeout").fill("soon")
    page.get_by_label("Owner").fill("harbour master")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Timeout")).to_have_attribute("aria-invalid", "true")
    wrong = page.get_by_label("Timeout").get_attribute("aria-describedby") or ""
    expect(page.locator(f"#{wrong.split()[-1]}")).to_be_visible()
    expect(page.get_by_label("Timeout")).to_have_value("soon")
    expect(page.get_by_label("Owner")).to_have_value("harbour master")

    page.get_by_label("Timeout").fill("45s")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("owner harbour master")


def test_a_suspended_agent_is_said_to_be_so_and_comes_back(open_as: Open) -> None:
    page = open_as("admin@harbour", "/agents/clumsy/")
    page.get_by_role("link", name="Suspend").click()
    page.get_by_role("button", name="Suspend").click()
    expect(page.get_by_text("Please give a reason")).to_be_visible()
    page.get_by_label("Reason").fill("It drops things.")
    page.get_by_role("button", name="Suspend").click()
    expect(page.get_by_text("“It drops things.”")).to_be_visible()
    page.get_by_role("link", name="Resume").click()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("link", name="Suspend")).to_be_visible()


def test_a_mistake_in_a_workflow_is_found_while_writing_and_refused_when_saved(open_as: Open) -> None:
    page = open_as("admin@harbour", "/workflows/slip/edit/")
    text = page.get_by_label("Definition").input_value()
    page.get_by_label("Definition").fill(text.replace("name: clumsy", "nome: clumsy"))
    expect(page.get_by_role("alert")).to_contain_text("nome")
    expect(page.get_by_role("alert")).to_contain_text("Did you mean name?")
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"Line \d+, column \d+"))
    expect(page.get_by_role("alert")).to_contain_text("/spec/steps/0/agent")
    line = text[: text.index("name: clumsy")].count("\n") + 1
    page.get_by_role("alert").get_by_role("link", name=re.compile("nome")).click()
    expect(page.get_by_label("Definition")).to_be_focused()
    expect(page.locator("[data-place]")).to_contain_text(f"line {line}, column")
    page.get_by_role("button", name="Save and publish").click()
    expect(page.get_by_role("alert")).to_contain_text("Did you mean name?")
    expect(page.get_by_label("Definition")).to_have_value(text.replace("name: clumsy", "nome: clumsy"))


def test_a_workflow_that_is_published_is_what_new_runs_use(open_as: Open, api: Api) -> None:
    page = open_as("admin@harbour", "/workflows/slip/edit/")
    text = page.get_by_label("Definition").input_value()
    page.get_by_label("Definition").fill(text.replace("name: clumsy", "name: drafter"))
    page.get_by_role("button", name="Save and publish").click()
    expect(page.get_by_text("Version 2 is live")).to_be_visible()
    run = api("manager@harbour").post("/api/v1/runs/", data={"workflow": "slip", "input": {}}).json()["id"]
    page.goto(f"/runs/{run}/")
    expect(state(page)).to_have_text("Done")


def test_the_next_run_obeys_a_policy_that_was_just_enforced(open_as: Open, api: Api) -> None:
    page = open_as("admin@harbour", "/policies/new/")
    page.get_by_label("Name", exact=True).fill("no-secrets")
    page.get_by_label("Key", exact=True).fill("no-treasure")
    page.get_by_label("The rule in one sentence").fill("Nobody writes about the treasure.")
    page.get_by_label("Then", exact=True).select_option("deny")
    page.get_by_label("As CEL").fill('action.nome == "mail.send"')
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("As CEL")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("As CEL").fill('action.name == "mail.send" && action.args.text.contains("treasure")')
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved as draft, version 1.")).to_be_visible()

    before = start_letter(api("manager@harbour"), "The treasure is safe")
    run = open_as("manager@harbour", f"/runs/{before}/")
    expect(state(run)).to_have_text("Waiting for a person")

    page.get_by_role("button", name="Enforce now").click()
    expect(page.get_by_text("Version 1 is enforced")).to_be_visible()
    after = start_letter(api("manager@harbour"), "The treasure is gone")
    run.goto(f"/runs/{after}/")
    expect(state(run)).to_have_text("Stopped by policy")
    expect(run.get_by_role("main")).to_contain_text("Nobody writes about the treasure.")
