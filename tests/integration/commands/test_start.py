"""`start` and `create_token` as a person or a script types them."""

import io
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.audit.models import AuditEvent
from coordination.management.commands import start
from coordination.manifests.applying import apply
from coordination.manifests.reading import read
from coordination.runs.models import Run
from coordination.runs.services import cancel_run
from tests.factories import make_member, make_organization
from tests.integration.api.support import ASKING_WORLD

INPUT = '{"message": "hello"}'


@pytest.fixture
def acme(db: None) -> Organization:
    organization = make_organization("acme")
    apply(organization, read(ASKING_WORLD), SYSTEM)
    return organization


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out, stderr=io.StringIO())
    return out.getvalue().strip()


def test_start_prints_the_id(acme: Organization) -> None:
    assert Run.objects.get(pk=run("start", "greet", "--input", INPUT)).input == {"message": "hello"}


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Run], object]], None]:
    """Return a function that lets something happen to the run while `start` waits."""

    def happen(what: Callable[[Run], object]) -> None:
        monkeypatch.setattr(start.time, "sleep", lambda _: what(Run.objects.get()))

    return happen


def test_waiting_ends_with_success_only_if_the_run_succeeded(
    acme: Organization, later: Callable[[Callable[[Run], object]], None]
) -> None:
    later(lambda found: Run.objects.filter(pk=found.pk).update(status="succeeded", output={"sent": True}))
    assert run("start", "greet", "--input", INPUT, "--wait") == str(Run.objects.get().pk)


def test_waiting_for_a_run_that_is_cancelled_fails(
    acme: Organization, later: Callable[[Callable[[Run], object]], None]
) -> None:
    later(lambda found: cancel_run(acme, found.pk, SYSTEM, "Enough."))
    with pytest.raises(CommandError, match="The run cancelled: Enough"):
        run("start", "greet", "--input", INPUT, "--wait")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["greet", "--input", "{"], "--input is not JSON"),
        (["greet", "--input", "[]"], "must be a JSON object"),
        (["greet", "--input", '{"message": 1}'], "/input/message"),
        (["nothing"], "no workflow named nothing"),
        (["greet", "--org", "nowhere"], "no organization nowhere"),
    ],
)
def test_what_cannot_start_is_told(acme: Organization, words: list[str], why: str) -> None:
    with pytest.raises(CommandError, match=why):
        run("start", *words)
    assert not Run.objects.exists()


def test_a_token_from_the_command_line_works_and_is_on_record(acme: Organization) -> None:
    make_member(acme, "manager", ["manager"])
    raw = run("create_token", "manager", "--name", "ci", "--scope", "read", "run.start")
    headers = {"Authorization": f"Bearer {raw}"}
    assert Client().get("/api/v1/runs/", headers=headers).status_code == 200
    assert AuditEvent.objects.get(kind="TokenCreated").data["scopes"] == ["read", "run.start"]


def test_a_token_is_in_the_members_own_organization(acme: Organization) -> None:
    globex = make_organization("globex")
    make_member(globex, "globex-admin", ["admin"])
    headers = {"Authorization": f"Bearer {run('create_token', 'globex-admin')}"}
    assert Client().get("/api/v1/agents/", headers=headers).json()["results"] == []


def test_a_token_for_a_stranger_is_refused(acme: Organization) -> None:
    with pytest.raises(CommandError, match="nobody is not a member"):
        run("create_token", "nobody")
