"""The record in the browser."""

import html
import re
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test import Client

from coordination.audit.models import AuditEvent
from coordination.audit.services import Entry, append
from coordination.runs.models import Run
from tests.integration.web.conftest import House


def test_records_are_listed_filtered_and_paged(house: House) -> None:
    for _ in range(9):
        house.ask()
    client = house.enter("auditor", "auditor")
    page = client.get("/audit/").content.decode()
    assert "Run started" in page or "Approval asked" in page
    assert 'rel="next"' in page
    started = client.get("/audit/", {"kind": "Run started", "actor": "system:coordination"}).content.decode()
    assert started.count('id="event-') == 9
    assert client.get("/audit/", {"object": "agent:echo"}).content.decode().count('id="event-') == 1
    assert "Nothing on record fits" in client.get("/audit/", {"until": "2001-01-01T00:00"}).content.decode()
    odd = client.get("/audit/", {"since": "yesterday"})
    assert "This is not a date and time." in odd.content.decode()


def test_a_record_shows_its_exact_text_and_its_neighbours(house: House) -> None:
    house.ask()
    run = Run.objects.get()
    event = AuditEvent.objects.get(stream=f"run:{run.pk}", stream_no=2)
    page = house.enter("auditor", "auditor").get(f"/audit/{event.pk}/").content.decode()
    assert event.hash in page
    assert event.prev_hash in page
    assert "&quot;prev_hash&quot;" in page
    assert f'href="/runs/{run.pk}/"' in page
    assert "record 1" in page
    assert "record 3" in page


def test_records_are_found_by_their_words_and_by_what_was_decided(house: House) -> None:
    house.ask("Bring the parrot back")
    client = house.enter("auditor", "auditor")
    assert client.get("/audit/", {"q": "parrot BRI"}).content.decode().count('id="event-') > 0
    assert "Nothing on record fits" in client.get("/audit/", {"q": "parakeet"}).content.decode()
    assert "at least two letters" in client.get("/audit/", {"q": "!"}).content.decode()
    append(house.organization.pk, "guard", "user:ada", [Entry("ActGuarded", {"decision": "deny"})])
    decided = client.get("/audit/", {"decision": "deny"}).content.decode()
    assert decided.count('id="event-') == 1
    assert 'id="more-filters" open' in decided


def test_a_record_that_is_not_sealed_yet_says_so(house: House) -> None:
    house.ask()
    event = AuditEvent.objects.latest("id")
    client = house.enter("auditor", "auditor")
    assert "Not sealed yet" in client.get("/audit/").content.decode()
    page = client.get(f"/audit/{event.pk}/").content.decode()
    assert "Not sealed yet" in page
    assert "Verified just now" not in page
    part = client.get(
        f"/audit/{event.pk}/", headers={"HX-Request": "true", "HX-Target": "section#proof"}
    ).content.decode()
    assert part.strip().startswith('<section class="card" id="proof"')


def test_what_is_found_is_handed_out_as_a_file(house: House) -> None:
    house.ask()
    client = house.enter("auditor", "auditor")
    page = client.get("/audit/", {"kind": "Run started"}).content.decode()
    [link] = [link for link in re.findall(r'href="(/audit/export/[^"]*)"', page) if "csv" in link]
    answer = client.get(html.unescape(link))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-acme.csv"'
    assert answer.getvalue().decode().count("RunStarted") == 1
    assert AuditEvent.objects.get(kind="RecordsHandedOut").data["filters"] == {"kind": "RunStarted"}


def test_a_stream_is_verified_on_demand_and_a_changed_record_is_named(house: House) -> None:
    house.ask()
    event = AuditEvent.objects.filter(stream__startswith="run:").order_by("stream_no")[0]
    client = house.enter("auditor", "auditor")
    path = f"/audit/{event.pk}/"
    assert "are as they were written" not in client.get(path).content.decode()
    assert "are as they were written" in client.get(f"{path}?check").content.decode()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE audit_auditevent SET actor = 'user:nobody' WHERE id = %s", [event.pk])
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    page = client.get(f"{path}?check").content.decode()
    assert "is not as it was written" in page
    assert "record 1" in page


@pytest.mark.parametrize("path", ["", "{event}/", "export/", "checkpoints/", "checkpoints/1/"])
def test_a_reviewer_may_not_read_the_record(house: House, path: str) -> None:
    event = AuditEvent.objects.first()
    client = house.enter("reviewer", "reviewer")
    assert client.get("/audit/" + path.format(event=event and event.pk)).status_code == 403
    assert 'href="/audit/"' not in client.get("/").content.decode()


def test_another_organizations_record_is_not_found(house: House, other: House) -> None:
    event = AuditEvent.objects.filter(organization=house.organization).first()
    assert event is not None
    stranger = other.enter("stranger", "auditor")
    assert stranger.get(f"/audit/{event.pk}/").status_code == 404
    assert "agent:echo" not in stranger.get("/audit/").content.decode()


def test_more_records_ask_the_database_no_more(house: House, queries: Callable[[Client, str], int]) -> None:
    client = house.enter("auditor", "auditor")
    few = queries(client, "/audit/")
    for _ in range(3):
        house.ask()
    assert queries(client, "/audit/") == few
