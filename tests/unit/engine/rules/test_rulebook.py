"""What is tried out is noted beside what holds, and decides nothing but for canaries."""

from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import uuid4

from coordination.engine.rules.combine import Effect
from coordination.engine.rules.facts import complete
from coordination.engine.rules.limits import Limit
from coordination.engine.rules.rulebook import Judgement, Rulebook, Trial
from coordination.engine.rules.ruleset import Broken, Rule
from tests.unit.engine.rules.ruling import NOW, clock, rule

READ = {"hook": "action", "action.known": True, "action.effect": "read", "action.reversibility": "reversible"}


def judged(book: Rulebook, run: str = "", **facts: Any) -> Judgement:
    return book.judge(complete({**READ, **facts}, NOW), clock(), run)


def outcomes(judgement: Judgement) -> tuple[str, list[tuple[str, int, str]], str]:
    facts = complete(READ, NOW)
    shadows, together = judgement.shadows(facts, {})
    said = [(one.policy, one.version, one.outcome) for one in shadows]
    return judgement.verdict(facts, {}).outcome.value, said, together.outcome.value


def mild(**changes: Any) -> Rule:
    return replace(rule("mild", effect=Effect.WARN), **changes)


def strict(**changes: Any) -> Rule:
    return replace(rule("strict", effect=Effect.DENY), **changes)


def test_without_trials_nothing_is_noted() -> None:
    judgement = judged(Rulebook([strict()]))

    assert (judgement.tried, judgement.is_canary) == ((), False)
    assert judgement.verdict(complete(READ, NOW), {}).outcome == "deny"


def test_a_version_in_shadow_stands_in_place_of_the_enforced_one() -> None:
    book = Rulebook([strict()], [Trial("policy", 2, (mild(version=2),))])

    assert outcomes(judged(book)) == ("deny", [("policy", 2, "allow")], "allow")


def test_other_policies_hold_in_the_shadow_too() -> None:
    book = Rulebook([strict(policy="other"), strict()], [Trial("policy", 2, (mild(version=2),))])

    assert outcomes(judged(book)) == ("deny", [("policy", 2, "deny")], "deny")


def test_several_trials_are_told_each_by_itself_and_all_together() -> None:
    book = Rulebook([strict(policy="a"), strict(policy="b")], [Trial("a", 2, ()), Trial("b", 2, ())])

    assert outcomes(judged(book)) == ("deny", [("a", 2, "deny"), ("b", 2, "deny")], "allow")


def test_a_rule_in_shadow_is_judged_and_decides_nothing() -> None:
    book = Rulebook([mild(), strict(mode="shadow")])

    judgement = judged(book)

    assert outcomes(judgement) == ("allow", [("policy", 1, "deny")], "deny")
    assert [result.rule for result in judgement.results] == ["mild"]
    assert [result.rule for result in judgement.tried[0].said.results] == ["mild", "strict"]


def test_a_candidate_that_can_no_longer_be_read_stops_nothing_while_in_shadow() -> None:
    book = Rulebook([mild()], [Trial("policy", 2, (Broken("policy", 2, "unreadable"),))])

    assert outcomes(judged(book)) == ("allow", [("policy", 2, "deny")], "deny")


def test_a_canary_decides_a_part_of_the_runs_and_always_the_same() -> None:
    trial = Trial("policy", 2, (strict(version=2),), percent=10)
    book = Rulebook([mild()], [trial])
    runs = [str(uuid4()) for _ in range(2_000)]

    found = Counter(outcomes(judged(book, run))[0] for run in runs)

    assert 120 <= found["deny"] <= 290
    assert all(judged(book, run).is_canary == trial.decides(run) for run in runs[:50])
    assert all(trial.decides(run) == trial.decides(run) for run in runs)


def test_a_canary_is_noted_for_the_other_runs() -> None:
    trial = Trial("policy", 2, (strict(version=2),), percent=50)
    chosen, other = (next(run for run in map(str, range(100)) if trial.decides(run) is yes) for yes in (True, False))
    book = Rulebook([mild()], [trial])

    assert outcomes(judged(book, chosen)) == ("deny", [], "deny")
    assert outcomes(judged(book, other)) == ("allow", [("policy", 2, "deny")], "deny")


def test_acts_outside_of_runs_are_no_canaries() -> None:
    assert not Trial("policy", 2, (), percent=100).decides("")


def test_what_a_trial_limits_is_counted_apart_from_what_holds() -> None:
    often = rule("often", effect=Effect.LIMIT, limit=Limit(1, 60.0))
    book = Rulebook([often], [Trial("policy", 2, (replace(often, version=2),))])

    buckets = judged(book).limits(complete(READ, NOW))

    assert sorted(bucket.trial for bucket in buckets) == [0, 2]


def test_the_facts_of_trials_are_looked_up_too() -> None:
    book = Rulebook([mild()], [Trial("policy", 2, (strict(when="history.tools.size() > 0"),))])

    assert "history.tools" in book.names_read_at("action")
    assert book.speaks_at("action")
    assert not book.speaks_at("run.start")
