"""Nobody sees a button that is not theirs, nor reaches behind it by hand, nor sees another organization."""

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Api, Open, Window
from tests.browser.pages import asked, start_letter

HARBOUR = ("manager", "reviewer", "admin", "auditor")


def send(window: BrowserContext, path: str, **form: str) -> int:
    """Send a form by hand, as someone who knows the address and has a valid CSRF token; return the status."""
    window.request.get("/")
    token = next(cookie["value"] for cookie in window.cookies() if cookie["name"] == "csrftoken")
    answer = window.request.post(path, form={"csrfmiddlewaretoken": token, **form}, max_redirects=0)
    return answer.status


@pytest.fixture(scope="module")
def shared_run(windows: Window) -> str:
    """Start a run for all roles to try their hands at."""
    manager = windows("manager@harbour")
    send(manager, "/runs/new/", **{"workflow": "letter", "input.text": "By hand", "input.to": "you"})
    return str(manager.request.get("/api/v1/runs/").json()["results"][0]["id"])


@pytest.mark.parametrize(
    ("path", "button", "allowed"),
    [
        ("/runs/", "Start a run", {"manager"}),
        ("/runs/{run}/", "Pause", {"manager"}),
        ("/runs/{run}/", "Cancel run", {"manager"}),
        ("/agents/", "New agent", {"admin"}),
        ("/agents/drafter/", "Edit", {"admin"}),
        ("/agents/drafter/", "Suspend", {"manager", "admin"}),
        ("/roles/clerk/", "Edit", {"admin"}),
        ("/workflows/letter/", "Edit", {"admin"}),
        ("/workflows/letter/", "Start a run", {"manager"}),
        ("/triggers/", "New trigger", {"admin"}),
        ("/triggers/leap-day/", "Edit", {"admin"}),
        ("/triggers/leap-day/", "Fire now", {"manager"}),
        ("/budgets/", "Set a budget", {"admin"}),
        ("/policies/letters/", "Edit details", {"admin"}),
        ("/policies/letters/?tab=history", "Stop enforcing", {"admin"}),
    ],
)
def test_a_button_is_there_for_whom_it_is(
    windows: Window, shared_run: str, path: str, button: str, allowed: set[str]
) -> None:
    pages = {role: windows(f"{role}@harbour").request.get(path.format(run=shared_run)).text() for role in HARBOUR}
    shown = {role for role, html in pages.items() if re.search(f">{button}</(a|button)>", html)}
    assert shown == allowed


def test_only_who_is_asked_can_answer(open_as: Open, windows: Window, api: Api) -> None:
    start_letter(api("manager@harbour"), "Who may answer")
    page = open_as("reviewer@harbour", "/approvals/")
    asked(page, "Who may answer").click()
    expect(page.get_by_role("button", name="Approve")).to_be_visible()
    question = page.url.partition("?")[0]
    for role in ("manager", "admin", "auditor"):
        page = open_as(f"{role}@harbour", question)
        expect(page.locator("#pane-title")).to_contain_text("Who may answer")
        expect(page.get_by_role("button", name=re.compile("Approve|Reject|Edit"))).to_have_count(0)
        answer = {"verdict": "approve", "revision": "1", "reason": "mine"}
        assert send(windows(f"{role}@harbour"), f"{question}answer/", **answer) == 403


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("reviewer", "/runs/new/"),
        ("admin", "/runs/new/"),
        ("auditor", "/runs/{run}/pause/"),
        ("reviewer", "/runs/{run}/cancel/"),
        ("manager", "/agents/new/"),
        ("manager", "/agents/drafter/edit/"),
        ("reviewer", "/agents/drafter/suspend/"),
        ("auditor", "/roles/clerk/edit/"),
        ("manager", "/workflows/letter/edit/"),
        ("reviewer", "/workflows/letter/publish/"),
        ("manager", "/triggers/new/"),
        ("auditor", "/triggers/leap-day/pause/"),
        ("admin", "/triggers/leap-day/fire/"),
        ("manager", "/budgets/new/"),
        ("auditor", "/budgets/workflow:letter/lift/"),
        ("manager", "/policies/letters/edit/"),
        ("auditor", "/policies/letters/move/"),
        ("reviewer", "/policies/letters/rules/second-look/"),
        ("manager", "/policies/practice/"),
    ],
)
def test_what_has_no_button_is_refused_by_hand(windows: Window, shared_run: str, role: str, path: str) -> None:
    form = {"workflow": "letter", "input.text": "by hand", "version": "1", "reason": "by hand"}
    assert send(windows(f"{role}@harbour"), path.format(run=shared_run), **form) == 403


def test_a_form_without_its_token_is_refused(windows: Window) -> None:
    form: dict[str, str | float | bool] = {"workflow": "letter", "input.text": "forged", "input.to": "you"}
    assert windows("manager@harbour").request.post("/runs/new/", form=form).status == 403


def test_another_organizations_things_are_not_there(open_as: Open, windows: Window, api: Api) -> None:
    run = start_letter(api("manager@island"), "Nobody's business")
    page = open_as("reviewer@island", "/approvals/")
    asked(page, "Nobody's business").click()
    question = page.url.partition("?")[0]
    record = api("admin@island").get("/api/v1/audit/").json()["results"][0]["id"]
    theirs = [
        f"/runs/{run}/", question, "/agents/hermit/", "/roles/hermits/", "/tools/knock/", "/workflows/hide/",
        "/policies/no-visitors/", f"/audit/{record}/",
    ]  # fmt: skip
    assert [windows("admin@island").request.get(path).status for path in theirs] == [200] * len(theirs)

    for role in HARBOUR:
        mine = windows(f"{role}@harbour")
        assert "Nobody" not in mine.request.get("/runs/").text()
        assert "hermit" not in mine.request.get("/agents/").text()
        expected = [403 if role == "reviewer" and path.startswith("/audit/") else 404 for path in theirs]
        assert [mine.request.get(path).status for path in theirs] == expected

    answer = {"verdict": "approve", "revision": "1", "reason": "mine"}
    assert send(windows("reviewer@harbour"), f"{question}answer/", **answer) == 404
    assert send(windows("manager@harbour"), f"/runs/{run}/cancel/") == 404
    admin = windows("admin@harbour")
    assert send(admin, "/agents/hermit/suspend/", reason="mine") == 404
    assert send(admin, "/workflows/hide/publish/", version="1") == 404
    assert send(admin, "/policies/no-visitors/move/", version="1", act="release") == 404


@pytest.mark.parametrize("path", ["/", "/runs/", "/approvals/", "/agents/", "/audit/"])
def test_a_stranger_is_sent_to_sign_in(window: Window, path: str) -> None:
    answer = window().request.get(path, max_redirects=0)
    assert (answer.status, answer.headers["location"]) == (302, f"/accounts/login/?next={path}")
