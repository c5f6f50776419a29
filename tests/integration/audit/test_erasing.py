"""A person can be forgotten: their values are gone from everything, and every proof still holds."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.approvals.models import ApprovalRequest
from coordination.audit import selectors
from coordination.audit.errors import PersonalKeyUnreadable, SubjectAtWork, SubjectHeld, SubjectUnknown
from coordination.audit.models import AuditDisclosure, AuditEvent, AuditSubject
from coordination.audit.services import disclose, place_hold, prove, verify
from coordination.engine.proof.personal import ERASED, Opening, is_commitment
from coordination.manifests.applying import apply
from coordination.manifests.reading import read
from coordination.memory.services import remember
from coordination.runs.models import Run
from coordination.runs.selectors import run_at
from coordination.runs.services import cancel_run, erase_person, start_run
from tests.factories import make_member, make_organization
from tests.sealing import seal_all
from tests.working import work_off

MAIL, NAME = "mia.sorensen@example.com", "Mia Sorensen-Voss"
BASIS = "GDPR Art. 17(1)(b): consent withdrawn"
WORLD = """
apiVersion: coordination/v1
kind: Role
metadata: {name: helper}
spec: {capabilities: [work], tools: [send]}
---
apiVersion: coordination/v1
kind: Tool
metadata: {name: send}
spec: {adapter: {python: tests.acting.send}, input: {type: object}, effect: write}
---
apiVersion: coordination/v1
kind: Agent
metadata: {name: echo}
spec: {role: helper, capabilities: [work], adapter: {python: tests.acting.echo}}
---
apiVersion: coordination/v1
kind: Policy
metadata: {name: polite}
spec:
  rules:
    - {key: long, title: Long, statement: A long mail is noted., when: "size(action.args.text) > 3", effect: warn,
       hooks: [action]}
---
apiVersion: coordination/v1
kind: Workflow
metadata: {name: inner}
spec:
  input: {type: object}
  steps:
    - {id: again, agent: {capability: work}, input: {message: "${input.text}"}}
---
apiVersion: coordination/v1
kind: Workflow
metadata: {name: help}
spec:
  title: "Help ${input.name}"
  input:
    type: object
    properties:
      mail: {type: string, x-data-subject: true}
      name: {type: string, x-personal: true}
      topic: {type: string}
  steps:
    - {id: read, agent: {capability: work}, input: {message: "Dear ${input.name}"}}
    - {id: deeper, needs: [read], workflow: {name: inner, input: {text: "${input.mail}"}}}
    - {id: write, needs: [deeper], action: {tool: send, args: {text: "To ${input.name}"}}}
    - id: look
      needs: [write]
      approval: {role: reviewer, title: "Write to ${input.name}?", show: {to: "${input.mail}"}}
---
apiVersion: coordination/v1
kind: Workflow
metadata: {name: plain}
spec:
  input: {type: object}
  steps:
    - {id: read, agent: {capability: work}, input: {message: "${input.topic}"}}
