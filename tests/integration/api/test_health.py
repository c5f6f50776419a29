"""What load balancers and Prometheus are told."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from redis.exceptions import ConnectionError as RedisAway

from coordination.api import health
from coordination.shared import presence
from tests.integration.api.support import Caller


@pytest.fixture(autouse=True)
def _fresh(db: None) -> None:
    health.forget()
    cache.delete("worker-present")


def test_alive() -> None:
    assert Client().get("/healthz").json() == {"status": "ok"}


def test_ready_once_a_worker_is_there() -> None:
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["worker"].startswith("none")
    presence.announce(sender=None)
    health.forget()
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")


def test_not_ready_without_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise RedisAway

    monkeypatch.setattr(cache, "get", away)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "ok", "redis": "no answer", "worker": "unknown"}


def test_the_servers_behind_are_spared(django_assert_num_queries: Any) -> None:
    Client().get("/readyz")
    with django_assert_num_queries(0):
        Client().get("/readyz")


def test_metrics_are_prometheus_text(manager: Caller) -> None:
    manager.start()
    answer = Client().get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = answer.content.decode().splitlines()
    assert 'coordination_runs{status="running"} 1' in lines
    assert 'coordination_steps{status="ready"} 1' in lines
    assert any(line.startswith("coordination_audit_records_total ") for line in lines)


def test_only_reading() -> None:
    assert Client().post("/healthz").status_code == 405
    assert Client().post("/readyz").status_code == 405
