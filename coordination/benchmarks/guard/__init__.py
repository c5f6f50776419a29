"""Policies written from published texts, judged on labelled traces through the real guard."""

from collections.abc import Iterator

from django.core.management.base import CommandError

from coordination.benchmarks.guard import injections, support
from coordination.benchmarks.guard.traces import traces_in
from coordination.benchmarks.measure import Measurement, Options

__all__ = ["measure"]


def measure(options: Options) -> Iterator[Measurement]:
    """Yield what the guard stops and what it holds wrongly: injected instructions, then an airline's support."""
    if options.data is None or not options.data.is_dir():
        raise CommandError("guard needs the data sets: name their folder with --data.")
    traces = traces_in(options.data / "agentdojo_traces" / "traces.jsonl", options.sample)
    yield from injections.measurements(injections.judge(traces))
    talks = traces_in(options.data / "tau_airline_traces" / "traces.jsonl", options.sample)
    yield from support.measurements(support.judge(talks))
