"""Fill the installation that the browser tests look at, and print how its people get in.

A program of its own: it runs in that installation's environment.
"""

import json
import sys
from pathlib import Path

import django

django.setup()

from django.test import Client  # noqa: E402  (after set-up)

from coordination.accounts.actors import SYSTEM  # noqa: E402
from coordination.accounts.services import add_member, create_organization, create_token  # noqa: E402
from coordination.approvals.services import set_part  # noqa: E402
from coordination.demo.bias import furnish as furnish_monitor  # noqa: E402
from coordination.manifests.applying import apply, load  # noqa: E402
from coordination.risk.services import register_risk  # noqa: E402
from coordination.runs.services import set_budget  # noqa: E402
from coordination.triggers.services import save_trigger  # noqa: E402

WORLD = Path(__file__).with_name("world.yaml")
ISLANDS = Path(__file__).with_name("island.yaml")
# Neither fires by itself while the tests look.
TRIGGERS = (
    {"name": "arrivals", "kind": "webhook", "workflow": "letter", "input": {"text": "${event.body.ship}"}},
    {"name": "leap-day", "kind": "cron", "spec": {"cron": "0 7 29 2 *"}, "workflow": "letter", "input": {"text": "Ho"}},
)
PASSWORD = "a harbour at night"
HARBOUR = {
    "manager@harbour": ["manager"],
    "reviewer@harbour": ["reviewer"],
    "second@harbour": ["reviewer"],
    "keeper@harbour": ["reviewer"],
    "admin@harbour": ["admin"],
    "auditor@harbour": ["auditor"],
}
ISLAND = {"manager@island": ["manager"], "reviewer@island": ["reviewer"], "admin@island": ["admin"]}
RISK = {
    "about_kind": "workflow", "about_name": "letter", "title": "A letter goes to the wrong ship", "likelihood": 3,
    "impact": 3, "residual_likelihood": 2, "residual_impact": 2, "review_on": "2026-01-31",
    "frequency": {"low": 0, "likely": 2, "high": 9}, "magnitude": {"low": 5, "likely": 20, "high": 400},
}  # fmt: skip
# Only these sign in through the form: each password takes half a second to compute.
WITH_PASSWORD = ("manager@harbour", "reviewer@harbour", "keeper@harbour")


def furnish(slug: str, people: dict[str, list[str]], *worlds: Path) -> dict[str, dict[str, str]]:
    """Make an organization with its people, and return each one's session and API token."""
    organization = create_organization(slug, f"{slug.title()} Office")
    for world in worlds:
        apply(organization, load(world), SYSTEM)
    # Tests ask more of people than anybody should: no agent is paused for it, and the queue is not shared out.
    set_part(organization, "flood", {"requests": 10_000}, SYSTEM)
    set_part(organization, "load", {"open": 1_000, "decisions_per_hour": 1_000}, SYSTEM)
    set_budget(organization, "letter", {"calls": 100_000}, SYSTEM)
    for trigger in TRIGGERS:
        save_trigger(organization, trigger, SYSTEM)
    furnish_monitor(organization, SYSTEM)
    keys = {}
    for username, roles in people.items():
        password = PASSWORD if username in WITH_PASSWORD else ""
        member = add_member(organization, username, roles, password=password)
        browser = Client()
        browser.force_login(member.user)
        keys[username] = {
            "session": browser.cookies["sessionid"].value,
            "token": create_token(member, "browser tests")[1],
        }
    register_risk(organization, {**RISK, "owner": next(iter(people))}, SYSTEM)
    return keys


if __name__ == "__main__":
    json.dump(furnish("harbour", HARBOUR, WORLD) | furnish("island", ISLAND, WORLD, ISLANDS), sys.stdout)
