"""Streams of decisions with a known bias through real monitors, beside the four-fifths rule on the bare rates.

The rule judges once, at the end of a stream, and says nothing of how sure it is. A monitor looks after every twentieth
decision and once more at the end that was planned for it.
"""

import csv
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.core.management.base import CommandError
from django.utils import timezone

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.accounts.services import create_organization
from coordination.benchmarks.measure import Measurement, Options
from coordination.bias.services import (
    Decided,
    Known,
    count_decisions,
    look_at,
    put_characteristics,
    save_monitor,
)
from coordination.engine.manifest import Manifest
from coordination.engine.trust.bias import (
    Before,
    Finding,
    Pair,
    Standing,
    Tally,
    Terms,
    look,
    newcombe,
    pairs_in,
    planned_look,
    worst,
)
from coordination.engine.trust.intervals import Z95
from coordination.shared.ids import new_id

EVERY: Final = 20
ALARM: Final = Standing.WATCH.rank
SIMULATED: Final = 1_000
_FOUR_FIFTHS: Final = 0.8
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Stream:
    """Decisions in the order in which they were made: is it about the protected group, and was it favourable."""

    ratio: float
    decisions: Sequence[tuple[bool, bool]]


@dataclass(frozen=True, slots=True)
class Judged:
    """What each way of judging makes of a stream."""

    ratio: float
    always: bool
    planned: bool
    four_fifths: bool
    naive: bool
    # Either way of looking with the whole allowance for itself.
    always_alone: bool
    planned_alone: bool
    # The impact ratio of the rates at the end.
    measured: float

    @property
    def monitor(self) -> bool:
        """Tell whether the monitor alarms."""
        return self.always or self.planned


def measure(options: Options) -> Iterator[Measurement]:
    """Yield how many fair streams stay quiet and how many unfair ones are caught, in real monitors and simulated."""
    if options.data is None or not options.data.is_dir():
        raise CommandError("bias needs the data sets: name their folder with --data.")
    folder = options.data / "bias_adult_german"
    streams = streams_in(folder if folder.is_dir() else options.data)[: options.sample or None]
    house = create_organization(f"bench-{new_id().hex[-12:]}", "Benchmark")
    yield from _told("bias", [through_monitor(house, stream) for stream in streams])
    rng = random.Random(7)
    ratios = (1.0, 0.8, 0.7, 0.5)
    judged = [_in_memory(simulated(rng, ratio)) for ratio in ratios for _ in range(options.sample or SIMULATED)]
    yield from _told("bias_simulated", judged)


