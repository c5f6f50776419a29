"""The bell, one's own inbox, what one is told, webhooks and deliveries."""

from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client

from coordination.accounts.actors import SYSTEM
from coordination.audit.models import AuditEvent
from coordination.notifications.models import Delivery, Hours, InboxItem, Notice, Webhook, Wish
from coordination.notifications.services import add_webhook, tell
from coordination.notifications.telling import kinds
from coordination.shared.clock import now
from tests.integration.web.conftest import House

ADDRESS = "https://192.0.2.1/hook"


def catch_up(house: House) -> None:
    tell(AuditEvent.objects.filter(organization=house.organization, kind__in=kinds({})))


@pytest.fixture
def reviewer(house: House) -> Client:
    """Return the browser of a reviewer who was asked something."""
    client = house.enter("ann", "reviewer")
    house.world.policy("ask", when="true", effect="require_approval", approval={"role": "reviewer"})
    house.ask()
    catch_up(house)
    return client


def shown(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_bell_counts_what_is_unread_and_listens_for_its_owner(reviewer: Client, house: House) -> None:
    bell = shown(reviewer, "/notifications/bell/")
    assert "Notifications: 1 unread" in bell
    assert f"inbox-{house.people['ann'].pk.hex} from:body" in bell
    assert 'id="bell"' in shown(reviewer, "/")


def test_the_inbox_shows_what_happened_and_opening_marks_it_read(reviewer: Client) -> None:
    assert "Waits for your decision" in shown(reviewer, "/notifications/")
    item = InboxItem.objects.get()
    opened = reviewer.post(f"/notifications/{item.pk}/open/")
    assert opened.status_code == 302
    assert opened.headers["Location"] == item.notice.link
    assert "Nothing is unread" in shown(reviewer, "/notifications/")
    assert "Mark as unread" in shown(reviewer, "/notifications/?show=all")
    reviewer.post(f"/notifications/{item.pk}/mark/", {"as": "unread"})
    assert "Mark all 1 as read" in shown(reviewer, "/notifications/")
    reviewer.post("/notifications/read/")
    assert "Nothing is unread" in shown(reviewer, "/notifications/")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_fetching_any_address_decides_nothing_and_marks_nothing(reviewer: Client, house: House, method: str) -> None:
    """Mail scanners, previews and prefetching browsers follow every link that they find."""
    item = InboxItem.objects.select_related("notice").get()
    paths = [
        item.notice.link, "/notifications/", f"/notifications/{item.pk}/open/", f"/notifications/{item.pk}/mark/",
        "/notifications/read/", "/notifications/settings/test/", "/notifications/settings/hours/",
    ]  # fmt: skip
    for headers in ({}, {"Sec-Purpose": "prefetch"}, {"Purpose": "prefetch", "X-Moz": "prefetch"}):
        for path in paths:
            assert reviewer.generic(method, path, headers=headers).status_code in (200, 405)
            assert Client().generic(method, path, headers=headers).status_code in (302, 405)
    item.refresh_from_db()
    assert item.is_unread
    assert not AuditEvent.objects.filter(kind__in=["ApprovalDecided", "ApprovalClaimed"]).exists()
    assert mail.outbox == []


def test_nobody_reads_or_marks_anothers_inbox(reviewer: Client, house: House) -> None:
    other = house.enter("bob", "admin", "reviewer", "manager")
    item = InboxItem.objects.get(member=house.people["ann"])
    assert other.post(f"/notifications/{item.pk}/open/").status_code == 404
    assert other.post(f"/notifications/{item.pk}/mark/").status_code == 404
    other.post("/notifications/read/")
    item.refresh_from_db()
    assert item.is_unread


def test_ten_items_cost_as_many_statements_as_twenty(house: House, queries: Callable[[Client, str], int]) -> None:
    admin = house.enter("adam", "admin", "reviewer")
    house.world.policy("ask", when="true", effect="require_approval", approval={"role": "reviewer"})
    webhook = add_webhook(house.organization, {"name": "a", "url": ADDRESS}, SYSTEM)
    paths = ["/notifications/", "/notifications/?show=all", "/notifications/deliveries/",
             f"/notifications/webhooks/{webhook.pk}/", "/notifications/webhooks/"]  # fmt: skip

    def fill(n: int) -> list[int]:
        for number in range(n):
            house.ask()
            name = f"hook-{Webhook.objects.count()}-{number}"
            add_webhook(house.organization, {"name": name, "url": ADDRESS, "topics": ["audit.alarm"]}, SYSTEM)
        catch_up(house)
        return [queries(admin, path) for path in paths]

    assert fill(10) == fill(10)


def test_one_chooses_what_one_is_told_and_a_queue_apart(reviewer: Client, house: House) -> None:
    assert "As usual: inbox, and in the digest" in shown(reviewer, "/notifications/settings/")
    reviewer.post("/notifications/settings/", {"way.approval.asked": "off", "way.run.failed": ""})
    [wish] = Wish.objects.all()
    assert (wish.topic, wish.inbox, wish.mail, wish.member) == ("approval.asked", False, "off", house.people["ann"])
    of_queue = shown(reviewer, "/notifications/settings/?queue=reviewer")
    assert "As usual: nothing" in of_queue
    assert "A run failed" not in of_queue
    reviewer.post("/notifications/settings/?queue=reviewer", {"way.approval.asked": "inbox+instant"})
    assert Wish.objects.get(queue="reviewer").mail == "instant"
    reviewer.post("/notifications/settings/", {"way.approval.asked": ""})
    assert Wish.objects.count() == 1


def test_one_chooses_when_one_is_written_to(reviewer: Client) -> None:
    typed = {"zone": "Europe/Berlin", "rhythm": "Every hour", "digest_at": "09:30", "quiet_from": "20:00",
             "quiet_until": "07:00"}  # fmt: skip
    assert reviewer.post("/notifications/settings/hours/", typed).status_code == 302
    hours = Hours.objects.get()
    assert (hours.zone, hours.rhythm, f"{hours.quiet_from:%H}", hours.wakes_for_critical) == (
        "Europe/Berlin", "hourly", "20", False,
    )  # fmt: skip
    for wrong in ({"zone": "Nowhere"}, {"quiet_from": "late"}):
        answer = reviewer.post("/notifications/settings/hours/", typed | wrong)
        assert answer.status_code == 422
        assert "field-" in answer.content.decode()


def test_only_admins_see_queues_webhooks_and_deliveries(reviewer: Client) -> None:
    for path in ("queues/", "webhooks/", "webhooks/new/", "deliveries/"):
        assert reviewer.get(f"/notifications/{path}").status_code == 403
    assert "Webhooks" not in shown(reviewer, "/notifications/")


def test_an_admin_adds_changes_and_removes_a_webhook(house: House) -> None:
    admin = house.enter("adam", "admin")
    typed = {"name": "Chat", "url": ADDRESS, "shape": "Slack", "topics": "run.failed, stop.pulled",
             "queues": "support", "least_band": "From high on"}  # fmt: skip
    added = admin.post("/notifications/webhooks/new/", typed)
    assert "whsec_" in added.content.decode()
    webhook = Webhook.objects.get()
    assert (webhook.shape, webhook.topics, webhook.least_band) == ("slack", ["run.failed", "stop.pulled"], "high")
    page = f"/notifications/webhooks/{webhook.pk}/"
    assert "whsec_" not in shown(admin, page)
    assert 'value="Chat"' in shown(admin, f"{page}edit/")
    assert admin.post(f"{page}edit/", typed | {"topics": "weather"}).status_code == 422
    assert admin.post(f"{page}edit/", typed | {"name": "Other"}).status_code == 302
    assert admin.post(f"{page}pause/").status_code == 302
    assert "Paused" in shown(admin, page)
    admin.post(f"{page}resume/")
    assert "whsec_" in admin.post(f"{page}rotate/").content.decode()
    assert "Remove Other?" in shown(admin, f"{page}remove/")
    assert admin.get(f"{page}explode/").status_code == 404
    admin.post(f"{page}remove/")
    assert not Webhook.objects.exists()


def test_an_admin_sees_what_was_given_up_and_sends_it_again(house: House) -> None:
    admin = house.enter("adam", "admin")
    webhook = add_webhook(house.organization, {"name": "Chat", "url": ADDRESS}, SYSTEM)
    notice = Notice.objects.create(
        organization=house.organization, key="one", topic="stop.pulled", title="Everything", link="/stops/", at=now()
    )
    dead = Delivery.objects.create(
        organization=house.organization, notice=notice, webhook=webhook, state="dead", attempts=20,
        problem="It answered with status 500.", created_at=now(), due_at=now(),
    )  # fmt: skip
    page = shown(admin, "/notifications/deliveries/?state=dead")
    assert "It answered with status 500." in page
    assert "Everything" in page
    admin.post(f"/notifications/deliveries/{dead.pk}/repeat/")
    dead.refresh_from_db()
    assert (dead.state, dead.attempts) == ("waiting", 0)
    assert "Nothing here" in shown(admin, "/notifications/deliveries/?state=dead")


def test_a_test_mail_says_whether_it_arrived(reviewer: Client, house: House) -> None:
    ann = house.people["ann"].user
    assert reviewer.post("/notifications/settings/test/").status_code == 409
    ann.email = "ann@example.org"
    ann.save()
    reviewer.post("/notifications/settings/test/")
    assert mail.outbox[0].to == ["ann@example.org"]
