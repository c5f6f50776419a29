"""The record is searched by who, what, about what, decided how, when and with which words, sealed or not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from coordination.accounts.models import Organization
from coordination.audit.models import AuditEvent
from coordination.audit.selectors import Found, Wanted, found, search
from coordination.audit.services import Entry, append
from tests.factories import make_organization
from tests.sealing import seal_all

pytestmark = pytest.mark.django_db(transaction=True)
RUN = "run:0199a1b2-1111-7222-8333-444455556666"


@pytest.fixture
def acme() -> Organization:
    organization = make_organization()
    write(organization, RUN, "user:manager", Entry("RunStarted", {"workflow": "triage"}, object=RUN))
    write(
        organization,
        RUN,
        "agent:writer@3",
        Entry(
            "PolicyDecided", {"outcome": "deny", "reasons": [{"message": "Übermut tut selten gut"}]}, f"{RUN}/step:send"
        ),
        Entry("StepSucceeded", {"agent": "reader", "output": "Über 100 invoices\nread"}, f"{RUN}/step:read"),
    )
    write(organization, "agents", "user:o'neill", Entry("AgentSaved", {"says": {}}, "agent:writer"))
    write(make_organization("globex"), RUN, "user:manager", Entry("RunStarted", {"workflow": "triage"}, object=RUN))
    return organization


@pytest.fixture(params=["sealed", "waiting", "both"])
def log(request: pytest.FixtureRequest, acme: Organization) -> Organization:
    """Return an organization whose records are all sealed, none, or some of them."""
    if request.param != "waiting":
        seal_all()
    if request.param == "both":
        write(acme, "agents", "system:coordination", Entry("Later", {}))
    return acme


def write(organization: Organization, stream: str, actor: str, *entries: Entry) -> None:
    with transaction.atomic():
        append(organization.id, stream, actor, entries)


def kinds(result: Found) -> list[str]:
    return [row.event.kind for row in result.rows if row.event.kind != "Later"]


ALL = ["AgentSaved", "StepSucceeded", "PolicyDecided", "RunStarted"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, ALL),
        ({"actor": "user:manager"}, ["RunStarted"]),
        ({"actor": "user:o'neill"}, ["AgentSaved"]),
        ({"kind": "RunStarted"}, ["RunStarted"]),
        ({"stream": "agents"}, ["AgentSaved"]),
        ({"object": f"{RUN}/step:send"}, ["PolicyDecided"]),
        ({"object": RUN}, ["StepSucceeded", "PolicyDecided", "RunStarted"]),
        ({"agent": "writer"}, ALL[:3]),
        ({"agent": "reader"}, ["StepSucceeded"]),
        ({"decision": "deny"}, ["PolicyDecided"]),
        ({"text": "invoices"}, ["StepSucceeded"]),
        ({"text": "INVOI über"}, ["StepSucceeded"]),
        ({"text": "über"}, ["StepSucceeded", "PolicyDecided"]),
        ({"text": "read"}, ["StepSucceeded"]),
        ({"text": "workflow"}, []),
        ({"text": "invoices", "decision": "deny"}, []),
        ({"agent": "writer", "decision": "deny", "actor": "agent:writer@3", "text": "gut"}, ["PolicyDecided"]),
        ({"kind": "RunStarted", "stream": "agents"}, []),
        ({"kind": "k'\\"}, []),
    ],
)
def test_records_are_found_by_everything_that_is_asked(
    log: Organization, wanted: dict[str, Any], expected: list[str]
) -> None:
    assert kinds(found(log, Wanted(**wanted))) == expected


def test_time_includes_its_start_and_not_its_end(log: Organization) -> None:
    at = AuditEvent.objects.get(kind="AgentSaved").occurred_at
    assert kinds(found(log, Wanted(since=at))) == ["AgentSaved"]
    assert kinds(found(log, Wanted(until=at))) == ALL[1:]
    assert kinds(found(log, Wanted(since=at + timedelta(microseconds=1)))) == []


def test_a_sealed_record_says_where_and_one_that_waits_does_not(acme: Organization) -> None:
    seal_all()
    write(acme, "agents", "user:admin", Entry("AgentSaved"))
    rows = found(acme, Wanted()).rows
    assert [row.seq for row in rows] == [None, 3, 2, 1, 0]
    # In how many passes they were sealed is a matter of what else runs on this server.
    assert [row.checkpoint is not None for row in rows] == [False, True, True, True, True]


@pytest.mark.parametrize("sealing", [(), (0,), (3, 7), (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)])
@pytest.mark.parametrize(("wanted", "n"), [(Wanted(), 10), (Wanted(kind="Even"), 5), (Wanted(text="five"), 2)])
def test_pages_forth_and_back_show_every_record_once(wanted: Wanted, n: int, sealing: tuple[int, ...]) -> None:
    acme = make_organization()
    for number in range(10):
        words = "five" if number % 5 == 0 else "other"
        write(
            acme, f"s{number}", "user:admin", Entry("Odd" if number % 2 else "Even", {"number": number, "said": words})
        )
        if number in sealing:
            seal_all()
    expected = [row.event.id for row in search.all_found(acme, wanted)]
    assert len(expected) == n
    pages = [found(acme, wanted, size=3)]
    while pages[-1].older:
        pages.append(found(acme, wanted, before=pages[-1].older, size=3))
    assert [row.event.id for page in pages for row in page.rows] == expected
    assert pages[0].newer == ""
    back = [pages[-1]]
    while back[-1].newer:
        back.append(found(acme, wanted, after=back[-1].newer, size=3))
    assert [row.event.id for page in reversed(back) for row in page.rows] == expected


def test_a_page_stays_where_it_is_when_its_records_are_sealed(acme: Organization) -> None:
    first = found(acme, Wanted(), size=2)
    seal_all()
    assert kinds(found(acme, Wanted(), before=first.older, size=2)) == ALL[2:]


def test_records_that_are_sealed_while_they_are_read_are_told_once(acme: Organization) -> None:
    told = []
    for row in search.all_found(acme, Wanted()):
        told.append(row.event.kind)
        if len(told) == 1:
            seal_all()
    assert told == ALL


def test_a_search_that_finds_little_says_how_far_it_looked_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, acme: Organization
) -> None:
    write(acme, "agents", "user:admin", Entry("Both", {"said": "alpha and beta"}))
    seal_all()
    for _ in range(8):
        # The words are in this batch, and not in one record.
        write(acme, "agents", "user:admin", Entry("One", {"said": "alpha"}), Entry("Other", {"said": "beta"}))
        seal_all()
    monkeypatch.setattr(search, "MOST_LOOKED_AT", 3)
    monkeypatch.setattr(search, "_FIRST_LOOK", 1)
    page = found(acme, Wanted(text="alpha beta"))
    assert page.rows == []
    assert page.looked_to is not None
    for _ in range(8):
        page = page if page.rows else found(acme, Wanted(text="alpha beta"), before=page.older)
    assert kinds(page) == ["Both"]


@pytest.mark.parametrize("cursor", ["", "nonsense", "999999999999999999999", "0199a1b2-1111-7222-8333-444455556666"])
def test_a_cursor_that_leads_nowhere_is_ignored(acme: Organization, cursor: str) -> None:
    assert kinds(found(acme, Wanted(), before=cursor)) == ALL


def test_the_cursor_of_another_organizations_record_is_ignored(acme: Organization) -> None:
    theirs = AuditEvent.objects.exclude(organization=acme).get()
    assert kinds(found(acme, Wanted(), before=str(theirs.id))) == ALL


def test_a_page_costs_few_statements(acme: Organization, django_assert_num_queries: Callable[[int], Any]) -> None:
    seal_all()
    with django_assert_num_queries(3):  # what waits, the batches, their records
        found(acme, Wanted(kind="RunStarted", text="triage"))
