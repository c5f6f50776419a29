"""Decisions by 20 rules over 30 facts, beside the bare CEL engine that evaluates the same 20 programs."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from cel_expr_python import cel

from coordination.accounts.actors import SYSTEM
from coordination.accounts.models import Organization
from coordination.accounts.services import create_organization
from coordination.benchmarks.measure import Measurement, Options
from coordination.benchmarks.timing import percentile
from coordination.benchmarks.twenty import CONTEXT, RULES
from coordination.engine.cel import TYPES
from coordination.engine.cel_numbers import CONFIGURATION, IMPLEMENTATIONS
from coordination.engine.manifest import Manifest
from coordination.engine.rules.combine import Verdict, combine
from coordination.engine.rules.facts import FACTS, complete
from coordination.engine.rules.ruleset import PARAM_TYPES, Rule, RuleSet
from coordination.policies import services
from coordination.policies.manifest import RuleSpec, rule_of
from coordination.policies.models import Backtest, BacktestStatus
from coordination.policies.selectors import stamp_of
from coordination.shared.ids import new_id

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DECISIONS = 10_000
_ROUNDS = 500
_IN_A_ROUND = 20
_WARM_UP = 10
# The quicker rounds: in the others the machine did something else as well.
_UNDISTURBED = 0.2


def measure(options: Options) -> Iterator[Measurement]:
    """Yield decisions per second: judged, judged and put on record, and judged again by a backtest."""
    rules = [rule_of("refunds", 1, RuleSpec.model_validate(rule)) for rule in RULES]
    house = create_organization(f"bench-{new_id().hex[-12:]}", "Benchmark")
    policy = services.save_draft(house, _manifest(RULES), SYSTEM).policy
    services.publish(policy, 1, SYSTEM)
    bare, judged, recorded = _times([_bare(rules), _judging(rules), _deciding(house)])
    per_s = {"bare": 1 / bare, "judged": 1 / judged, "recorded": 1 / recorded}
    about = {"rules": len(rules), "facts": len(CONTEXT) + 1, "bare_us": round(bare * 1e6, 1)}
    yield Measurement("policy", per_s["judged"], "decisions/s", per_s["bare"], {**about, "us": round(judged * 1e6, 1)})
    yield Measurement(
        "policy_recorded", per_s["recorded"], "decisions/s", per_s["bare"], {**about, "us": round(recorded * 1e6, 1)}
    )
    yield _backtest(house, options.sample or DECISIONS)


def _bare(rules: list[Rule]) -> Callable[[], Any]:
    """Return what evaluates the programs with nothing around them; all share the values, which is the fastest way."""
    params = {
        f"r{at}.params.{name}": parameter for at, rule in enumerate(rules) for name, parameter in rule.params.items()
    }
    kinds = {**FACTS, **{name: PARAM_TYPES[parameter.type] for name, parameter in params.items()}}
    environment = cel.NewEnv(
        config=cel.NewEnvConfigFromYaml(json.dumps(CONFIGURATION)),
        variables={name: TYPES[kind] for name, kind in kinds.items()},
        function_impls=IMPLEMENTATIONS,
    )
    programs = [environment.compile(rule.when.replace("params.", f"r{at}.params.")) for at, rule in enumerate(rules)]
    values = {**CONTEXT, "now": NOON, **{name: parameter.value for name, parameter in params.items()}}

    def evaluate() -> list[Any]:
        activation = environment.Activation(values)
        return [program.eval(activation).plain_value() for program in programs]

    return evaluate


def _judging(rules: list[Rule]) -> Callable[[], Any]:
    """Return what judges the rules and combines what they say into one verdict with its reasons."""
    compiled = RuleSet(rules)

    def decide() -> Verdict:
        facts = complete(CONTEXT, NOON)
        _, matches = compiled.judge(facts, time.perf_counter_ns)
        return combine(matches, facts)

    return decide


def _deciding(house: Organization) -> Callable[[], Any]:
    """Return the whole of a decision in a run: with its record and the digest of it, which is written with others."""
    stamp = stamp_of(house.pk)
    return lambda: services.decide(house, CONTEXT, subject="run:1/step:refund", record=False, stamp=stamp)


def _times(ways: list[Callable[[], Any]]) -> list[float]:
    """Return the seconds of each way, in turns, so that all of them meet the same moments of a busy machine."""
    found: list[list[float]] = [[] for _ in ways]
    for number in range(_ROUNDS + _WARM_UP):
        for way, seconds in zip(ways, found, strict=True):
            began = time.perf_counter()
            for _ in range(_IN_A_ROUND):
                way()
            if number >= _WARM_UP:
                seconds.append((time.perf_counter() - began) / _IN_A_ROUND)
    return [percentile(seconds, _UNDISTURBED) for seconds in found]


def _backtest(house: Organization, count: int) -> Measurement:
    """Return how many decisions a backtest judges a second, of a change that makes some stricter and some looser."""
    stamp = stamp_of(house.pk)
    for start in range(0, count, 1_000):
        taken = [
            services.decide(house, _varied(number), subject=f"run:{number}", record=False, stamp=stamp)
            for number in range(start, min(start + 1_000, count))
        ]
        services.bulk_record(taken)
    changed = [{**RULES[0], "params": {"limit": {"type": "double", "value": 60}}}, *RULES[2:]]
    backtest = services.start_backtest(services.save_draft(house, _manifest(changed), SYSTEM), SYSTEM)
    began, began_cpu = time.perf_counter(), time.process_time()
    services.perform_backtest(backtest.pk)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - began_cpu
    report = Backtest.objects.get(pk=backtest.pk, status=BacktestStatus.FINISHED).report or {}
    about = {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
        "decisions": report["n"],
        "rules": len(RULES),
    }
    flips = {"stricter": report["stricter"], "looser": report["looser"]}
    return Measurement("backtest", count / seconds, "decisions/s", None, {**about, **flips})


def _varied(number: int) -> dict[str, Any]:
    amount = float(number % 150)
    args = {**CONTEXT["action.args"], "amount": amount, "order": f"A-{number}"}
    return {**CONTEXT, "action.amount": amount, "action.args": args, "risk.score": number % 90}


def _manifest(rules: list[dict[str, Any]]) -> Manifest:
    return Manifest.model_validate({"kind": "Policy", "metadata": {"name": "refunds"}, "spec": {"rules": rules}})
