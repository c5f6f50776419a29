"""The demo's world: complete after one seed, left alone by the next, and nothing shared between its organizations."""

from typing import Any

import pytest
from django.contrib.auth import authenticate

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Membership, Organization
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.agents.selectors import agents, roles, tools
from coordination.agents.services import suspend_agent
from coordination.audit.services import verify
from coordination.demo.houses import ACME, GLOBEX
from coordination.demo.seed import seed
from coordination.manifests.applying import apply, load
from coordination.manifests.planning import Action
from coordination.memory.selectors import knowledge_bases
from coordination.policies.selectors import policies
from coordination.policies.services import disable
from coordination.risk.selectors import overdue, registered
from coordination.shared.clock import now
from coordination.workflows.selectors import workflows

pytestmark = pytest.mark.django_db


def organization(slug: str) -> Organization:
    return Organization.objects.get(slug=slug)


def everything_in(slug: str) -> dict[str, set[str]]:
    found: dict[str, Any] = {}
    for rows in (agents, roles, tools, workflows, policies, knowledge_bases):
        found[rows.__name__] = set(rows(organization(slug)).values_list("name", flat=True))
    return found


def test_everyone_can_sign_in_and_do_their_part() -> None:
    seed()
    members = {m.user.username: m for m in Membership.objects.select_related("user", "organization")}
    assert set(members) == {"manager", "reviewer", "lead", "admin", "auditor", "globex-admin"}
    assert all(authenticate(username=name, password="demo") for name in members)
    able = {
        right: {name for name, member in members.items() if may(member, right)}
        for right in (Right.RUN_START, Right.APPROVAL_DECIDE, Right.POLICY_EDIT)
    }
    assert able == {
        Right.RUN_START: {"manager", "globex-admin"},
        Right.APPROVAL_DECIDE: {"reviewer", "lead", "admin", "globex-admin"},
        Right.POLICY_EDIT: {"admin", "globex-admin"},
    }
    assert (members["reviewer"].groups, members["lead"].groups) == (["support"], ["support", "lead"])


def test_the_register_of_risks_names_people_and_agents_that_are_there_and_one_review_is_overdue() -> None:
    seed()
    risks = list(registered(organization("acme")))
    assert {risk.about_kind for risk in risks} == {"agent", "workflow", "organization"}
    assert len(overdue(organization("acme"), now().date())) == 1


def test_everything_is_in_force_and_on_record() -> None:
    seed()
    for slug in ("acme", "globex"):
        assert all(workflow.live for workflow in workflows(organization(slug)))
        assert all(policy.enforced for policy in policies(organization(slug)))
    assert verify().first_bad is None


def test_a_second_seed_keeps_what_people_changed() -> None:
    seed()
    acme = organization("acme")
    suspend_agent(acme, "kb-search", SYSTEM, "under repair")
    disable(policies(acme).get(name="privacy"), SYSTEM)
    seed()
    assert agents(acme).get(name="kb-search").status == "suspended"
    assert policies(acme).get(name="privacy").enforced is None
    assert Membership.objects.count() == 6


def test_the_folder_says_what_is_in_force() -> None:
    seed()
    for house in (ACME, GLOBEX):
        changes = apply(organization(house.slug), load(house.world), SYSTEM, dry_run=True)
        assert {change.action for change in changes} == {Action.UNCHANGED}


def test_two_organizations_share_nothing() -> None:
    seed()
    acme, globex = everything_in("acme"), everything_in("globex")
    assert not {name for kind, names in acme.items() if names & globex[kind] for name in names}
    assert all(globex[kind] for kind in ("agents", "workflows", "policies"))
    assert not (
        set(Membership.objects.filter(organization__slug="acme").values_list("user", flat=True))
        & set(Membership.objects.filter(organization__slug="globex").values_list("user", flat=True))
    )


def test_a_model_writer_joins_when_there_is_a_server(settings: Any) -> None:
    seed()
    assert not agents(organization("acme")).filter(name="writer-llm").exists()
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"
    seed()
    writers = agents(organization("acme"), capability="write.reply").order_by("-priority")
    assert [writer.name for writer in writers] == ["writer-llm", "writer-extractive"]
