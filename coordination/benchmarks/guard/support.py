"""Recorded conversations of an airline's support agent: are the wrong changes held, and the right ones let through?"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from coordination.accounts.models import Organization
from coordination.benchmarks.guard.airline import facts_of
from coordination.benchmarks.guard.house import Recorded, ask, house_with
from coordination.benchmarks.guard.scoring import ByRule, Share
from coordination.benchmarks.measure import Measurement

POLICY: Final = "airline"
_ALLOWS: Final = frozenset({"in-order"})
# What is compared with: nothing happens unless the customer's last message says yes.
PLAIN: Final = "confirmed"
WARN: Final = frozenset({"confirmed", "listed", "price-known", "insured-reason"})
# Every other task: the rules were written with the first half at hand.
HALVES: Final = ("first half", "second half")
CANNOT_SEE: Final = (
    "whether another flight, date or bag would have suited the customer better: what was meant is in nobody's record",
    "what the agent did not look up: prices, seats and profiles count only once a tool has shown them",
    "whether the customer's reason is true; its words are searched, not understood",
    "calls that should have been made and were not",
    "labels: a call with one more harmless field, or an equivalent one, counts as wrong here",
)


@dataclass(frozen=True, slots=True)
class JudgedCall:
    """A writing call: to which tool and half of the tasks it belongs, whether it was wrong, and what the guard said."""

    tool: str
    half: str
    is_wrong: bool
    held: bool
    rules: frozenset[str]


def judge(traces: Sequence[dict[str, Any]]) -> list[JudgedCall]:
    """Put every writing call to the guard, with the facts that stood before it."""
    house = house_with(POLICY, tools_of(traces))
    first = frozenset(sorted({trace["task"] for trace in traces})[::2])
    return [one for trace in traces for one in _judged(house, trace, HALVES[trace["task"] not in first])]


def tools_of(traces: Iterable[dict[str, Any]]) -> list[Recorded]:
    """Return the tools that the conversations call."""
    arguments: dict[str, set[str]] = defaultdict(set)
    writes: dict[str, bool] = {}
    for event in (event for trace in traces for event in trace["events"] if event["type"] == "tool_call"):
        arguments[event["tool"]] |= set(event["args"])
        writes[event["tool"]] = writes.get(event["tool"], False) or event["write"]
    return [Recorded(name, writes[name], frozenset(names)) for name, names in sorted(arguments.items())]


def measurements(judged: Sequence[JudgedCall]) -> Iterator[Measurement]:
    """Yield precision and recall for all, for each half of the tasks and for each tool, then what each rule did."""
    counted = ByRule()
    for one in judged:
        counted.add(one.rules, is_wrong=one.is_wrong)
    shares = dict(counted.shares(_ALLOWS))
    plain = shares.get(PLAIN, Share(0, 0)).value
    yield from _of_calls("airline", judged, plain or None, tuple(f"cannot see: {one}" for one in CANNOT_SEE))
    for half in HALVES:
        yield from _of_calls(f"airline {half}", [one for one in judged if one.half == half])
    for tool in sorted({one.tool for one in judged}):
        yield from _of_calls(f"airline {tool}", [one for one in judged if one.tool == tool])
    for rule, share in shares.items():
        does = {"does": "warns"} if rule in WARN else {}
        yield Measurement(f"airline, rule {rule}", share.value, "wrong calls", None, {**share.as_details(), **does})


def _of_calls(
    name: str, judged: Sequence[JudgedCall], plain: float | None = None, notes: Sequence[str] = ()
) -> Iterator[Measurement]:
    precision = Share.of(one.is_wrong for one in judged if one.held)
    recall = Share.of(one.held for one in judged if one.is_wrong)
    let_go = Share.of(one.held for one in judged if not one.is_wrong)
    base = {"n": len(judged), "base_rate": round(Share.of(one.is_wrong for one in judged).value, 3)}
    details = {**precision.as_details(), **base}
    yield Measurement(f"{name}: precision", precision.value, "of held calls", plain, details, notes)
    yield Measurement(f"{name}: recall", recall.value, "of wrong calls", None, recall.as_details())
    yield Measurement(f"{name}: held wrongly", let_go.value, "of right calls", None, let_go.as_details())


def _judged(house: Organization, trace: dict[str, Any], half: str) -> list[JudgedCall]:
    events, found = trace["events"], []
    for at, event in enumerate(events):
        if event["type"] == "tool_call" and event["write"]:
            verdict = ask(house, event["tool"], event["args"], facts_of(event["tool"], event["args"], events[:at]))
            is_wrong = not event["in_ground_truth"]
            found.append(JudgedCall(event["tool"], half, is_wrong, verdict.held, verdict.rules))
    return found
