"""A small organization behind the API, people who call it, and a worker that the test drives."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Membership, Organization
from coordination.accounts.services import create_token
from coordination.manifests.applying import apply
from coordination.manifests.reading import read
from coordination.runs.models import Run
from tests import acting
from tests.factories import make_member, make_organization
from tests.integration.api.support import ASKING_WORLD, Caller
from tests.working import work_off

ROLES = {"manager": ["manager"], "reviewer": ["reviewer"], "admin": ["admin"], "auditor": ["auditor"]}


@pytest.fixture
def acme(db: None, settings: Any) -> Organization:
    settings.AGENT_MODULES = ["tests.acting"]
    acting.sent.clear()
    organization = make_organization("acme")
    apply(organization, read(ASKING_WORLD), SYSTEM)
    return organization


@pytest.fixture
def globex(db: None) -> Organization:
    return make_organization("globex")


@pytest.fixture
def calls(acme: Organization) -> Callable[..., Caller]:
    """Return a function that makes a caller: a member of acme with a token."""

    def of(name: str, *, organization: Organization = acme, scopes: tuple[str, ...] = ()) -> Caller:
        roles = ROLES.get(name, ["reviewer"])
        member = Membership.objects.filter(organization=organization, user__username=name).first()
        member = member or make_member(organization, name, roles, groups=["support"])
        return Caller(Client(), member, create_token(member, "test", scopes)[1])

    return of


@pytest.fixture
def admin(calls: Callable[..., Caller]) -> Caller:
    return calls("admin")


@pytest.fixture
def manager(calls: Callable[..., Caller]) -> Caller:
    return calls("manager")


@pytest.fixture
def reviewer(calls: Callable[..., Caller]) -> Caller:
    return calls("reviewer")


@pytest.fixture
def auditor(calls: Callable[..., Caller]) -> Caller:
    return calls("auditor")


@pytest.fixture
def work() -> Callable[[str], Run]:
    """Return a function that does everything a run has ready, as a worker would."""

    def done(run_id: str) -> Run:
        return work_off(Run.objects.get(pk=run_id))

    return done
