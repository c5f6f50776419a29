"""Every page that someone can reach by its links keeps the rules that hold for all pages."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Playwright, ViewportSize, expect

from coordination.web.headers import CONTENT_SECURITY_POLICY
from tests.browser.conftest import House, Window, new_window, speak_as
from tests.browser.pages import expect_live, start, start_errand, start_letter, state

# Everyone looks into every room; each role walks through those it has something to do in.
ROOMS = {
    "manager": ("/runs/", "/triggers/"),
    "reviewer": ("/approvals/",),
    "admin": (
        "/agents/",
        "/roles/",
        "/tools/",
        "/workflows/",
        "/triggers/",
        "/budgets/",
        "/policies/",
        "/policy-library/",
        "/decisions/",
        "/risk/",
        "/audit/anchors/",
        "/audit/keeping/",
        "/bias/",
        "/bias-attributes/",
        "/reports/",
        "/people/",
        "/notifications/",
        "/knowledge/",
        "/memory/",
    ),
    "auditor": ("/audit/",),
}
OWN = tuple(
    f"/accounts/{path}/" for path in ("password/change", "2fa", "reauthenticate", "2fa/webauthn/reauthenticate")
)
OUTSIDE = ("/accounts/login/", "/accounts/password/reset/", "/accounts/signup/")
WIDE = ViewportSize(width=1440, height=900)
NARROW = ViewportSize(width=390, height=844)
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
WATCH = """
window.violated = [];
document.addEventListener("securitypolicyviolation",
                          event => window.violated.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
INLINE = """
() => [...document.querySelectorAll("*")].filter(one => one.localName === "style"
    || (one.localName === "script" && !one.src)
    || Element.prototype.getAttributeNames.call(one)  // a form may have a field of that name
      .some(name => name === "style" || name.startsWith("on") || name.startsWith("hx-on")))
  .map(one => one.outerHTML.slice(0, 120))
"""
AXE = """
async (rules) => (await axe.run({runOnly: rules, resultTypes: ["violations"]})).violations
  .flatMap(({id, nodes}) => nodes.map(node => `${id}: ${node.html.slice(0, 160)} ${node.any.map(c => c.message)}`))
"""
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Two pages that are made of the same things need to be examined once.
MADE_OF = """
() => [...new Set([...document.querySelectorAll("main *")].map(one => `${one.localName}.${one.getAttribute("class")}`))]
  .sort().join(" ")
"""
LINKS = """
chosen => [...document.querySelectorAll(chosen)].map(link => new URL(link.getAttribute("href"), location))
  .map(address => address.pathname + address.search)
"""


@dataclass
class Seen:
    """What was found on one page."""

    status: int
    policy: str
    inline: list[str]
    links: list[str]
    places: list[str]
    violations: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    inaccessible: list[str] = field(default_factory=list)
    sideways: list[str] = field(default_factory=list)


Survey = dict[str, Seen]


@pytest.fixture(scope="module")
def survey(house: House, browser: Browser, runs: dict[str, str]) -> Survey:
    """Visit every page that each role is led to, and some that nobody is."""
    survey: Survey = {}
    examined: set[str] = set()
    for role, rooms in ROOMS.items():
        beside = [f"/runs/{run}/" for run in runs.values()] if role == "manager" else []
        acts = ("load/retry", "tide/skip", "tide/override")
        beside += [f"/runs/{runs['Waiting']}/steps/{act}/" for act in acts] if role == "manager" else []
        with eye_of(house, browser, f"{role}@harbour") as eye:
            for path, seen in eye.walk(["/", *beside], rooms, examined):
                survey[f"{role} {path}"] = seen
    with eye_of(house, browser, "manager@harbour") as eye:
        survey |= {f"manager {path}": eye.visit(path, examined) for path in (*OWN, "/nowhere/")}
    with eye_of(house, browser, "") as eye:
        survey |= {f"stranger {path}": eye.visit(path, examined) for path in OUTSIDE}
    return survey


@dataclass
class Eye:
    """One tab of someone who goes from page to page and looks closely."""

    page: Page
    said: list[str] = field(default_factory=list)

    def walk(self, starts: list[str], rooms: tuple[str, ...], examined: set[str]) -> Iterator[tuple[str, Seen]]:
        """Visit some pages, what the navigation leads to, and one page of each kind in some rooms."""
        waiting, shapes = list(starts), {shape_of(path) for path in starts}
        while waiting:
            path = waiting.pop(0)
            seen = self.visit(path, examined)
            yield path, seen
            for link in seen.links:
                if shape_of(link) not in shapes and (link in seen.places or link.startswith(rooms)):
                    shapes.add(shape_of(link))
                    waiting.append(link)

    def visit(self, path: str, examined: set[str]) -> Seen:
        """Look at a page, closely if no page that is made of the same things was examined before."""
        page = self.page
        page.set_viewport_size(WIDE)
        page.emulate_media(color_scheme="light")
        self.said.clear()
        answer = page.goto(path)
        assert answer is not None
        if page.locator("[data-live]").count():
            expect_live(page)
        seen = Seen(
            status=answer.status,
            policy=answer.headers.get("content-security-policy", ""),
            inline=page.evaluate(INLINE),
            links=page.evaluate(LINKS, "a[href^='/']:not([download]), a[href^='?']"),
            places=page.evaluate(LINKS, "nav[aria-label=Main] a"),
        )
        made_of = page.evaluate(MADE_OF)
        if made_of not in examined:
            examined.add(made_of)
            examine(page, seen)
        seen.console = list(self.said)
        seen.violations = page.evaluate("window.violated")
        return seen


@contextmanager
def eye_of(house: House, browser: Browser, who: str) -> Iterator[Eye]:
    """Open a tab that notices violations of the policy and complaints."""
    context = new_window(house, browser, who, reduced_motion="reduce")
    context.add_init_script(WATCH)
    eye = Eye(context.new_page())
    eye.page.on("console", lambda message: eye.said.append(message.text) if message.type == "error" else None)
    eye.page.on("pageerror", lambda error: eye.said.append(str(error)))
    yield eye
    context.close()


def examine(page: Page, seen: Seen) -> None:
    """Look at a page in both widths and both themes."""
    page.evaluate(AXE_SCRIPT)
    look(page, seen, WIDE, "light")
    look(page, seen, NARROW, "dark")


def look(page: Page, seen: Seen, size: ViewportSize, theme: Literal["light", "dark"]) -> None:
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=theme)
    if size is NARROW and (excess := page.evaluate(SIDEWAYS)):
        seen.sideways.append(f"{excess} px")
    seen.inaccessible += [f"{size['width']} {theme}: {problem}" for problem in page.evaluate(AXE, RULES)]
    # What is folded was not examined yet.
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")


