"""Passkeys, with an authenticator that Chromium plays: added, used to sign in, and asked for before what matters."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Api, House, Window
from tests.browser.pages import sign_in, start, state
from tests.browser.seeding import PASSWORD

HOME = "/accounts/2fa/"
KEEPER = "keeper@harbour"
VAULT = {
    "apiVersion": "coordination/v1",
    "kind": "Workflow",
    "metadata": {"name": "vault", "title": "Open the vault"},
    "spec": {
        "input": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}},
        "title": "${input.text}",
        "steps": [
            {"id": "ask", "approval": {"title": "Open: ${input.text}?", "role": "reviewer", "min_auth": "webauthn"}}
        ],
    },
}


@pytest.fixture
def named(house: House, window: Window) -> BrowserContext:
    """Open a window that asks for this machine by name: there are no passkeys for numbers."""
    return window(base_url=house.url.replace("127.0.0.1", "localhost"))


def with_device(page: Page, *, verifies: bool = True) -> str:
    """Put a device that holds passkeys into a page, and return what it is called."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": verifies, "automaticPresenceSimulation": True,
    }  # fmt: skip
    return str(devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"])


def add_passkey(page: Page, name: str) -> None:
    """Add a passkey, with the password once more where it is asked for."""
    page.goto("/accounts/2fa/webauthn/add/")
    if page.get_by_label("Password").is_visible():
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes").or_(page.get_by_text(name, exact=True))).to_be_visible()


def remove_passkeys(page: Page) -> None:
    """Leave the person as they were."""
    page.goto(HOME)
    while page.get_by_role("link", name="Remove").count():
        page.get_by_role("link", name="Remove").first.click()
        if page.get_by_label("Password").is_visible():
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Confirm").click()
        page.get_by_role("button", name="Remove").click()
        expect(page.get_by_role("heading", name="Your sign-in")).to_be_visible()


def test_a_passkey_is_added_named_and_signs_in_without_a_name_or_a_password(named: BrowserContext) -> None:
    page = named.new_page()
    with_device(page)
    page.goto("/")
    sign_in(page, KEEPER, PASSWORD)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.get_by_label("account and appearance").click()
    page.get_by_role("link", name="Your sign-in").click()
    expect(page.get_by_text("No passkey yet")).to_be_visible()
    add_passkey(page, "Lamp room")
    expect(page.get_by_role("listitem")).to_have_count(10)
    page.get_by_role("link", name="Go on").click()
    expect(page.get_by_role("cell", name="Lamp room", exact=True)).to_be_visible()
    page.get_by_role("link", name="Rename Lamp room").click()
    page.get_by_label("Name").fill("Lighthouse")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name="Lighthouse", exact=True)).to_be_visible()

    page.get_by_label("account and appearance").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/runs/?q=fog")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    assert page.url.endswith("/runs/?q=fog")
    page.goto(HOME)
    expect(page.get_by_text("You are signed in with a passkey")).to_be_visible()
    remove_passkeys(page)


def test_with_a_passkey_the_password_alone_is_not_enough(named: BrowserContext) -> None:
    page = named.new_page()
    with_device(page)
    page.goto("/")
    sign_in(page, KEEPER, PASSWORD)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    add_passkey(page, "Lamp room")
    named.clear_cookies()
    page.goto("/runs/")
    sign_in(page, KEEPER, PASSWORD)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    remove_passkeys(page)


def test_a_device_that_does_not_ask_who_holds_it_is_not_enough(named: BrowserContext) -> None:
    page = named.new_page()
    with_device(page, verifies=False)
    page.goto("/")
    sign_in(page, KEEPER, PASSWORD)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("No passkey was used. Try again when you are ready.")
    page.goto(HOME)
    expect(page.get_by_text("No passkey yet")).to_be_visible()


def test_what_asks_for_a_passkey_leads_to_it_and_back_and_is_approved_with_it(named: BrowserContext, api: Api) -> None:
    made = api("admin@harbour").put("/api/v1/workflows/vault/", data=VAULT)
    assert made.ok, made.text()
    assert api("admin@harbour").post("/api/v1/workflows/vault/publish/", data={}).ok
    run = start(api("manager@harbour"), "vault", text="the tide is out")
    page = named.new_page()
    with_device(page)
    page.goto("/")
    sign_in(page, KEEPER, PASSWORD)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    add_passkey(page, "Lamp room")
    page.goto("/approvals/")
    page.locator("#queue [data-row]", has_text="the tide is out").click()
    expect(page.locator("#pane-title")).to_contain_text("the tide is out")
    question = page.url.partition("?")[0]
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("alert")).to_contain_text("a passkey")
    page.get_by_role("link", name="Confirm with your passkey").click()
    expect(page.get_by_text("This counts for 10 minutes in this browser")).to_be_visible()
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.locator("#pane-title")).to_contain_text("the tide is out")
    assert page.url.partition("?")[0] == question
    expect(page.get_by_role("link", name="Confirm with your passkey")).to_have_count(0)
    page.get_by_role("button", name="Approve").click()
    page.goto(f"/runs/{run}/")
    expect(state(page)).to_have_text("Done")
    identifier = question.rstrip("/").rpartition("/")[2]
    said = api("auditor@harbour").get(f"/api/v1/approvals/{identifier}/").json()["decisions"]
    assert [(one["actor"], one["verdict"], one["actor_auth"]) for one in said] == [(KEEPER, "approve", "webauthn")]
    remove_passkeys(page)


def test_without_script_the_page_says_what_to_do(house: House, window: Window) -> None:
    page = window(base_url=house.url.replace("127.0.0.1", "localhost"), java_script_enabled=False).new_page()
    page.goto("/accounts/login/")
    expect(page.get_by_text("Passkeys need JavaScript. Without it, sign in with your password")).to_be_visible()
