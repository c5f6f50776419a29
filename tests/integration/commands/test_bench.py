"""`bench`: what it prints, what it counts, and that what it measures with runs. Nothing here is timed."""

import io
import json
from collections.abc import Iterable
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command

from coordination.accounts.actors import SYSTEM
from coordination.benchmarks import policy, timing
from coordination.benchmarks.counting import counted
from coordination.benchmarks.house import MODULES, add_agent, chain_of, make_house, map_and_join, publish
from coordination.benchmarks.measure import Measurement, Options
from coordination.management.commands import bench
from coordination.runs.services import start_run
from tests.factories import make_organization
from tests.working import work_off


def printed(*words: str) -> str:
    out = io.StringIO()
    call_command("bench", "--here", *words, stdout=out)
    return out.getvalue()


def measured(options: Options) -> Iterable[Measurement]:
    return [Measurement("fake", 30.0, "steps/s", 10.0, {"sample": options.sample})]


def test_a_benchmark_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(CommandError, match="There is no benchmark chian; there are chain, fanout, flat, latency"):
        printed("chian")


def test_it_prints_one_object_a_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bench.BENCHMARKS, "fake", measured)
    found = json.loads(printed("fake", "--json", "--sample", "7"))
    assert found == {"name": "fake", "value": 30.0, "unit": "steps/s", "baseline": 10.0, "ratio": 3.0, "sample": 7}
    assert "baseline 10.000   ratio 3.00   (sample 7)" in printed("fake", "--sample", "7")


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(number) for number in range(1, 101)]
    assert [timing.percentile(values, share) for share in (0.0, 0.5, 0.99, 1.0)] == [1.0, 50.0, 99.0, 100.0]
    assert timing.percentile([3.0], 0.99) == 3.0


@pytest.mark.django_db
def test_what_it_measures_with_runs_to_its_end(settings: Any) -> None:
    settings.AGENT_MODULES = [MODULES]
    house = make_house()
    publish(house, "chain", chain_of(3))
    publish(house, "map", map_and_join(concurrency=2))
    add_agent(house, "napper", "nap")
    publish(house, "naps", [{"id": "nap", "agent": {"name": "napper"}}])
    started = [start_run(house, name, {"items": [1, 2, 3]}, actor=SYSTEM) for name in ("chain", "map", "naps")]
    assert [(work_off(run).status, run.steps_done) for run in started] == [
        ("succeeded", 3), ("succeeded", 5), ("succeeded", 1),
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_it_counts_commits_messages_and_commands_and_says_so_where_statements_are_not_counted() -> None:
    with counted(statements=True) as counts:
        for number in range(3):
            make_organization(f"house-{number}")
        cache.set("something", 1)
    assert counts.commits >= 3
    assert counts.wal_bytes > 0
    assert counts.redis_commands >= 1
    assert counts.messages == 0
    assert counts.statements is None


@pytest.mark.django_db(transaction=True)
def test_a_benchmark_whose_runs_fail_says_so_instead_of_a_figure() -> None:
    house = make_house()
    publish(house, "broken", [{"id": "a", "set": {"x": "${1 / int(input.zero)}"}}])
    with pytest.raises(RuntimeError, match="2 runs of the benchmark did not succeed"):
        timing.seconds_for(house, "broken", [{"zero": 0}] * 2)


@pytest.mark.django_db
def test_it_measures_policies_beside_the_bare_engine_and_tries_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "_ROUNDS", 1)
    monkeypatch.setattr(policy, "_WARM_UP", 0)
    judged, recorded, tried = policy.measure(Options(sample=150))
    assert (judged.name, judged.details["rules"], judged.details["facts"]) == ("policy", 20, 30)
    assert judged.baseline == recorded.baseline
    assert (tried.details["decisions"], tried.details["stricter"] > 0) == (150, True)
