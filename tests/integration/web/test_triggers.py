"""Triggers in the browser."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from coordination.accounts.actors import SYSTEM, Actor
from coordination.triggers.models import Trigger
from coordination.triggers.services import fire_by_hand, save_trigger
from tests.integration.web.conftest import House

DAILY = {
    "name": "daily",
    "title": "Every morning",
    "kind": "cron",
    "cron": "0 9 * * 1-5",
    "time_zone": "Europe/Berlin",
    "workflow": "flow",
    "input": "text: ${event.due_at}",
    "priority": "60",
    "overlap": "queue",
    "catch_up": "all",
}


def make(house: House, kind: str = "cron", name: str = "daily", **said: Any) -> Trigger:
    specs = {"cron": {"cron": "0 9 * * *"}, "interval": {"every": "1h"}, "run-end": {"workflow": "flow"}}
    whole = {"name": name, "workflow": "flow", "kind": kind, "spec": specs.get(kind, {}), **said}
    return save_trigger(house.organization, whole, SYSTEM)


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_trigger_is_made_with_the_form_and_changed(house: House) -> None:
    client = house.enter("admin", "admin")
    assert "No triggers yet" in text_of(client, "/triggers/")
    assert client.post("/triggers/new/", DAILY).url == "/triggers/daily/"
    page = text_of(client, "/triggers/daily/")
    assert "Every morning" in page
    assert "At 09:00 on Monday through Friday, Europe/Berlin" in page
    assert page.count(", 09:00 CE") == 5
    assert 'href="/workflows/flow/"' in page
    assert "one waits until it has ended" in page
    assert "Every morning" in text_of(client, "/triggers/")

    form = text_of(client, "/triggers/daily/edit/")
    assert 'value="0 9 * * 1-5"' in form
    assert "text: ${event.due_at}" in form
    changed = {**DAILY, "cron": "30 8 * * *", "version": "1"}
    assert client.post("/triggers/daily/edit/", changed).url == "/triggers/daily/"
    assert Trigger.objects.get().spec == {"cron": "30 8 * * *", "time_zone": "Europe/Berlin"}
    stale = client.post("/triggers/daily/edit/", changed)
    assert stale.status_code == 422
    assert "Someone else saved this trigger" in stale.content.decode()


@pytest.mark.parametrize(
    ("kind", "typed", "spec"),
    [
        ("interval", {"every": "2h", "start": "2027-01-31T09:00:00Z"},
         {"every": "2h", "start": "2027-01-31T09:00:00+00:00"}),
        ("webhook", {"per_minute": "5"}, {"per_minute": 5}),
        ("run-end", {"watched": "flow", "statuses": "failed, cancelled"},
         {"workflow": "flow", "statuses": ["failed", "cancelled"]}),
    ],
)  # fmt: skip
def test_each_kind_has_fields_of_its_own(house: House, kind: str, typed: dict[str, str], spec: dict[str, Any]) -> None:
    client = house.enter("admin", "admin")
    # What another kind's fields say counts for nothing.
    assert client.post("/triggers/new/", {**DAILY, "cron": "nonsense", **typed, "kind": kind}).status_code in (200, 302)
    assert Trigger.objects.get().spec == spec
    for path in ("/triggers/", "/triggers/daily/", "/triggers/daily/edit/"):
        assert "daily" in text_of(client, path)
    again = {**DAILY, **typed, "kind": kind, "version": "1", "title": "Other"}
    assert client.post("/triggers/daily/edit/", again).status_code == 302
    assert Trigger.objects.get().spec == spec


def test_mistakes_stand_beside_their_fields_and_nothing_is_saved(house: House) -> None:
    client = house.enter("admin", "admin")
    wrong = {**DAILY, "name": "", "cron": "99 * * * *", "time_zone": "Europe/Berlni", "workflow": "", "priority": "x"}
    answer = client.post("/triggers/new/", wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    for field in ("name", "cron", "time_zone", "workflow", "priority"):
        assert f'id="field-{field}-wrong"' in page, field
    assert "Europe/Berlin is one." in page
    for text in ("{", "a: 1\n---\nb: 2", "[1]", "day: ${nothing}"):
        answer = client.post("/triggers/new/", {**DAILY, "input": text})
        assert answer.status_code == 422
        assert 'id="field-input-wrong"' in answer.content.decode(), text
    assert Trigger.objects.count() == 0
    make(house)
    assert "there is a trigger of this name already" in client.post("/triggers/new/", DAILY).content.decode().lower()


def test_the_next_times_are_shown_before_anything_is_saved(house: House) -> None:
    client = house.enter("admin", "admin")
    page = client.post("/triggers/new/", {**DAILY, "act": "preview"}).content.decode()
    assert page.count(", 09:00 CE") == 5
    assert "At 09:00 on Monday through Friday" in page
    headers = {"HX-Request": "true", "HX-Target": "div#preview"}
    part = client.post("/triggers/new/", {**DAILY, "cron": "0 9 * *"}, headers=headers)
    assert part.status_code == 200
    assert part.content.decode().strip().startswith('<div class="stack" id="preview"')
    assert "Write 5 fields" in part.content.decode()
    part = client.post(
        "/triggers/new/", {**DAILY, "kind": "interval", "every": "15m", "time_zone": "x"}, headers=headers
    )
    assert part.content.decode().count("<li>") == 5
    part = client.post("/triggers/new/", {**DAILY, "kind": "webhook"}, headers=headers)
    assert "<li>" not in part.content.decode()
    assert Trigger.objects.count() == 0


def test_a_webhooks_secret_is_shown_once(house: House) -> None:
    client = house.enter("admin", "admin")
    made = client.post("/triggers/new/", {**DAILY, "kind": "webhook", "per_minute": "60"})
    assert "whs_" in made.content.decode()
    assert made.headers["Cache-Control"] == "no-store"
    page = text_of(client, "/triggers/daily/")
    assert f"http://testserver/hooks/{Trigger.objects.get().pk}/" in page
    assert "whs_" not in page
    assert "Rotate" in text_of(client, "/triggers/daily/rotate/")
    assert "whs_" in client.post("/triggers/daily/rotate/").content.decode()


def test_a_trigger_is_paused_resumed_and_removed(house: House) -> None:
    make(house)
    client = house.enter("admin", "admin")
    assert "Pause daily?" in text_of(client, "/triggers/daily/pause/")
    assert client.post("/triggers/daily/pause/", {"reason": "holiday"}).url == "/triggers/daily/"
    assert "It is paused" in text_of(client, "/triggers/daily/")
    client.post("/triggers/daily/pause/")
    assert "The trigger daily is paused already." in text_of(client, "/triggers/daily/")
    client.post("/triggers/daily/resume/")
    assert Trigger.objects.get().status == "active"
    client.post("/triggers/daily/rotate/")
    assert "is not a webhook" in text_of(client, "/triggers/daily/")
    assert client.get("/triggers/daily/explode/").status_code == 404
    assert client.post("/triggers/daily/remove/").url == "/triggers/"
    assert client.get("/triggers/daily/").status_code == 404


def test_a_manager_fires_by_hand(house: House) -> None:
    make(house, "webhook", input={"text": "${event.body.text}"})
    client = house.enter("manager", "manager")
    assert "Fire now" in text_of(client, "/triggers/daily/")
    assert 'name="event"' in text_of(client, "/triggers/daily/fire/")
    client.post("/triggers/daily/fire/", {"event": ""})
    page = text_of(client, "/triggers/daily/")
    assert "Nothing was started: Its input has no value: event.body.text" in page
    assert "Last time refused" in page
    assert client.post("/triggers/daily/fire/", {"event": "body: [1"}).status_code == 422
    done = client.post("/triggers/daily/fire/", {"event": "body: {text: hello}"})
    assert done.url.startswith("/runs/")
    page = text_of(client, "/triggers/daily/")
    assert done.url in page
    assert "Refused" in page


def test_who_may_not_edit_sees_no_button_and_is_refused(house: House) -> None:
    make(house)
    for name in ("manager", "auditor", "reviewer"):
        client = house.enter(name, name)
        page = text_of(client, "/triggers/daily/")
        assert ("Fire now" in page) == (name == "manager")
        assert not any(f"/triggers/daily/{act}/" in page for act in ("edit", "pause", "remove"))
        assert "/triggers/new/" not in text_of(client, "/triggers/")
        for path in ("new", "daily/edit", "daily/pause", "daily/remove", "daily/rotate"):
            assert client.get(f"/triggers/{path}/").status_code == 403
            assert client.post(f"/triggers/{path}/", DAILY).status_code == 403
    assert house.enter("admin", "admin").post("/triggers/daily/fire/").status_code == 403
    assert house.enter("auditor", "auditor").post("/triggers/daily/fire/").status_code == 403


def test_another_organizations_trigger_is_not_found(house: House, other: House) -> None:
    make(house)
    stranger = other.enter("stranger", "admin", "manager")
    assert "No triggers yet" in text_of(stranger, "/triggers/")
    for path in ("", "edit/", "pause/", "fire/"):
        assert stranger.get(f"/triggers/daily/{path}").status_code == 404


def test_the_record_leads_to_the_trigger(house: House) -> None:
    make(house)
    auditor = house.enter("auditor", "auditor")
    listed = text_of(auditor, "/audit/?object=trigger:daily")
    assert "Trigger saved" in listed
    assert "trigger:daily" in listed


def test_more_triggers_and_firings_ask_the_database_no_more(
    house: House, queries: Callable[[Client, str], int]
) -> None:
    client = house.enter("manager", "manager")
    actor = Actor.of(house.people["manager"])
    make(house, input={"text": "x"})
    fire_by_hand(house.organization, "daily", actor)
    few = [queries(client, path) for path in ("/triggers/", "/triggers/daily/")]
    for number in range(8):
        make(house, name=f"more-{number}", input={"text": "x"})
        fire_by_hand(house.organization, f"more-{number}", actor)
        fire_by_hand(house.organization, "daily", actor)
    assert [queries(client, path) for path in ("/triggers/", "/triggers/daily/")] == few
