"""Webhooks: who may call, what a call starts, and that it starts once."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client, RequestFactory

from coordination.accounts.actors import SYSTEM
from coordination.api.hooks import LARGEST_BODY, Hook
from coordination.triggers.hooks import secret_of, signature
from coordination.triggers.models import Firing, Trigger
from coordination.triggers.services import pause_trigger, rotate_secret
from tests.integration.triggers.conftest import World

INPUT = {"day": "${event.body.day}"}


@pytest.fixture
def hook(world: World) -> Trigger:
    return world.trigger("webhook", name="orders", input=INPUT)


class Sender:
    """Someone outside who knows a secret."""

    def __init__(self, world: World, secret: str) -> None:
        self.world, self.secret, self.client = world, secret, Client(enforce_csrf_checks=True)

    def send(
        self, trigger_id: Any, body: Any = None, *, delivery: str = "one", ago: timedelta = timedelta(0), **other: str
    ) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps({"day": "monday"} if body is None else body).encode()
        stamp = str(int((self.world.now - ago).timestamp()))
        headers = {
            "X-Delivery": delivery,
            "X-Timestamp": stamp,
            "X-Signature-256": signature(self.secret, delivery, stamp, raw),
            **{name.replace("_", "-"): value for name, value in other.items()},
        }
        return self.client.post(f"/hooks/{trigger_id}/", raw, content_type="application/json", headers=headers)


@pytest.fixture
def sender(world: World, hook: Trigger) -> Sender:
    return Sender(world, secret_of(hook))


def test_a_signed_call_starts_a_run(world: World, hook: Trigger, sender: Sender) -> None:
    answer = sender.send(hook.pk)
    assert answer.status_code == 202, answer.content
    (run,) = world.runs()
    firing = Firing.objects.get()
    assert answer.json() == {"firing": str(firing.pk), "state": "started", "run": str(run.pk), "reason": ""}
    assert (run.input, run.started_by_name) == ({"day": "monday"}, "orders")
    assert world.recorded("orders")[-1] == ("TriggerFired", "trigger:orders")


def test_the_same_delivery_starts_once_and_is_answered_again(world: World, hook: Trigger, sender: Sender) -> None:
    first = sender.send(hook.pk)
    again = sender.send(hook.pk)
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    sender.send(hook.pk, delivery="two")
    assert len(world.runs()) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"X_Signature_256": "sha256=" + "0" * 64},
        {"X_Signature_256": ""},
        {"X_Signature_256": "sha1=abc"},
        {"X_Signature_256": "sha256=é"},
        {"X_Delivery": "another"},
        {"X_Delivery": ""},
        {"X_Delivery": "with.dot"},
        {"X_Delivery": "x" * 151},
        {"X_Timestamp": "1780315201"},
        {"X_Timestamp": "soon"},
        {"X_Timestamp": ""},
        {"X_Timestamp": "٣"},
    ],
    ids=str,
)
def test_what_was_not_signed_with_the_secret_is_refused(
    world: World, hook: Trigger, sender: Sender, change: dict[str, str]
) -> None:
    answer = sender.send(hook.pk, **change)
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == "HMAC-SHA256"
    assert answer.json()["code"] == "signature-invalid"
    assert (world.runs(), world.came()) == ([], [])


def test_another_body_does_not_fit_the_signature(hook: Trigger, sender: Sender, world: World) -> None:
    stamp = str(int(world.now.timestamp()))
    headers = {"X-Delivery": "d", "X-Timestamp": stamp}
    headers["X-Signature-256"] = signature(sender.secret, "d", stamp, b'{"day": "monday"}')
    body = b'{"day": "sunday"}'
    answer = Client().post(f"/hooks/{hook.pk}/", body, content_type="application/json", headers=headers)
    assert answer.status_code == 401


@pytest.mark.parametrize(("minutes", "status"), [(4.9, 202), (5.1, 401), (-4.9, 202), (-5.1, 401)])
def test_an_old_call_cannot_be_played_again(hook: Trigger, sender: Sender, minutes: float, status: int) -> None:
    answer = sender.send(hook.pk, ago=timedelta(minutes=minutes))
    assert answer.status_code == status
    if status == 401:
        assert "five minutes" in answer.json()["detail"]


def test_an_unknown_address_is_not_found(world: World, sender: Sender) -> None:
    timed = world.trigger()
    for address in (uuid4(), timed.pk):
        answer = sender.send(address)
        assert (answer.status_code, answer.json()["code"]) == (404, "hook-unknown")


def test_another_hooks_secret_opens_nothing(world: World, hook: Trigger, sender: Sender) -> None:
    other = world.trigger("webhook", name="other")
    assert sender.send(other.pk).status_code == 401


def test_the_secret_before_is_refused_once_it_was_rotated(world: World, hook: Trigger, sender: Sender) -> None:
    _, secret = rotate_secret(world.organization, "orders", SYSTEM)
    assert sender.send(hook.pk).status_code == 401
    assert Sender(world, secret).send(hook.pk).status_code == 202


def test_a_new_secret_key_makes_all_secrets_new(hook: Trigger, sender: Sender, settings: Any) -> None:
    settings.SECRET_KEY = "x" * 50
    assert sender.send(hook.pk).status_code == 401


def test_a_large_body_is_refused(hook: Trigger, sender: Sender) -> None:
    largest = json.dumps({"day": "x"}).encode().ljust(LARGEST_BODY)
    assert sender.send(hook.pk, largest).status_code == 202
    answer = sender.send(hook.pk, largest + b" ", delivery="two")
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_a_large_body_that_does_not_say_how_long_it_is_is_refused(hook: Trigger) -> None:
    request = RequestFactory().post(f"/hooks/{hook.pk}/", b" " * (LARGEST_BODY + 1), content_type="application/json")
    del request.META["CONTENT_LENGTH"]
    assert Hook.as_view()(request, hook_id=hook.pk).status_code == 413


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "not JSON"),
        (b'{"day": NaN}', "NaN is not JSON"),
        (b"\xff", "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"day": "\\u0000"}', "NUL"),
        (b"", "event.body"),
        (b"[]", "event.body.day"),
        (b'{"date": "monday"}', 'there is no "day"'),
        (b'{"day": 7}', "does not fit the workflow report"),
    ],
)
def test_a_body_that_starts_nothing_is_told_why(
    world: World, hook: Trigger, sender: Sender, body: bytes, told: str
) -> None:
    answer = sender.send(hook.pk, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "delivery-refused")
    assert told in answer.json()["detail"]
    assert world.runs() == []


def test_a_delivery_that_was_refused_can_be_sent_again(world: World, hook: Trigger, sender: Sender) -> None:
    assert sender.send(hook.pk, {"date": "monday"}).status_code == 422
    assert world.came() == ["refused"]
    world.trigger("webhook", name="orders", input={"day": "${event.body.date}"})
    assert sender.send(hook.pk, {"date": "monday"}).status_code == 202
    assert world.came() == ["started"]


def test_a_paused_hook_says_so(world: World, hook: Trigger, sender: Sender) -> None:
    pause_trigger(world.organization, "orders", SYSTEM)
    answer = sender.send(hook.pk)
    assert (answer.status_code, answer.json()["code"]) == (409, "hook-paused")
    assert world.came() == []


def test_a_hook_takes_so_many_calls_a_minute(world: World) -> None:
    hook = world.trigger("webhook", {"per_minute": 3}, name="orders")
    sender = Sender(world, secret_of(hook))
    answers = [sender.send(hook.pk, delivery=f"d{number}") for number in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert answers[3].headers["Retry-After"] == "60"
    assert sender.send(hook.pk, delivery="d1").status_code == 202
    world.later(seconds=61)
    assert sender.send(hook.pk, delivery="d3").status_code == 202


def test_a_call_while_a_run_goes_on_is_told_what_becomes_of_it(world: World) -> None:
    hook = world.trigger("webhook", name="orders", overlap="queue")
    sender = Sender(world, secret_of(hook))
    told = [sender.send(hook.pk, delivery=f"d{number}").json() for number in range(3)]
    assert [one["state"] for one in told] == ["started", "queued", "skipped"]
    assert [one["run"] is None for one in told] == [False, True, True]
    world.end(world.runs()[0])
    assert world.tick() == ["started", "started", "skipped"]
    assert sender.send(hook.pk, delivery="d1").json()["run"] == str(world.runs()[1].pk)


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_only_a_post_is_a_call(hook: Trigger, method: str) -> None:
    answer = getattr(Client(), method)(f"/hooks/{hook.pk}/")
    assert answer.status_code == 405
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_an_idempotency_key_changes_nothing(hook: Trigger, sender: Sender) -> None:
    assert sender.send(hook.pk, Idempotency_Key="x").status_code == 202