def shape_of(link: str) -> str:
    """Return an address without what differs between pages of one kind: names, filters, versions, pages of a list."""
    path, _, query = link.partition("?")
    room = re.sub(
        r"^/([\w-]+)/(?!new/|practice/|checkpoints/|anchors/|keeping/|logs/|export/|verify/|controls/|schedule/|check/|"
        r"register/|calibration/|tables/|portfolio/)"
        r"[^/]+/(?:(steps|rules)/[^/]+/)?",
        lambda found: f"/{found[1]}/*/{f'{found[2]}/*/' if found[2] else ''}",
        path,
    )
    room = re.sub(r"/\d+/$|(?<=/controls)/[^/]+/$", "/*/", room)
    return " ".join([room, *re.findall(r"tab=\w+|show=decided|step=|&at=|check", query)])


@pytest.fixture(scope="module")
def runs(
    house: House, windows: Window, playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Start a run for each state in which a run can be."""
    done = tmp_path_factory.mktemp("errand") / "done"
    manager = speak_as(house, playwright, "manager@harbour")
    started = {
        "Waiting for a person": start_letter(manager, "A page to look at"),
        "Running": start_errand(manager, done),
        "Failed": start(manager, "mishap"),
        "Waiting": start(manager, "voyage"),
    }
    page = windows("manager@harbour").new_page()
    for word, run in started.items():
        page.goto(f"/runs/{run}/")
        expect(state(page)).to_have_text(word)
    page.close()
    yield started
    done.touch()
    manager.dispose()


def test_every_page_is_there(survey: Survey) -> None:
    wrong = {where: seen.status for where, seen in survey.items() if seen.status != expected_status(where)}
    assert wrong == {}


def test_the_links_lead_through_the_whole_house(survey: Survey) -> None:
    visited = {shape_of(where.split()[1]) for where in survey}
    expected = {
        "/", "/runs/", "/runs/new/", "/runs/*/", "/runs/*/ tab=data", "/runs/*/cancel/",
        "/runs/*/ tab=steps step=", "/runs/*/ tab=agents &at=", "/runs/*/signal/",
        "/runs/*/steps/*/skip/", "/runs/*/steps/*/override/", "/runs/*/steps/*/retry/",
        "/approvals/", "/approvals/ show=decided", "/approvals/*/",
        "/agents/", "/agents/new/", "/agents/*/", "/agents/*/edit/", "/agents/*/suspend/",
        "/roles/", "/roles/*/", "/roles/*/edit/", "/tools/", "/tools/*/",
        "/workflows/", "/workflows/new/", "/workflows/*/", "/workflows/*/ step=", "/workflows/*/edit/",
        "/triggers/", "/triggers/new/", "/triggers/*/", "/triggers/*/edit/", "/triggers/*/pause/", "/triggers/*/fire/",
        "/triggers/*/rotate/", "/triggers/*/remove/",
        "/policies/", "/policies/new/", "/policies/practice/", "/policies/*/", "/policies/*/edit/",
        "/policies/*/disable/", "/policies/*/rules/*/", "/policies/*/add-rule/", "/policies/*/ tab=tests",
        "/policies/*/ tab=parameters", "/policies/*/ tab=exceptions", "/policies/*/ tab=diff",
        "/policies/*/ tab=history", "/decisions/", "/decisions/*/",
        "/policy-library/", "/policy-library/*/",
        "/bias/", "/bias/new/", "/bias/*/", "/bias/*/edit/", "/bias/*/remove/", "/bias-attributes/",
        "/knowledge/", "/memory/",
        "/budgets/", "/budgets/new/", "/budgets/*/edit/", "/budgets/*/lift/",
        "/reports/", "/reports/controls/", "/reports/controls/*/", "/reports/schedule/", "/reports/check/",
        "/audit/", "/audit/*/", "/audit/*/ check", "/audit/checkpoints/", "/audit/checkpoints/*/",
        "/audit/anchors/", "/audit/keeping/", "/people/", "/people/new/",
    }  # fmt: skip
    assert expected - visited == set()


def test_no_page_strays_from_the_content_security_policy(survey: Survey) -> None:
    assert {seen.policy for seen in survey.values()} == {CONTENT_SECURITY_POLICY}
    assert {where: seen.violations for where, seen in survey.items() if seen.violations} == {}


def test_no_page_holds_scripts_or_styles_of_its_own(survey: Survey) -> None:
    assert {where: seen.inline for where, seen in survey.items() if seen.inline} == {}


def test_no_page_complains_on_the_console(survey: Survey) -> None:
    assert {where: seen.console for where, seen in survey.items() if seen.console and seen.status == 200} == {}


def test_every_page_is_accessible(survey: Survey) -> None:
    assert {where: seen.inaccessible for where, seen in survey.items() if seen.inaccessible} == {}


@pytest.mark.parametrize(
    ("who", "path", "field", "typed", "button"),
    [
        ("manager@harbour", "/runs/new/?workflow=letter", "Text", "", "Start"),
        ("manager@harbour", "/runs/{Waiting}/steps/tide/override/", "Output", "{", "Give its output"),
        ("manager@harbour", "/runs/{Waiting}/signal/", "Metres", "-1", "Send tide"),
        ("admin@harbour", "/agents/new/", "Timeout optional", "soon", "Save"),
        ("admin@harbour", "/policies/new/", "As CEL", "nothing.known", "Save"),
        ("admin@harbour", "/budgets/new/", "Calls a day optional", "-1", "Set"),
        ("admin@harbour", "/triggers/new/", "Cron expression", "at noon", "Save"),
        ("admin@harbour", "/workflows/letter/edit/", "Definition", "kind: Letter", "Save draft"),
    ],
)
def test_a_form_that_was_refused_is_accessible(
    house: House, browser: Browser, runs: dict[str, str], who: str, path: str, field: str, typed: str, button: str
) -> None:
    with eye_of(house, browser, who) as eye:
        eye.page.goto(path.format(**runs))
        eye.page.get_by_label(field, exact=True).fill(typed)
        with eye.page.expect_navigation():
            eye.page.get_by_role("button", name=button).click()
        expect(eye.page.get_by_role("alert")).to_be_visible()
        seen = Seen(status=422, policy="", inline=[], links=[], places=[])
        examine(eye.page, seen)
        assert (seen.inaccessible, seen.sideways) == ([], [])


def test_what_opens_in_the_frame_is_accessible(window: Window) -> None:
    page = window("manager@harbour", reduced_motion="reduce").new_page()
    page.goto("/agents/")
    page.evaluate(AXE_SCRIPT)
    page.get_by_label("account and appearance").click()
    for theme in ("Light", "Dark"):
        page.get_by_role("button", name=theme).click()
        assert page.evaluate(AXE, RULES) == []
    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate(AXE, RULES) == []


def test_no_page_sticks_out_on_a_phone(survey: Survey) -> None:
    assert {where: seen.sideways for where, seen in survey.items() if seen.sideways} == {}


def expected_status(where: str) -> int:
    return 404 if where.endswith("/nowhere/") else 200
