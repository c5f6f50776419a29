"""Agents of one run that write to each other, as many as 500 at once, beside bare Redis streams.

Every agent has two threads: one writes to the next agent, the other waits for what is for it. The baseline does that
with a stream for each and XREAD, and keeps nothing else: no policy, no record, no receipt.
"""

import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import redis
from django.conf import settings
from django.db import connection

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.benchmarks.house import add_agent, chain_of, make_house, publish
from coordination.benchmarks.measure import Measurement, Options
from coordination.messaging.taking import MOST_AT_ONCE
from coordination.runs.models import Run
from coordination.runs.services import start_run
from coordination.runs.services.writing import letters_of
from coordination.shared.ids import new_id

AGENTS = (10, 100, 500)
MESSAGES = 4_000
_WAIT_S = 60.0


class Talker(Protocol):
    """One who writes and waits."""

    def send(self, to: int, at: float) -> None:
        """Write a moment to another."""

    def heard(self) -> list[float]:
        """Wait for what others wrote, and return their moments."""


@dataclass(frozen=True, slots=True)
class Told:
    """How long everything took, and each message from before it was sent until it was heard."""

    seconds: float
    took_s: list[float]

    @property
    def rate(self) -> float:
        """Return messages per second."""
        return len(self.took_s) / self.seconds

    def percentile(self, percent: int) -> float:
        """Return within how many milliseconds so many percent were heard."""
        return round(1000 * statistics.quantiles(self.took_s, n=100)[percent - 1], 1)


def measure(options: Options) -> Iterator[Measurement]:
    """Yield messages per second and how long they take, with more and more agents."""
    messages = options.sample or MESSAGES
    house = make_house()
    for number in range(max(AGENTS)):
        add_agent(house, _name(number))
    publish(house, "talk", chain_of(1))
    for agents in AGENTS:
        each = max(1, messages // agents)
        name = new_id().hex
        bare = _talk([_Bare(name, number) for number in range(agents)], each)
        run = start_run(house, "talk", {}, actor=SYSTEM)
        ours = _talk([_Ours(house, run, number) for number in range(agents)], each)
        details: dict[str, Any] = {
            "messages": agents * each,
            "p50_ms": ours.percentile(50),
            "p99_ms": ours.percentile(99),
            "redis_p50_ms": bare.percentile(50),
            "redis_p99_ms": bare.percentile(99),
        }
        yield Measurement(f"messages, {agents} agents", ours.rate, "messages/s", bare.rate, details)


def _talk(talkers: Sequence[Talker], each: int) -> Told:
    """Let everyone write so many messages to the next one, while everyone listens."""
    took: list[float] = []
    gate = threading.Barrier(2 * len(talkers) + 1)

    def write(number: int) -> None:
        gate.wait()
        for _ in range(each):
            talkers[number].send((number + 1) % len(talkers), time.perf_counter())

    def listen(number: int) -> None:
        left = each
        gate.wait()
        while left:
            heard = talkers[number].heard()
            moment = time.perf_counter()
            took.extend(moment - at for at in heard)
            left -= len(heard)

    threads = [threading.Thread(target=act, args=(n,)) for n in range(len(talkers)) for act in (listen, write)]
    for thread in threads:
        thread.start()
    gate.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return Told(time.perf_counter() - began, took)


class _Ours:
    def __init__(self, house: Organization, run: Run, number: int) -> None:
        self._writes, self._reads = (letters_of(house, run.pk, _name(number)) for _ in range(2))

    def send(self, to: int, at: float) -> None:
        self._writes.send(f"agent:{_name(to)}", at)
        connection.close()

    def heard(self) -> list[float]:
        # As an agent waits: no connection to the database is held meanwhile.
        bell = self._reads.bell()
        while True:
            found = self._reads.look(limit=MOST_AT_ONCE)
            connection.close()
            if found:
                return [one.content for one in found if isinstance(one.content, float)]
            bell.wait(_WAIT_S)


class _Bare:
    def __init__(self, name: str, number: int) -> None:
        self._name, self._own = name, f"{name}:{number}"
        self._client = redis.Redis.from_url(settings.REDIS_URL)
        self._last = "0"

    def send(self, to: int, at: float) -> None:
        self._client.xadd(f"{self._name}:{to}", {"at": at})

    def heard(self) -> list[float]:
        found: Any = self._client.xread({self._own: self._last}, count=MOST_AT_ONCE, block=int(_WAIT_S * 1000))
        rows = found[0][1]
        self._last = rows[-1][0]
        return [float(row[b"at"]) for _, row in rows]


def _name(number: int) -> str:
    return f"talker-{number}"
