"""The events of a run as a stream that can be resumed."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from coordination.api import events
from coordination.runs.models import Run
from tests.integration.api.support import Caller

pytestmark = pytest.mark.django_db(transaction=True)


def parsed(chunk: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in chunk.strip().splitlines() if not line.startswith(":"))


async def stream(caller: Caller, run_id: str, **headers: str) -> Any:
    given = {"Authorization": f"Bearer {caller.token}", "Accept": "text/event-stream", **headers}
    return await AsyncClient().get(f"/api/v1/runs/{run_id}/events/", headers=given)


async def chunks(response: Any) -> AsyncIterator[dict[str, str]]:
    async for part in response.streaming_content:
        for chunk in part.decode().split("\n\n"):
            if chunk.strip():
                yield parsed(chunk)


def test_a_stream_follows_a_run_to_its_end(manager: Caller) -> None:
    run_id = manager.start().json()["id"]

    async def follow() -> list[dict[str, str]]:
        response = await stream(manager, run_id)
        assert response.headers["Content-Type"] == "text/event-stream"
        heard = []
        async for chunk in chunks(response):
            heard.append(chunk)
            if len(heard) == 1:
                await sync_to_async(manager.post)(f"runs/{run_id}/cancel/")
        return heard

    heard = asyncio.run(asyncio.wait_for(follow(), 20))
    assert heard[-1]["event"] == "end"
    told = [json.loads(chunk["data"]) for chunk in heard[:-1]]
    assert [int(chunk["id"]) for chunk in heard[:-1]] == list(range(1, len(told) + 1))
    assert told[0]["kind"] == "RunStarted"
    assert told[-1]["kind"] == "RunCancelled"


def test_a_stream_goes_on_where_it_was_left(manager: Caller, work: Callable[[str], Run]) -> None:
    run_id = manager.start().json()["id"]
    work(run_id)
    manager.post(f"runs/{run_id}/cancel/")

    async def resume(last: int) -> list[dict[str, str]]:
        return [chunk async for chunk in chunks(await stream(manager, run_id, **{"Last-Event-ID": str(last)}))]

    assert asyncio.run(resume(2))[0]["id"] == "3"


def test_after_the_end_nothing_comes(manager: Caller) -> None:
    run_id = manager.start().json()["id"]
    manager.post(f"runs/{run_id}/cancel/")
    n_events = len(manager.get(f"runs/{run_id}/events/").json()["results"])
    response = asyncio.run(stream(manager, run_id, **{"Last-Event-ID": str(n_events)}))
    assert response.status_code == 204


def test_without_redis_the_events_are_found_by_row(manager: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        async def new_channel(self) -> str:
            raise ConnectionError("no Redis")

    monkeypatch.setattr(events, "get_channel_layer", Away)
    monkeypatch.setattr(events, "POLL_S", 0.1)
    test_a_stream_follows_a_run_to_its_end(manager)


def test_a_refusal_is_still_a_problem(manager: Caller) -> None:
    response = asyncio.run(stream(manager, "0192f000-0000-7000-8000-000000000000"))
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert json.loads(response.content)["code"] == "run-unknown"


def test_a_long_stream_ends_so_that_rights_are_looked_at_again(
    manager: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "LONGEST_S", 0.3)
    monkeypatch.setattr(events, "POLL_S", 0.1)
    monkeypatch.setattr(events, "KEEP_ALIVE_S", 0.05)
    run_id = manager.start().json()["id"]

    async def follow() -> list[dict[str, str]]:
        return [chunk async for chunk in chunks(await stream(manager, run_id))]

    heard = asyncio.run(asyncio.wait_for(follow(), 20))
    assert {} in heard
    assert "event" not in heard[-1]