"""
ADMIN = Actor("user", "admin")


def world() -> Organization:
    organization = make_organization()
    make_member(organization, "reviewer")
    apply(organization, read(WORLD), Actor("system", "coordination"))
    return organization


@pytest.fixture(autouse=True)
def agents_of_the_tests(settings: Any) -> None:
    settings.AGENT_MODULES = ["tests.acting"]


@pytest.fixture
def acme(db: None) -> Organization:
    return world()


def helped(organization: Organization, mail: str = MAIL, name: str = NAME) -> Run:
    value = {"mail": mail, "name": name, "topic": "refund"}
    return work_off(start_run(organization, "help", value, actor=ADMIN))


def ended(organization: Organization) -> Run:
    run = helped(organization)
    cancel_run(organization, run.pk, actor=ADMIN)
    work_off(run)
    return run


def bodies(organization: Organization) -> str:
    return "\n".join(AuditEvent.objects.filter(organization=organization).values_list("body", flat=True))


def person(organization: Organization, name: str = MAIL) -> AuditSubject:
    found = selectors.subject_named(organization, name)
    assert found
    return found


def test_personal_values_enter_records_only_as_commitments(acme: Organization) -> None:
    run = helped(acme)
    assert ApprovalRequest.objects.filter(organization=acme, subject__startswith=f"run:{run.pk}").exists()
    said = bodies(acme)
    assert "refund" in said
    assert MAIL not in said
    assert NAME not in said
    started = selectors.history(acme, f"run:{run.pk}").get(kind="RunStarted")
    assert is_commitment(started.data["input"]["name"])
    assert verify(acme).findings == ()


def test_a_run_within_a_run_tells_about_the_same_person(acme: Organization) -> None:
    run = helped(acme)
    child = Run.objects.get(parent=run)
    assert selectors.subject_in(acme.pk, f"run:{child.pk}") == person(acme)


def test_whoever_may_see_a_run_reads_its_records_with_the_values(acme: Organization) -> None:
    run = helped(acme)
    told = selectors.uncovered(selectors.history(acme, f"run:{run.pk}"))
    assert told[0].data["input"]["name"] == NAME


def test_a_run_about_a_person_can_be_replayed(acme: Organization) -> None:
    run = helped(acme)
    past = run_at(run, 10_000)
    assert past.gap is None
    assert past.step("read").output == run.steps.get(key="read").output


def test_two_runs_about_one_person_have_one_key(acme: Organization) -> None:
    helped(acme)
    helped(acme, mail=f" {MAIL.upper()} ")
    assert AuditSubject.objects.filter(organization=acme).count() == 1


def test_what_is_erased_is_gone_from_a_dump_and_its_proofs_hold(transactional_db: None) -> None:
    organization = world()
    run = helped(organization)
    remember(organization, key="note", value={"who": NAME}, writer="echo", run_id=run.pk)
    cancel_run(organization, run.pk, actor=ADMIN)
    work_off(run)
    seal_all()
    before = selectors.history(organization, f"run:{run.pk}").get(kind="RunStarted")
    assert NAME in dump()
    secrets = [one.text() for one in selectors.openings([before.pk])[before.pk]]

    erase_person(organization, person(organization), BASIS, ADMIN)

    after = dump()
    for gone in (MAIL, NAME, "Sorensen", *secrets):
        assert gone not in after
    assert AuditSubject.objects.get().key_sealed is None
    proof = prove(before)
    assert proof.problem == ""
    seal_all()
    assert verify(organization).findings == ()


def test_an_erasure_is_on_record_without_the_person(acme: Organization) -> None:
    ended(acme)
    erase_person(acme, person(acme), BASIS, ADMIN)
    record = AuditEvent.objects.get(organization=acme, kind="PersonalDataErased")
    assert record.data["basis"] == BASIS
    assert "/data/input/name" in record.data["paths"]
    assert record.data["beside"]["runs"] == 2
    assert MAIL not in record.body


def test_pages_and_replays_of_an_erased_run_say_so(acme: Organization) -> None:
    run = ended(acme)
    erase_person(acme, person(acme), BASIS, ADMIN)
    run.refresh_from_db()
    assert run.title == f"Help {ERASED}"
    assert run.input == {"mail": ERASED, "name": ERASED, "topic": "refund"}
    told = selectors.uncovered(selectors.history(acme, f"run:{run.pk}"))
    assert told[0].data["input"]["name"] == ERASED
    assert run_at(run, 10_000).gap is not None


def test_another_person_is_left_alone(acme: Organization) -> None:
    ended(acme)
    other = helped(acme, "bo@example.com", "Bo Nilsson-Berg")
    cancel_run(acme, other.pk, actor=ADMIN)
    work_off(other)
    erase_person(acme, person(acme), BASIS, ADMIN)
    other.refresh_from_db()
    assert other.input["name"] == "Bo Nilsson-Berg"
    assert selectors.subject_named(acme, "bo@example.com")


def test_whoever_comes_back_after_an_erasure_is_a_new_person(acme: Organization) -> None:
    ended(acme)
    erased = person(acme)
    erase_person(acme, erased, BASIS, ADMIN)
    assert selectors.subject_named(acme, MAIL) is None
    helped(acme)
    assert person(acme) != erased


def test_a_run_that_goes_on_is_not_erased_under_its_workers(acme: Organization) -> None:
    helped(acme)
    with pytest.raises(SubjectAtWork):
        erase_person(acme, person(acme), BASIS, ADMIN)


@pytest.mark.parametrize("scope", ["organization", "stream", "subject"])
def test_a_hold_forbids_an_erasure(acme: Organization, scope: str) -> None:
    run = ended(acme)
    value = {"organization": "", "stream": f"run:{run.pk}", "subject": str(person(acme).pk)}[scope]
    place_hold(acme, scope, value, "Court order 12", ADMIN)
    with pytest.raises(SubjectHeld, match="Court order 12"):
        erase_person(acme, person(acme), BASIS, ADMIN)


def test_a_person_is_erased_once(acme: Organization) -> None:
    ended(acme)
    subject = person(acme)
    erase_person(acme, subject, BASIS, ADMIN)
    with pytest.raises(SubjectUnknown):
        erase_person(acme, subject, BASIS, ADMIN)


def test_another_organization_cannot_erase(acme: Organization) -> None:
    ended(acme)
    with pytest.raises(SubjectUnknown):
        erase_person(make_organization("globex"), person(acme), BASIS, ADMIN)


def test_chosen_values_can_be_shown_to_an_auditor_who_checks_them_against_the_record(acme: Organization) -> None:
    run = helped(acme)
    started = selectors.history(acme, f"run:{run.pk}").get(kind="RunStarted")
    [shown] = disclose(started, ["/data/input/name"], "inquiry 7", ADMIN)
    received = Opening.of(shown.text())
    assert received.value == NAME
    assert {"commitment": received.commitment()} == started.data["input"]["name"]
    assert AuditEvent.objects.get(kind="PersonalDataDisclosed").data["reason"] == "inquiry 7"


def test_without_the_key_beside_the_database_nothing_opens(acme: Organization, settings: Any, tmp_path: Any) -> None:
    run = helped(acme)
    settings.AUDIT_PERSONAL_KEY_FILE = tmp_path / "another"
    with pytest.raises(PersonalKeyUnreadable):
        selectors.values_in(acme.pk, f"run:{run.pk}")


def test_runs_that_declare_nothing_pay_nothing(acme: Organization) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        run = work_off(start_run(acme, "plain", {"topic": NAME}, actor=ADMIN))
    told = [
        query["sql"] for query in asked if "audit_auditpersonal" in query["sql"] or "audit_auditsubject" in query["sql"]
    ]
    assert told == []
    assert not AuditDisclosure.objects.exists()
    assert NAME in bodies(acme)
    assert run.status == "succeeded"


def dump() -> str:
    """Return all rows of the database as text, as a backup holds them."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        return "".join(row for (table,) in cursor.fetchall() for row in copied(table))


def copied(table: str) -> Iterator[str]:
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" TO STDOUT') as rows:
        for part in rows:
            yield bytes(part).decode("utf-8", "replace")
