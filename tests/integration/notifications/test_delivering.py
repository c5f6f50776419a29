"""What leaves the house: signed, tried again, given up, counted once; and nothing in it that is nobody's business."""

import base64
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from coordination.accounts.actors import SYSTEM
from coordination.approvals.models import ApprovalRequest
from coordination.audit.models import AuditEvent
from coordination.notifications.errors import NothingToRepeat, WebhookInvalid, WebhookKnown
from coordination.notifications.models import Delivery, DeliveryState, Mail, Webhook
from coordination.notifications.selectors import Way
from coordination.notifications.services import (
    add_webhook,
    call_due,
    change_webhook,
    mark_all_read,
    pause_webhook,
    remove_webhook,
    repeat,
    resume_webhook,
    rotate_secret,
    set_ways,
    try_mail,
    try_webhook,
    write_due,
)
from coordination.notifications.services.outcomes import MOST_TRIES
from coordination.notifications.signing import secret_of
from coordination.shared.clock import now
from tests.integration.notifications.support import Outside, Told

MAIL = Way(inbox=True, mail=Mail.INSTANT)


def hook(told: Told, url: str, **says: Any) -> Webhook:
    return add_webhook(told.organization, {"name": "chat", "url": url, "topics": ["approval.asked"], **says}, SYSTEM)


