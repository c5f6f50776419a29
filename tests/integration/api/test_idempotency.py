"""A request that is repeated has its effect once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from coordination.accounts.models import ApiToken
from coordination.api.models import IdempotentCall
from coordination.runs.models import Run
from coordination.shared.clock import now
from tests.integration.api.support import Caller


def test_the_same_key_gives_the_same_answer(manager: Caller) -> None:
    first = manager.start(Idempotency_Key="k1")
    second = manager.start(Idempotency_Key="k1")
    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["Idempotent-Replayed"] == "true"
    assert Run.objects.count() == 1


def test_another_key_is_another_request(manager: Caller) -> None:
    assert manager.start(Idempotency_Key="k1").json()["id"] != manager.start(Idempotency_Key="k2").json()["id"]


def test_the_same_key_for_something_else_is_refused(manager: Caller) -> None:
    manager.start("one", Idempotency_Key="k1")
    refused = manager.start("two", Idempotency_Key="k1")
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency-key-reused")


def test_a_key_belongs_to_one_person_and_one_address(manager: Caller, calls: Callable[..., Caller]) -> None:
    run_id = manager.start(Idempotency_Key="k1").json()["id"]
    assert manager.post(f"runs/{run_id}/pause/", Idempotency_Key="k1").json()["status"] == "paused"
    other = calls("second", organization=manager.member.organization)
    other.member.roles = ["manager"]
    other.member.save()
    assert other.start(Idempotency_Key="k1").json()["id"] != run_id


def test_what_failed_is_tried_again(manager: Caller, admin: Caller) -> None:
    body = {"workflow": "later", "input": {}}
    assert manager.post("runs/", body, Idempotency_Key="k1").status_code == 404
    assert not IdempotentCall.objects.exists()
    spec = {"steps": [{"id": "one", "set": {"x": 1}}]}
    admin.put("workflows/later/", {"metadata": {"name": "later"}, "spec": spec})
    admin.post("workflows/later/publish/")
    assert manager.post("runs/", body, Idempotency_Key="k1").status_code == 201


def test_after_a_day_the_key_is_free(manager: Caller) -> None:
    first = manager.start(Idempotency_Key="k1").json()["id"]
    IdempotentCall.objects.update(created_at=now() - timedelta(hours=25))
    assert manager.start(Idempotency_Key="k1").json()["id"] != first


def test_a_secret_is_never_kept(manager: Caller) -> None:
    first = manager.post("tokens/", {"name": "ci"}, Idempotency_Key="k1").json()
    second = manager.post("tokens/", {"name": "ci"}, Idempotency_Key="k1").json()
    assert "token" in first
    assert second == {name: value for name, value in first.items() if name != "token"}
    assert first["token"] not in str(IdempotentCall.objects.get().answer)
    assert ApiToken.objects.filter(name="ci").count() == 1


@pytest.mark.parametrize("key", ["x" * 201, "a\x7fb"])
def test_a_key_that_cannot_be_kept_is_refused(manager: Caller, key: str) -> None:
    assert manager.start(Idempotency_Key=key).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_wins_and_all_hear_of_it(manager: Caller) -> None:
    def start(_: int) -> Any:
        try:
            return Caller(Client(), manager.member, manager.token).start(Idempotency_Key="k1").json()
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(start, range(6)))
    assert len({answer["id"] for answer in answers}) == 1
    assert Run.objects.count() == 1
