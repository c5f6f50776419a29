"""What changed between two versions, in words, and whether more or less may happen for it."""

from typing import Any

import pytest

from coordination.engine.rules.difference import Change, Direction, differences, loosening

LOOSER, STRICTER, SAME, UNCLEAR = Direction.LOOSER, Direction.STRICTER, Direction.SAME, Direction.UNCLEAR


def rule(**changes: Any) -> dict[str, Any]:
    return {
        "key": "over-limit",
        "statement": "Refunds over $${params.limit} by ${agent.name} need a person.",
        "when": "action.name == 'refund' && action.amount > params.limit",
        "effect": "require_approval",
        "hooks": ["action"],
        "approval": {"role": "reviewer", "n_required": 1},
        "params": {"limit": {"type": "double", "value": 200.0, "title": "The limit"}},
        **changes,
    }


def param(value: Any) -> dict[str, Any]:
    return {"limit": {"type": "double", "value": value, "title": "The limit"}}


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    return differences({"rules": [old]}, {"rules": [new]})


@pytest.mark.parametrize(
    ("new", "sentence", "direction"),
    [
        ({"params": param(100.0)}, "asks a person above $100 instead of $200", STRICTER),
        ({"params": param(1250.5)}, "asks a person above $1,250.50 instead of $200", LOOSER),
        ({"effect": "deny", "approval": None}, "stops it instead of asking a person", STRICTER),
        ({"effect": "allow", "approval": None}, "lets it happen instead of asking a person", LOOSER),
        ({"effect": "limit", "approval": None}, "limits how often instead of asking a person", LOOSER),
        (
            {"approval": {"role": "reviewer", "n_required": 2}},
            "asks 2 people: a reviewer instead of a reviewer",
            STRICTER,
        ),
        ({"approval": {"role": "admin"}}, "asks a admin instead of a reviewer", LOOSER),
        ({"mode": "shadow"}, "is only watched instead of enforced", LOOSER),
        ({"scope": {"agents": ["a*"]}}, "applies to the agents a* instead of all agents", LOOSER),
        ({"hooks": ["action", "tool.call"]}, "is asked at action, tool.call instead of action", STRICTER),
        ({"failure_policy": "open"}, "is passed over when it cannot be decided", LOOSER),
        ({"severity": "high"}, "the severity is high instead of –", SAME),
        ({"tests": [{"given": {}, "expected": True}]}, "its tests changed (1 now, 0 before)", SAME),
        ({"tags": ["EU-14"]}, "the tags are EU-14 instead of –", SAME),
        (
            {"statement": "Ask above $${params.limit}."},
            "reads “Ask above $200.” instead of “Refunds over $200 by agent.name need a person.”",
            SAME,
        ),
        (
            {"exceptions": [{"scope": {"agents": ["x"]}, "until": "2026-01-01T00:00:00Z", "reason": "the fair"}]},
            "does not apply to the agents x until 2026-01-01 (the fair)",
            LOOSER,
        ),
        (
            {"when": "action.amount > params.limit"},
            "asks a person when action.amount > params.limit"
            " (it was: action.name == 'refund' && action.amount > params.limit)",
            STRICTER,
        ),
        (
            {"when": "action.args.total > params.limit"},
            "asks a person when action.args.total > params.limit"
            " (it was: action.name == 'refund' && action.amount > params.limit)",
            UNCLEAR,
        ),
    ],
)
def test_each_change_has_a_sentence_and_a_direction(new: dict[str, Any], sentence: str, direction: Direction) -> None:
    (found,) = changes(rule(), rule(**new))
    assert (found.rule, found.sentence, found.direction) == ("over-limit", f"over-limit: {sentence}", direction)


def test_nothing_changed_says_nothing() -> None:
    assert changes(rule(), rule()) == []


def test_the_way_back_is_the_other_direction() -> None:
    for new in ({"params": param(100.0)}, {"mode": "shadow"}, {"scope": {"agents": ["a"]}}):
        (there,), (back,) = changes(rule(), rule(**new)), changes(rule(**new), rule())
        assert {there.direction, back.direction} == {LOOSER, STRICTER}


