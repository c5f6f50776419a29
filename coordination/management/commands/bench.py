"""Run the project's own benchmarks, each beside its baseline in the same run."""

import json
import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from coordination import embedded
from coordination.benchmarks import (
    agents,
    audit,
    bias,
    chain,
    council,
    fanout,
    finding,
    flat,
    footprint,
    guard,
    idle,
    inquiries,
    latency,
    live,
    messages,
    negotiation,
    policy,
    start,
    worlds,
)
from coordination.benchmarks.counting import count_statements_in
from coordination.benchmarks.measure import Benchmark, Measurement, Options
from coordination.environment import CHECKOUT


def measure_worlds(options: Options) -> Iterator[Measurement]:
    """Yield what the agents achieve alone, and then together in the workflow."""
    yield from worlds.measure(options)
    yield from inquiries.measure(options)


BENCHMARKS: dict[str, Benchmark] = {
    "chain": chain.measure,
    "fanout": fanout.measure,
    "flat": flat.measure,
    "latency": latency.measure,
    "start": start.measure,
    "live": live.measure,
    "idle": idle.measure,
    "agents": agents.measure,
    "memory": finding.measure,
    "footprint": footprint.measure,
    "policy": policy.measure,
    "guard": guard.measure,
    "audit": audit.measure,
    "bias": bias.measure,
    "council": council.measure,
    "messages": messages.measure,
    "negotiation": negotiation.measure,
    "worlds": measure_worlds,
}


class Command(BaseCommand):
    """Measure on servers of its own, so that no benchmark touches your data."""

    help = "Run the project's own benchmarks, each beside its baseline in the same run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; default: all")
        parser.add_argument("--json", action="store_true", help="print one JSON object a benchmark")
        parser.add_argument("--data", type=Path, help="folder with the data sets that worlds, guard and bias need")
        parser.add_argument("--sample", type=int, default=0, help="use only so many cases; 0 is all")
        parser.add_argument("--here", action="store_true", help="measure on the configured servers")

    def handle(self, *args: Any, **options: Any) -> None:
        names = options["names"] or list(BENCHMARKS)
        for name in names:
            if name not in BENCHMARKS:
                raise CommandError(f"There is no benchmark {name}; there are {', '.join(BENCHMARKS)}.")
        if not options["here"]:
            sys.exit(_on_servers_of_its_own(sys.argv[2:]))
        for name in names:
            for measurement in BENCHMARKS[name](Options(options["data"], options["sample"])):
                line = json.dumps(measurement.as_json()) if options["json"] else measurement.as_line()
                self.stdout.write(line)
                self.stdout.flush()


def _on_servers_of_its_own(arguments: list[str]) -> int:
    """Repeat the command in a process whose home, database and Redis are new and thrown away."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        environment = {**os.environ, "COORDINATION_HOME": home}
        environment.pop("DATABASE_URL", None)
        environment.pop("REDIS_URL", None)
        servers = embedded.attach(Path(home), environment)
        try:
            count_statements_in(Path(home))
            manage = [sys.executable, str(CHECKOUT / "manage.py")]
            subprocess.run([*manage, "migrate", "--verbosity", "0"], env=environment, check=True)
            return subprocess.run([*manage, "bench", "--here", *arguments], env=environment, check=False).returncode
        finally:
            # Their files cannot be removed under them.
            for server in servers:
                server.leave()
