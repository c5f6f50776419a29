"""Runs accepted per second, through the service and over HTTP, beside chains handed to Celery. No worker runs."""

import http.client
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.accounts.services import add_member
from coordination.audit.people import issue_token
from coordination.benchmarks import bare
from coordination.benchmarks.house import chain_of, make_house, publish
from coordination.benchmarks.measure import Measurement, Options
from coordination.benchmarks.serving import HOST, web
from coordination.runs.models import Run
from coordination.runs.services import Wish, start_run, start_runs

RUNS = 400
STEPS = 10
CLIENTS = 8
# Runs that are started with one commit.
TOGETHER = 100
_WARM_UP = 10


def measure(options: Options) -> list[Measurement]:
    """Return how many runs of a 10-step workflow are accepted each second."""
    runs = max(CLIENTS, options.sample or RUNS)
    celery = runs / _seconds(lambda: bare.start_chain(STEPS), runs)
    bare.app.control.purge()
    house = make_house()
    publish(house, "chain", chain_of(STEPS))
    service = runs / _seconds(lambda: start_run(house, "chain", {}, actor=SYSTEM), runs)
    batch, batches = [Wish("chain", {})] * TOGETHER, max(1, runs // TOGETHER)
    together = batches * TOGETHER / _seconds(lambda: start_runs(house, batch, actor=SYSTEM), batches)
    details = {"runs": runs, "steps": STEPS}
    return [
        Measurement("start", service, "runs/s", celery, {**details, "callers": 1}),
        Measurement("start together", together, "runs/s", celery, {**details, "together": TOGETHER}),
        Measurement("start over HTTP", _over_http(house, runs), "runs/s", celery, {**details, "callers": CLIENTS}),
    ]


def _seconds(start: Callable[[], object], count: int) -> float:
    for _ in range(_WARM_UP):
        start()
    began = time.perf_counter()
    for _ in range(count):
        start()
    return time.perf_counter() - began


def _over_http(house: Organization, runs: int) -> float:
    """Return runs per second that several clients start, each on a connection of its own."""
    _, token = issue_token(add_member(house, f"{house.slug}-manager", ["manager"]), "bench", SYSTEM)
    shares = [runs // CLIENTS + (number < runs % CLIENTS) for number in range(CLIENTS)]
    before = Run.objects.filter(organization=house).count()
    with web() as port, ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(lambda _: _post(port, token, 1), range(CLIENTS)))
        began = time.perf_counter()
        list(clients.map(lambda share: _post(port, token, share), shares))
        seconds = time.perf_counter() - began
    started = Run.objects.filter(organization=house).count() - before
    if started != runs + CLIENTS:
        raise RuntimeError(f"{started} runs were started instead of {runs + CLIENTS}.")
    return runs / seconds


def _post(port: int, token: str, count: int) -> None:
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Host": "localhost"}
    body = json.dumps({"workflow": "chain", "input": {}})
    for _ in range(count):
        connection.request("POST", "/api/v1/runs/", body, headers)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != http.client.CREATED:
            raise RuntimeError(f"A run was not accepted: {answer.status} {said[:200]!r}")
    connection.close()
