"""A change of the rules judged on what was stored: exactly, side by side, with limits counted again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from coordination.engine.rules.backtest import Case, Comparison, Judged
from coordination.engine.rules.combine import Effect
from coordination.engine.rules.facts import FACTS
from coordination.engine.rules.limits import Limit
from coordination.engine.rules.looked_up import LOOKED_UP
from coordination.engine.rules.replaying import Replay, Unreplayable
from coordination.engine.rules.ruleset import Rule
from coordination.engine.rules.stages import Stage
from coordination.engine.rules.tally import SAMPLES, Effort, Tally

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ASSUMED = Effort(120.0, is_assumed=True)


def rule(key: str, when: str, effect: Effect = Effect.DENY, **changes: Any) -> Rule:
    values: dict[str, Any] = {
        "policy": "refunds",
        "version": 1,
        "key": key,
        "title": "",
        "statement": f"{key} says so.",
        "when": when,
        "effect": effect,
        "hooks": frozenset({"action"}),
    }
    return Rule(**{**values, **changes})


def case(number: int = 0, amount: float = 50.0, decided: str = "allow", **changes: Any) -> Case:
    at = NOON + timedelta(minutes=number)
    known = {
        "hook": "action",
        "now": at.isoformat(),
        "agent.name": "writer",
        "action.name": "pay.refund",
        "action.known": True,
        "action.effect": "read",
        "action.amount": amount,
    }
    values: dict[str, Any] = {
        "id": f"{number:032x}",
        "at": at,
        "hook": "action",
        "agent": "writer",
        "action": "pay.refund",
        "subject": f"run:{number}",
        "run": "",
        "step": "",
        "decided": decided,
        "input": {**known, **changes.pop("known", {})},
    }
    return Case(**{**values, **changes})


def comparison(before: list[Rule], after: list[Rule], others: tuple[Rule, ...] = ()) -> Comparison:
    return Comparison(others, before, after)


def outcomes(judged: Judged) -> tuple[str, str]:
    return judged.before.outcome.value, judged.after.outcome.value


def report(compared: Comparison, *cases: Case, until: datetime = NOON + timedelta(days=2)) -> dict[str, Any]:
    tally = Tally()
    for one in cases:
        try:
            tally.add(compared.judge(one))
        except Unreplayable as problem:
            tally.skip(one, str(problem))
    return tally.report(until, ASSUMED, ({"over"}, {"over"}))


OVER_100 = rule("over", "action.amount > 100.0")
OVER_40 = rule("over", "action.amount > 40.0")
ASKS = rule("asks", "true", Effect.REQUIRE_APPROVAL, policy="others", stage=Stage(role="reviewer", n_required=2))


class TestComparing:
    def test_the_candidate_stands_in_place_of_the_enforced_version(self) -> None:
        compared = comparison([OVER_100], [OVER_40])
        assert [outcomes(compared.judge(case(amount=amount))) for amount in (30.0, 50.0, 150.0)] == [
            ("allow", "allow"), ("allow", "deny"), ("deny", "deny"),
        ]  # fmt: skip

    def test_all_other_rules_hold_on_both_sides(self) -> None:
        compared = comparison([OVER_100], [OVER_40], others=(ASKS,))
        assert outcomes(compared.judge(case(amount=30.0))) == ("require_approval", "require_approval")
        assert outcomes(compared.judge(case(amount=50.0))) == ("require_approval", "deny")

    def test_what_both_versions_say_counts_on_both_sides(self) -> None:
        same = rule("same", "action.amount > 40.0", Effect.REQUIRE_APPROVAL)
        compared = comparison([OVER_100, same], [replace(same, version=2), replace(OVER_40, version=2)])
        judged = compared.judge(case(amount=50.0))
        assert outcomes(judged) == ("require_approval", "deny")
        assert {said.rule: said.result for said in judged.said_before} == {"over": False, "same": True}
        assert {said.rule: said.result for said in judged.said_after} == {"over": True, "same": True}

    def test_a_new_policy_is_compared_with_none(self) -> None:
        assert outcomes(comparison([], [OVER_40]).judge(case())) == ("allow", "deny")

    def test_an_error_denies_as_it_would_have(self) -> None:
        judged = comparison([], [rule("over", "facts.missing == 1")]).judge(case())
        assert outcomes(judged) == ("allow", "deny")
        assert judged.said_after[0].result is None

    def test_limits_are_counted_again_on_each_side(self) -> None:
        limit = {"effect": Effect.LIMIT, "when": "true"}
        compared = comparison(
            [rule("over", **limit, limit=Limit(3, 3600.0))],
            [rule("over", **limit, limit=Limit(2, 3600.0))],
        )
        found = [outcomes(compared.judge(case(minute))) for minute in (0, 1, 2, 3)]
        assert found == [("allow", "allow"), ("allow", "allow"), ("allow", "deny"), ("deny", "deny")]
        assert outcomes(compared.judge(case(200))) == ("allow", "allow")

    def test_what_is_refused_uses_up_nothing(self) -> None:
        limit = rule("over", "true", Effect.LIMIT, limit=Limit(1, 3600.0))
        compared = comparison([], [limit])
        assert [outcomes(compared.judge(case(minute)))[1] for minute in (0, 30, 62)] == ["allow", "deny", "allow"]


class TestReplaying:
    def test_a_whole_amount_is_still_an_amount_after_json(self) -> None:
        facts = Replay([]).facts({"hook": "action", "now": NOON.isoformat(), "action.amount": 100}, "", "")
        assert facts["action.amount"] == 100.0
        assert isinstance(facts["action.amount"], float)

    def test_it_is_the_hour_that_it_was(self) -> None:
        compared = comparison([], [rule("over", "now.getHours() == 12")])
        assert outcomes(compared.judge(case(59))) == ("allow", "deny")
        assert outcomes(compared.judge(case(60))) == ("allow", "allow")

    def test_a_fact_that_rules_no_longer_know_is_left_out(self) -> None:
        assert "weather" not in Replay([]).facts({"hook": "action", "now": NOON.isoformat(), "weather": "rain"}, "", "")

    @pytest.mark.parametrize("known", [{"now": None}, {"now": "yesterday"}, {"now": 3}])
    def test_without_a_time_nothing_can_be_judged(self, known: dict[str, Any]) -> None:
        with pytest.raises(Unreplayable):
            comparison([], [OVER_40]).judge(case(known=known))

    def test_what_was_cut_is_not_judged(self) -> None:
        with pytest.raises(Unreplayable, match="whole"):
            comparison([], [OVER_40]).judge(case(is_whole=False))

    @pytest.mark.parametrize(
        ("fact", "when"),
        [
            ("history.tools", "'mail.send' in history.tools"),
            ("rate.denials_1h", "rate.denials_1h > 3"),
            ("action.labels", "'trust=low' in action.labels"),
            ("task.prompt", "size(provenance.untrusted) > 0"),
        ],
    )
    def test_what_was_never_looked_up_is_not_taken_for_nothing(self, fact: str, when: str) -> None:
        with pytest.raises(Unreplayable, match=f"{fact} was not looked up"):
            comparison([], [rule("over", when)]).judge(case(run="1"))

    def test_what_only_seems_to_be_read_is_not_asked_for(self) -> None:
        names = "action.amount > 40.0 && !('new=yes' in agent.labels) && action.name != 'history.tools'"
        assert outcomes(comparison([], [rule("over", names)]).judge(case(run="1"))) == ("allow", "deny")

    def test_what_was_looked_up_is_judged_on(self) -> None:
        compared = comparison([], [rule("over", "'mail.send' in history.tools")])
        assert outcomes(compared.judge(case(run="1", known={"history.tools": ["mail.send"]}))) == ("allow", "deny")
        assert outcomes(compared.judge(case(run="1", known={"history.tools": []}))) == ("allow", "allow")

    def test_what_an_act_never_has_is_nothing(self) -> None:
        history = comparison([], [rule("over", "'mail.send' in history.tools")])
        assert outcomes(history.judge(case(run=""))) == ("allow", "allow")
        rates = comparison([], [rule("over", "rate.denials_1h > 3")])
        assert outcomes(rates.judge(case(agent=""))) == ("allow", "allow")

    def test_every_fact_that_is_looked_up_is_one(self) -> None:
        assert set(FACTS) >= LOOKED_UP


class TestReporting:
    def test_every_cell_of_the_matrix_and_the_flips_among_them(self) -> None:
        compared = comparison([OVER_100], [OVER_40])
        found = report(compared, *(case(n, amount) for n, amount in enumerate((30.0, 50.0, 60.0, 150.0))))
        assert found["n"] == 4
        assert found["matrix"]["allow"] == {"allow": 1, "require_approval": 0, "deny": 2}
        assert found["matrix"]["deny"] == {"allow": 0, "require_approval": 0, "deny": 1}
        assert found["flips"] == [{"before": "allow", "after": "deny", "n": 2}]
        assert (found["stricter"], found["looser"]) == (2, 0)
        assert found["rules"] == [{"rule": "over", "before": 1, "after": 3, "errors": 0}]

    def test_what_becomes_looser_is_told_apart(self) -> None:
        found = report(comparison([OVER_40], [OVER_100]), case(amount=50.0))
        assert (found["stricter"], found["looser"]) == (0, 1)
        [row] = found["samples"]["looser"]
        assert (row["before"], row["after"], row["agent"]) == ("deny", "allow", "writer")
        assert row["why"].startswith("May happen")

    def test_the_most_affected_come_first(self) -> None:
        cases = [case(n, agent="busy" if n % 3 else "calm", action="pay" if n % 2 else "") for n in range(9)]
        found = report(comparison([], [OVER_40]), *cases)
        assert found["agents"] == [
            {"name": "busy", "stricter": 6, "looser": 0}, {"name": "calm", "stricter": 3, "looser": 0},
        ]  # fmt: skip
        assert [action["name"] for action in found["actions"]] == ["pay"]

    def test_questions_a_day_are_forecast_with_the_people_they_need(self) -> None:
        asks = rule("over", "true", Effect.REQUIRE_APPROVAL, stage=Stage(role="reviewer", n_required=2))
        found = report(comparison([], [asks]), *(case(n) for n in range(10)), case(11, subject="run:3"))
        assert found["days"] == 2.0
        assert found["approvals"] == {
            "before_per_day": 0.0,
            "after_per_day": 5.0,
            "minutes_before_per_day": 0.0,
            "minutes_after_per_day": 20.0,
            "seconds_each": 120.0,
            "is_assumed": True,
        }

    def test_an_hour_of_decisions_is_not_blown_up_to_a_day(self) -> None:
        asks = rule("over", "true", Effect.REQUIRE_APPROVAL)
        found = report(comparison([], [asks]), case(0), case(1), until=NOON + timedelta(hours=1))
        assert (found["days"], found["approvals"]["after_per_day"]) == (1.0, 2.0)

    def test_samples_are_few_and_the_same_whatever_the_order(self) -> None:
        ids = [f"{n * 7919 % 1000:032x}" for n in range(200)]
        cases = [case(n, id=ids[n]) for n in range(200)]
        one = report(comparison([], [OVER_40]), *cases)["samples"]["stricter"]
        other = report(comparison([], [OVER_40]), *reversed(cases))["samples"]["stricter"]
        assert len(one) == SAMPLES
        assert one == other
        assert [row["decision"] for row in one] == sorted((row["decision"] for row in one), reverse=True)

    def test_errors_and_what_cannot_be_replayed_are_counted_with_their_causes(self) -> None:
        compared = comparison([], [rule("over", "facts.missing == 1")])
        found = report(compared, case(0), case(1), case(2, is_whole=False), case(3, known={"now": 1}))
        assert found["errors"]["n"] == 2
        assert found["errors"]["of"][0]["rule"] == "over"
        assert "missing" in found["errors"]["of"][0]["error"]
        assert found["rules"][0]["errors"] == 2
        assert (found["unreplayable"]["n"], found["unreplayable"]["share"]) == (2, 0.5)
        assert len(found["unreplayable"]["of"]) == 2

    def test_what_other_changes_have_moved_since_is_told(self) -> None:
        found = report(comparison([OVER_100], [OVER_100]), case(0, decided="deny"), case(1, decided="allow"))
        assert (found["decided_otherwise"], found["flips"]) == (1, [])

    def test_nothing_to_look_at_is_a_report_too(self) -> None:
        found = report(comparison([OVER_100], [OVER_40]))
        assert (found["n"], found["unreplayable"]["share"], found["days"]) == (0, 0.0, 1.0)
