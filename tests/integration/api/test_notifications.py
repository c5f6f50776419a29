"""Inbox, choices, webhooks and deliveries over the API."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coordination.accounts.models import Organization
from coordination.audit.models import AuditEvent
from coordination.notifications.models import Delivery, InboxItem, Webhook
from coordination.notifications.services import tell
from coordination.notifications.telling import kinds
from coordination.runs.models import Run
from tests.integration.api.support import Caller

ADDRESS = "https://192.0.2.1/hook"


@pytest.fixture
def ask(acme: Organization, manager: Caller, work: Callable[[str], Run]) -> Callable[[], None]:
    """Return a function that lets people be asked something, and told of it."""

    def asked() -> None:
        work(manager.start().json()["id"])
        tell(AuditEvent.objects.filter(organization=acme, kind__in=kinds({})))

    return asked


def test_one_reads_and_marks_ones_own_inbox(reviewer: Caller, admin: Caller, ask: Callable[[], None]) -> None:
    ask()
    [item] = reviewer.get("notifications/?unread=true").json()["results"]
    assert item["topic"] == "approval.asked"
    assert item["says"] == "Waits for your decision"
    assert item["link"].startswith("http")
    assert item["read_at"] is None
    assert reviewer.post(f"notifications/{item['id']}/read/").json()["read_at"]
    assert reviewer.get("notifications/?unread=true").json()["results"] == []
    assert reviewer.post(f"notifications/{item['id']}/unread/").json()["read_at"] is None
    assert reviewer.post("notifications/read-all/").json() == {"read": 1}
    assert admin.post(f"notifications/{item['id']}/read/").status_code == 404


def test_the_inbox_costs_the_same_however_long(reviewer: Caller, ask: Callable[[], None]) -> None:
    def cost(n: int) -> int:
        for _ in range(n):
            ask()
        with CaptureQueriesContext(connection) as captured:
            reviewer.get("notifications/")
        return len(captured)

    reviewer.get("notifications/")
    assert cost(3) == cost(5)


def test_one_chooses_what_one_is_told_and_when(reviewer: Caller) -> None:
    chosen = reviewer.patch("notifications/settings/", {"topics": [{"topic": "run.failed", "mail": "instant"}]}).json()
    [told] = [one for one in chosen["topics"] if one["topic"] == "run.failed"]
    assert (told["inbox"], told["mail"], told["chosen"]) == (True, "instant", True)
    reviewer.patch("notifications/settings/", {"topics": [{"topic": "run.failed", "usual": True}]})
    [told] = [one for one in reviewer.get("notifications/settings/").json()["topics"] if one["topic"] == "run.failed"]
    assert not told["chosen"]
    assert reviewer.patch("notifications/settings/", {"topics": [{"topic": "weather"}]}).status_code == 422
    hours = reviewer.patch("notifications/settings/hours/", {"zone": "Asia/Tokyo", "quiet_from": "21:00"}).json()
    assert (hours["zone"], hours["quiet_from"], hours["rhythm"]) == ("Asia/Tokyo", "21:00:00", "daily")
    refused = reviewer.patch("notifications/settings/hours/", {"zone": "Nowhere"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/zone")


def test_admins_choose_for_queues(admin: Caller, reviewer: Caller) -> None:
    body = {"queue": "support", "topics": [{"topic": "approval.asked", "mail": "instant"}]}
    assert reviewer.patch("notifications/queues/", body).status_code == 403
    assert admin.patch("notifications/queues/", body).status_code == 200
    [told] = [
        one for one in reviewer.get("notifications/settings/?queue=support").json()["topics"]
        if one["topic"] == "approval.asked"
    ]  # fmt: skip
    assert told["mail"] == "instant"


def test_webhooks_are_added_changed_turned_and_removed(admin: Caller, reviewer: Caller) -> None:
    said = {"name": "chat", "url": ADDRESS, "shape": "teams", "topics": ["run.failed"]}
    assert reviewer.post("webhooks/", said).status_code == 403
    added = admin.post("webhooks/", said)
    assert added.status_code == 201
    assert added.json()["secret"].startswith("whsec_")
    assert admin.post("webhooks/", said).json()["type"].endswith("webhook-known")
    one = f"webhooks/{added.json()['id']}/"
    assert "secret" not in admin.get(one).json()
    assert admin.patch(one, {"least_band": "high"}).json()["least_band"] == "high"
    assert admin.patch(one, {"url": "http://169.254.169.254/"}).json()["errors"][0]["pointer"] == "/url"
    assert admin.post(f"{one}pause/").json()["is_paused"] is True
    assert admin.post(f"{one}resume/").json()["is_paused"] is False
    rotated = admin.post(f"{one}rotate/").json()
    assert rotated["secret"] != added.json()["secret"]
    assert rotated["old_until"]
    assert admin.delete(one).status_code == 204
    assert not Webhook.objects.exists()


def test_deliveries_are_listed_and_sent_again(admin: Caller, ask: Callable[[], None]) -> None:
    webhook = admin.post("webhooks/", {"name": "chat", "url": ADDRESS, "topics": ["approval.asked"]}).json()["id"]
    ask()
    [delivery] = admin.get(f"notifications/deliveries/?webhook={webhook}").json()["results"]
    assert (delivery["topic"], delivery["state"]) == ("approval.asked", "waiting")
    again = f"notifications/deliveries/{delivery['id']}/repeat/"
    assert admin.post(again).status_code == 409
    Delivery.objects.update(state="dead")
    assert admin.post(again).json()["state"] == "waiting"


def test_reading_the_inbox_marks_nothing(reviewer: Caller, ask: Callable[[], None]) -> None:
    ask()
    reviewer.get("notifications/")
    assert InboxItem.objects.get(member=reviewer.member).is_unread