def streams_in(folder: Path) -> list[Stream]:
    """Return the streams of a folder with what is true of them."""
    with (folder / "decision_streams_truth.csv").open(newline="") as file:
        truth = {row["stream"]: float(row["impact_ratio_in_expectation"]) for row in csv.DictReader(file)}
    found: dict[str, list[tuple[bool, bool]]] = {name: [] for name in truth}
    with (folder / "decision_streams.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            found[row["stream"]].append((row["group"] == "protected", row["approved"] == "1"))
    return [Stream(ratio, found[name]) for name, ratio in truth.items()]


def through_monitor(house: Organization, stream: Stream) -> Judged:
    """Return what a monitor makes of a stream: people, decisions and looks are real."""
    name = f"stream-{new_id().hex[-12:]}"
    spec = {
        "attributes": [{"name": "group", "reference": "other", "groups": ["protected", "other"]}],
        "period_decisions": len(stream.decisions),
    }
    said = {"kind": "BiasMonitor", "metadata": {"name": name}, "spec": spec}
    monitor = save_monitor(house, Manifest.model_validate(said), SYSTEM)
    people = [f"{name}-{at}" for at in range(len(stream.decisions))]
    groups = ["protected" if is_protected else "other" for is_protected, _ in stream.decisions]
    put_characteristics(house, [Known(one, "group", group) for one, group in zip(people, groups, strict=True)], SYSTEM)
    moment = timezone.now()
    decided = [Decided(one, one, is_good, moment) for one, (_, is_good) in zip(people, stream.decisions, strict=True)]
    for some in _batched(decided):
        count_decisions(monitor, some)
        look_at(monitor.pk)
    looks = list(monitor.looks.all())
    return Judged(
        stream.ratio,
        always=any(Standing(one.standing).rank >= ALARM for one in looks if not one.is_planned),
        planned=any(Standing(one.standing).rank >= ALARM for one in looks if one.is_planned),
        **_by_others(stream),
    )


def simulated(rng: random.Random, ratio: float) -> Stream:
    """Return a stream of the sizes and shares that the data set has."""
    n, share, rate = rng.choice((200, 400, 800)), rng.choice((0.32, 0.145)), rng.uniform(0.3, 0.6)
    decisions = []
    for _ in range(n):
        is_protected = rng.random() < share
        decisions.append((is_protected, rng.random() < (rate * ratio if is_protected else rate)))
    return Stream(ratio, decisions)


def _in_memory(stream: Stream) -> Judged:
    """Return what the engine alone makes of a stream."""
    terms, before = Terms(), dict[str, Before]()
    for tallies in _growing(stream):
        before = _remembered(look(_pairs(tallies), terms, before))
    ended = planned_look(_pairs(tallies), terms)
    return Judged(
        stream.ratio,
        always=any(one.standing.rank >= ALARM for one in before.values()),
        planned=worst(ended).rank >= ALARM,
        **_by_others(stream),
    )


def _pairs(tallies: Mapping[str, Tally]) -> list[Pair]:
    return pairs_in({"group": tallies}, {"group": "other"})


def _remembered(findings: Sequence[Finding]) -> dict[str, Before]:
    return {one.pair.key: Before(one.p, one.standing) for one in findings}


def _by_others(stream: Stream) -> dict[str, Any]:
    """Return what other ways of judging say: the four-fifths rule, a plain interval seen as often, one way alone."""
    naive = False
    whole, before = Terms(always=1.0), dict[str, Before]()
    for tallies in _growing(stream):
        own, other = tallies["protected"], tallies["other"]
        if min(own.n, other.n) >= Terms().least:
            naive = naive or newcombe(own, other, Z95)[0] > 0
        before = _remembered(look(_pairs(tallies), whole, before))
    measured = own.rate / other.rate if other.favourable else 1.0
    return {
        "four_fifths": measured < _FOUR_FIFTHS,
        "naive": naive,
        "measured": measured,
        "always_alone": any(one.standing.rank >= ALARM for one in before.values()),
        "planned_alone": worst(planned_look(_pairs(tallies), Terms(always=0.0))).rank >= ALARM,
    }


def _growing(stream: Stream) -> Iterator[Mapping[str, Tally]]:
    tallies = {"protected": Tally(), "other": Tally()}
    for some in _batched(stream.decisions):
        for is_protected, is_good in some:
            tallies["protected" if is_protected else "other"] += Tally(1, int(is_good))
        yield tallies


def _batched(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), EVERY):
        yield rows[start : start + EVERY]


def _told(name: str, judged: Sequence[Judged]) -> Iterator[Measurement]:
    for ratio in sorted({one.ratio for one in judged}, reverse=True):
        of = [one for one in judged if one.ratio == ratio]
        shares = {
            way: sum(getattr(one, way) for one in of) / len(of)
            for way in ("monitor", "always", "planned", "always_alone", "planned_alone", "four_fifths", "naive")
        }
        details: dict[str, Any] = {"streams": len(of), "alarms": sum(one.monitor for one in of)}
        details |= {f"{way}_share": round(share, 4) for way, share in shares.items() if way != "monitor"}
        if ratio == 1.0:
            quiet = 1 - shares["monitor"]
            details["false_alarms"] = round(shares["monitor"], 4)
            yield Measurement(f"{name}_fair_quiet", quiet, "of fair streams", 1 - shares["four_fifths"], details)
        else:
            # What the rates of the missed streams really were: chance made some of them nearly fair.
            missed = sorted(one.measured for one in of if not one.monitor)
            if len(missed) < _SHOWN:
                details["measured_ratios_missed"] = [round(one, 2) for one in missed]
            yield Measurement(
                f"{name}_caught_at_{ratio:g}", shares["monitor"], "of streams", shares["four_fifths"] or None, details
            )
