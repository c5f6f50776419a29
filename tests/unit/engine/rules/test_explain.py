"""Decisions in plain words."""

from typing import Any

from coordination.engine.rules.combine import Effect
from coordination.engine.rules.explain import explain, line, said


def reason(**changes: Any) -> dict[str, Any]:
    return {
        "policy": "refund-limits",
        "version": 4,
        "rule": "over-limit",
        "effect": "require_approval",
        "statement": "Refunds above $100 need one support lead.",
        "message": "$250 is above $100.",
        "code": "rule",
        **changes,
    }


def test_a_reason_names_the_rule_what_it_says_and_what_it_does() -> None:
    expected = "refund-limits v4 · over-limit: Refunds above $100 need one support lead → asks a person"

    assert line(reason()) == expected


def test_a_default_is_called_one() -> None:
    default = reason(policy="default", version=0, rule="reading-actions", effect="allow", statement="Reading is free.")

    assert line(default) == "By default · reading-actions: Reading is free → lets it happen"


def test_an_error_tells_what_went_wrong() -> None:
    broken = reason(code="policy-error", effect="deny", message="It could not be decided.")

    assert line(broken) == "refund-limits v4 · over-limit: It could not be decided → stops it"


def test_a_decision_is_one_sentence() -> None:
    first = line(reason())

    assert explain("require_approval", [reason()]) == f"A person decides: {first}."
    assert explain("require_approval", [reason(), reason(), reason()]) == f"A person decides: {first} (and 2 more)."
    assert explain("allow", []) == "May happen."


def test_each_rule_said_something() -> None:
    result = {"policy": "p", "version": 2, "rule": "r", "result": True, "micros": 1}

    assert said(result) == "p v2 · r: holds"
    assert said({**result, "result": False}) == "p v2 · r: does not hold"
    broken = {**result, "rule": "", "result": "error", "error": "no such field"}
    assert said(broken) == "p v2 · all rules: could not be decided (no such field)"
    exempt = {**result, "exempt": "a campaign (until 2026-04-01 00:00, approved by ann)"}
    assert said(exempt) == "p v2 · r: holds, but not for this: a campaign (until 2026-04-01 00:00, approved by ann)"


def test_every_effect_has_words() -> None:
    assert all(line(reason(effect=effect.value)).rpartition("→")[2].strip() for effect in Effect)
