"""Fill an empty installation with the demo's organizations."""

from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

import yaml
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization, User
from coordination.accounts.services import add_member, create_organization
from coordination.agents.selectors import agents
from coordination.audit.services import add_anchor
from coordination.demo import bias, knowledge, notifications, oversight, queue, reports
from coordination.demo.houses import ACME, HOUSES, PASSWORD, WITH_MODEL, House
from coordination.manifests.applying import apply, load
from coordination.risk.services import register_risk
from coordination.runs.services import set_budget
from coordination.shared.clock import now
from coordination.workflows.selectors import workflows

SEEDER = Actor("system", "demo")
RISKS: Final = Path(__file__).parent / "risks.yaml"


def seed() -> None:
    """Make whatever of the demo is missing; what people have changed since stays as they left it."""
    for house in HOUSES:
        _furnish(house)
    if settings.OPENAI_BASE_URL:
        _add_model_writer(Organization.objects.get(slug=ACME.slug))


@transaction.atomic
def _furnish(house: House) -> None:
    organization = create_organization(house.slug, house.name)
    if workflows(organization).exists():
        return
    for person in house.people:
        User.objects.get_or_create(username=person.username, defaults={"password": _password_hash()})
        add_member(organization, person.username, person.roles, groups=person.groups)
    apply(organization, load(house.world), SEEDER)
    set_budget(organization, "", dict(house.budget), SEEDER)
    _register_risks(organization)
    if house == ACME:
        add_anchor(organization, "file", "demo", SEEDER)
        bias.furnish(organization, SEEDER)
        reports.furnish(organization, SEEDER)
        knowledge.furnish(organization, SEEDER)
        oversight.furnish(organization, SEEDER)
        queue.furnish(organization, SEEDER)
        notifications.furnish(organization, SEEDER)


def _register_risks(organization: Organization) -> None:
    today = now().date()
    for risk in yaml.safe_load(RISKS.read_text(encoding="utf-8")).get(organization.slug, []):
        due = today + timedelta(days=risk.pop("due_in"))
        register_risk(organization, {**risk, "review_on": due.isoformat()}, SEEDER)


@lru_cache
def _password_hash() -> str:
    # One for all: each takes half a second to compute, and this password is no secret.
    return make_password(PASSWORD)


def _add_model_writer(organization: Organization) -> None:
    documents = load(WITH_MODEL)
    present = set(agents(organization).values_list("name", flat=True))
    if not present.issuperset(document.value["metadata"]["name"] for document in documents):
        apply(organization, documents, SEEDER)