def is_signed(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    return expected in headers["webhook-signature"].split()


def let_it_be_due() -> None:
    """Let all the time pass that anything waits for."""
    Webhook.objects.update(resting_until=now())
    Delivery.objects.filter(state="waiting").update(due_at=now())


def test_a_webhook_is_called_with_a_signature_that_standard_webhooks_checks(told: Told, outside: str) -> None:
    webhook = hook(told, outside)
    told.person("reviewer")
    told.desk.asked()
    told.catch_up()
    assert call_due() == 1
    [(body, headers)] = Outside.received
    said = json.loads(body)
    assert said["type"] == "approval.asked"
    assert is_signed(secret_of(webhook), body, headers)
    assert abs(int(headers["webhook-timestamp"]) - now().timestamp()) < 300
    assert not is_signed(secret_of(webhook), body + b" ", headers)


def test_nothing_that_an_action_says_leaves_the_house(told: Told, outside: str) -> None:
    set_ways(told.organization, {"approval.asked": MAIL}, SYSTEM)
    for shape in ("standard", "slack", "teams"):
        hook(told, outside, name=shape, shape=shape)
    told.person("reviewer")
    told.desk.world.agent("planner", "plan")
    told.desk.asked()
    request = ApprovalRequest.objects.get()
    ApprovalRequest.objects.update(
        title="Pay 4711 to Ann", intent="Pay 4711 to Ann", parameters={"to": "Ann", "n": 4711}
    )
    told.catch_up()
    call_due()
    write_due()
    sent = [body.decode() for body, _ in Outside.received] + [mail.outbox[0].body, mail.outbox[0].subject]
    assert len(sent) == 5
    for text in sent:
        assert "Ann" not in text
        assert "4711" not in text.replace(str(request.pk), "")
    assert f"/approvals/{request.pk}/" in mail.outbox[0].body


@pytest.mark.parametrize("shape", ["slack", "teams"])
def test_a_chat_gets_its_own_shape(told: Told, outside: str, shape: str) -> None:
    hook(told, outside, shape=shape)
    told.person("reviewer")
    told.desk.asked()
    told.catch_up()
    call_due()
    said = json.loads(Outside.received[0][0])
    if shape == "slack":
        assert said["text"].startswith("Waits for your decision: mail.send by planner")
        assert said["blocks"][0]["text"]["type"] == "mrkdwn"
    else:
        card = said["attachments"][0]["content"]
        assert card["type"] == "AdaptiveCard"
        assert card["actions"][0]["url"].startswith("http")


def test_what_fails_is_tried_again_under_the_same_name_and_later_each_time(told: Told, outside: str) -> None:
    webhook = hook(told, outside)
    told.person("reviewer", email=False)
    told.desk.asked()
    told.catch_up()
    Outside.status = 500
    assert call_due() == 0
    assert call_due() == 0
    assert len(Outside.received) == 1
    first = Delivery.objects.get().due_at - now()
    assert timedelta(seconds=40) < first < timedelta(seconds=80)
    let_it_be_due()
    call_due()
    assert timedelta(seconds=90) < Delivery.objects.get().due_at - now() < timedelta(seconds=150)
    Outside.status = 204
    let_it_be_due()
    assert call_due() == 1
    assert {headers["webhook-id"] for _, headers in Outside.received} == {f"msg_{Delivery.objects.get().pk.hex}"}
    assert Delivery.objects.get().state == DeliveryState.DELIVERED
    kinds = AuditEvent.objects.filter(object=f"webhook:{webhook.pk}").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["WebhookAdded", "WebhookFailing", "WebhookRecovered"]


def test_it_is_given_up_after_so_many_tries_and_an_admin_may_send_it_again(told: Told, outside: str) -> None:
    hook(told, outside)
    told.person("reviewer", email=False)
    told.desk.asked()
    told.catch_up()
    Outside.status = 503
    Delivery.objects.update(attempts=MOST_TRIES - 1)
    call_due()
    dead = Delivery.objects.get()
    assert (dead.state, dead.problem) == (DeliveryState.DEAD, "It answered with status 503.")
    let_it_be_due()
    Outside.status = 200
    assert call_due() == 0
    repeat(dead, SYSTEM)
    assert call_due() == 1
    with pytest.raises(NothingToRepeat):
        repeat(dead, SYSTEM)


def test_one_that_fails_holds_nobody_else_up_and_is_left_alone(told: Told, outside: str) -> None:
    hook(told, "http://127.0.0.1:9/", name="broken")
    hook(told, outside, name="sound")
    told.person("reviewer")
    for _ in range(3):
        told.desk.asked()
    told.catch_up()
    assert call_due() == 3
    assert len(Outside.received) == 3
    broken = Webhook.objects.get(name="broken")
    assert sorted(broken.deliveries.values_list("attempts", flat=True)) == [0, 0, 1]


def test_one_that_is_gone_is_paused(told: Told, outside: str) -> None:
    hook(told, outside)
    told.person("reviewer")
    told.desk.asked()
    told.catch_up()
    Outside.status = 410
    call_due()
    assert Webhook.objects.get().is_paused


def test_whoever_is_busy_with_a_webhook_has_it_alone_until_thought_dead(told: Told, outside: str) -> None:
    webhook = hook(told, outside)
    told.person("reviewer")
    told.desk.asked()
    told.catch_up()
    Webhook.objects.update(resting_until=now() + timedelta(minutes=5))
    assert call_due() == 0
    Webhook.objects.filter(pk=webhook.pk).update(resting_until=now())
    assert call_due() == 1


def test_admins_hear_that_a_webhook_does_not_answer(told: Told, outside: str) -> None:
    admin = told.person("admin", "admin")
    hook(told, outside)
    told.person("reviewer")
    told.desk.asked()
    told.catch_up()
    Outside.status = 500
    call_due()
    told.catch_up()
    assert "webhook.failing" in told.inbox(admin)


def test_for_a_day_both_secrets_sign_and_then_only_the_new_one(told: Told, outside: str) -> None:
    webhook = hook(told, outside)
    old = secret_of(webhook)
    rotated = rotate_secret(webhook, SYSTEM)
    assert secret_of(rotated) != old
    try_webhook(rotated, SYSTEM)
    body, headers = Outside.received[-1]
    assert is_signed(old, body, headers)
    assert is_signed(secret_of(rotated), body, headers)
    rotated.old_until = now() - timedelta(seconds=1)
    try_webhook(rotated, SYSTEM)
    body, headers = Outside.received[-1]
    assert not is_signed(old, body, headers)
    assert is_signed(secret_of(rotated), body, headers)


def test_a_test_says_what_came_of_it_and_is_not_repeated(told: Told, outside: str) -> None:
    webhook = hook(told, outside)
    assert try_webhook(webhook, SYSTEM).state == DeliveryState.DELIVERED
    assert json.loads(Outside.received[0][0])["type"] == "test"
    Outside.status = 404
    failed = try_webhook(webhook, SYSTEM)
    assert (failed.state, failed.problem) == (DeliveryState.DEAD, "It answered with status 404.")


def test_topics_queues_and_bands_choose_what_a_webhook_is_told(told: Told, outside: str) -> None:
    hook(told, outside, name="other-topic", topics=["run.failed"])
    hook(told, outside, name="other-queue", queues=["finance"], topics=[])
    hook(told, outside, name="higher", least_band="critical", topics=[])
    hook(told, outside, name="fits", topics=["approval.asked"], queues=["reviewer"], least_band="low")
    told.person("reviewer")
    told.desk.asked()
    told.catch_up()
    assert {one.webhook.name for one in Delivery.objects.select_related("webhook") if one.webhook} == {"fits"}


def test_a_paused_webhook_is_told_nothing_and_a_removed_one_is_gone(told: Told, outside: str) -> None:
    webhook = pause_webhook(hook(told, outside), SYSTEM)
    told.person("reviewer")
    told.desk.asked()
    told.catch_up()
    assert (call_due(), Outside.received) == (0, [])
    told.desk.asked()
    webhook = resume_webhook(webhook, SYSTEM)
    told.catch_up()
    assert call_due() >= 1
    remove_webhook(webhook, SYSTEM)
    assert not Webhook.objects.exists()


@pytest.mark.parametrize(
    "says",
    [
        {"url": "ftp://example.org/"}, {"url": "http://169.254.169.254/latest/"}, {"url": "https://user:pass@example.org/"},
        {"name": " "}, {"shape": "fax"}, {"topics": ["weather"]}, {"least_band": "huge"}, {"url": "http://[::ffff:169.254.1.1]/"},
    ],
)  # fmt: skip
def test_an_address_that_may_not_be_called_and_other_nonsense_is_refused(told: Told, says: dict[str, Any]) -> None:
    with pytest.raises(WebhookInvalid):
        hook(told, **{"url": "http://192.0.2.1/", **says})


def test_private_addresses_are_refused_where_the_operator_says_so(told: Told, outside: str, settings: Any) -> None:
    webhook = hook(told, outside)
    settings.AGENT_PRIVATE_ADDRESSES = False
    with pytest.raises(WebhookInvalid):
        change_webhook(webhook, {"url": f"{outside}/other"}, SYSTEM)
    # It is looked at again when it is called: a name may lead elsewhere by then.
    assert try_webhook(webhook, SYSTEM).state == DeliveryState.DEAD
    assert Outside.received == []


def test_two_webhooks_do_not_share_a_name(told: Told, outside: str) -> None:
    hook(told, outside)
    with pytest.raises(WebhookKnown):
        hook(told, outside)


def test_all_that_is_due_for_a_person_is_one_mail(told: Told) -> None:
    set_ways(told.organization, {"approval.asked": MAIL}, SYSTEM)
    told.person("reviewer")
    for _ in range(3):
        told.desk.asked()
    told.catch_up()
    assert write_due() == 1
    [letter] = mail.outbox
    assert letter.to == ["reviewer@example.org"]
    assert letter.subject == "3 things happened in Acme"
    assert letter.body.count("/approvals/") == 3
    assert write_due() == 0


def test_what_was_read_or_decided_before_the_digest_is_not_in_it(told: Told) -> None:
    first, second = told.person("first"), told.person("second")
    run = told.desk.asked()
    told.catch_up()
    mark_all_read(second)
    told.desk.answer(run, first)
    told.catch_up()
    let_it_be_due()
    assert write_due() == 0
    assert {one.state for one in Delivery.objects.all()} == {DeliveryState.DROPPED}


def test_mail_that_cannot_be_sent_is_tried_again(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    set_ways(told.organization, {"approval.asked": MAIL}, SYSTEM)
    told.person("reviewer")
    told.desk.asked()
    told.catch_up()

    def refuse(*_: object) -> int:
        raise ConnectionRefusedError("nobody there")

    with monkeypatch.context() as patched:
        patched.setattr(EmailBackend, "send_messages", refuse)
        assert write_due() == 0
    assert "nobody there" in Delivery.objects.get().problem
    let_it_be_due()
    assert write_due() == 1


def test_a_test_mail_goes_to_oneself(told: Told) -> None:
    reviewer = told.person("reviewer")
    assert try_mail(reviewer).state == DeliveryState.DELIVERED
    assert mail.outbox[0].to == ["reviewer@example.org"]


def test_the_record_names_the_host_of_a_webhook_and_not_its_whole_address(told: Told) -> None:
    webhook = hook(told, "https://192.0.2.1/services/T0/B0/what-only-admins-know")
    change_webhook(webhook, {"name": "other"}, SYSTEM)
    remove_webhook(webhook, SYSTEM)
    bodies = AuditEvent.objects.filter(stream="notifications").values_list("body", flat=True)
    assert len(bodies) == 3
    assert all("192.0.2.1" in body and "what-only-admins-know" not in body for body in bodies)


def test_secrets_are_not_in_the_database(told: Told, outside: str) -> None:
    webhook = hook(told, outside)
    kept = " ".join(str(getattr(webhook, field.attname)) for field in Webhook._meta.concrete_fields)
    assert secret_of(webhook).removeprefix("whsec_") not in kept