def test_an_allowance_is_the_other_way_round() -> None:
    allow: dict[str, Any] = {"effect": "allow", "approval": None, "when": "action.amount < params.limit"}
    (found,) = changes(rule(**allow), rule(**allow, params=param(300.0)))
    assert (found.sentence, found.direction) == ("over-limit: lets it happen below $300 instead of $200", LOOSER)
    (unclear,) = changes(rule(**allow), rule(**{**allow, "when": "facts.x"}))
    assert unclear.direction == UNCLEAR
    (excepted,) = changes(
        rule(**allow), rule(**allow, exceptions=[{"scope": {"agents": ["x"]}, "until": "2026-01-01", "reason": ""}])
    )
    assert excepted.direction == STRICTER


def test_rules_come_and_go() -> None:
    found = differences({"rules": [rule()]}, {"rules": [rule(key="new")], "owner": "risk"})
    assert [(one.rule, one.what, one.direction) for one in found] == [
        ("", "owner", SAME),
        ("new", "added", STRICTER),
        ("over-limit", "removed", LOOSER),
    ]
    assert found[1].sentence == "new: a new rule asks a person: Refunds over $200 by agent.name need a person."
    assert loosening(found) == [found[2]]


def test_a_first_version_is_all_new_rules() -> None:
    (found,) = differences(None, {"rules": [rule(effect="allow", approval=None)], "owner": "risk"})
    assert (found.what, found.direction) == ("added", LOOSER)


def test_a_rule_that_is_switched_off_changes_nothing() -> None:
    (added,) = differences({"rules": []}, {"rules": [rule(mode="shadow", effect="allow")]})
    assert added.direction == SAME
    assert all(one.direction == SAME for one in changes(rule(mode="off"), rule(mode="shadow", params=param(9.0))))


def test_a_rule_that_asks_someone_else_than_reviewers_may_let_more_happen() -> None:
    for approval in ({"users": ["me"]}, {"role": "reviewer", "users": ["me"]}, {"role": "manager"}):
        (added,) = differences({"rules": []}, {"rules": [rule(approval=approval)]})
        assert added.direction == UNCLEAR


def test_a_limit_is_told_in_words() -> None:
    limited: dict[str, Any] = {"effect": "limit", "approval": None}
    before, after = {"max": 10, "per": "1h", "by": ["agent.name"]}, {"max": 5, "per": "1h", "by": ["agent.name"]}
    (found,) = changes(rule(**limited, limit=before), rule(**limited, limit=after))
    assert found.sentence == "over-limit: allows at most 5 in 1h by agent.name instead of 10 in 1h by agent.name"
    assert found.direction == STRICTER
    (longer,) = changes(rule(**limited, limit=before), rule(**limited, limit={**before, "per": "1m"}))
    assert longer.direction == LOOSER


def test_what_is_hidden_is_told() -> None:
    hide: dict[str, Any] = {"effect": "redact", "approval": None}
    (found,) = changes(rule(**hide, redact={"patterns": ["email"]}), rule(**hide, redact={"fields": ["to"]}))
    assert (found.sentence, found.direction) == ("over-limit: hides to instead of email", UNCLEAR)
    (more,) = changes(
        rule(**hide, redact={"patterns": ["email"]}), rule(**hide, redact={"patterns": ["email"], "fields": ["to"]})
    )
    assert more.direction == STRICTER


def test_several_numbers_that_moved_are_one_sentence() -> None:
    old = rule(when="agent.trust < 40 && run.depth >= 3", params={})
    (found,) = changes(old, rule(when="agent.trust < 60 && run.depth >= 2", params={}))
    assert "when agent.trust is below" in found.sentence or "below $60" in found.sentence
    assert found.direction == STRICTER


def test_a_number_in_a_name_is_no_threshold_that_moved() -> None:
    (found,) = changes(rule(when="n == 'v1' && x > 1", params={}), rule(when="n == 'v2' && x > 2", params={}))
    assert "(it was:" in found.sentence
