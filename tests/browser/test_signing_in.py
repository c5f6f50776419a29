"""Getting in, and out again."""

from playwright.sync_api import expect

from tests.browser.conftest import Window
from tests.browser.pages import sign_in
from tests.browser.seeding import PASSWORD


def test_who_signs_in_gets_to_the_page_they_asked_for(window: Window) -> None:
    page = window().new_page()
    page.goto("/runs/?q=fog")
    sign_in(page, "manager@harbour", PASSWORD)
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    assert page.url.endswith("/runs/?q=fog")


def test_a_wrong_password_is_said_and_the_name_stays(window: Window) -> None:
    page = window().new_page()
    page.goto("/")
    sign_in(page, "manager@harbour", "guessed")
    expect(page.get_by_role("alert")).to_contain_text("password you specified are not correct")
    expect(page.get_by_label("Username or e-mail")).to_have_value("manager@harbour")


def test_a_stranger_cannot_sign_up(window: Window) -> None:
    page = window().new_page()
    page.goto("/accounts/signup/")
    expect(page.get_by_role("heading")).to_contain_text("Sign Up Closed")
    expect(page.get_by_role("textbox")).to_have_count(0)


def test_who_signs_out_is_out_in_every_window(window: Window) -> None:
    context = window()
    page = context.new_page()
    page.goto("/")
    sign_in(page, "reviewer@harbour", PASSWORD)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.get_by_label("account and appearance").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    other = context.new_page()
    other.goto("/runs/")
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
