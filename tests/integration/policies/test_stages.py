"""A rule asks several stages: who must be named, and the editor keeps what it does not show."""

from typing import Any

import pytest

from coordination.policies.manifest import RuleSpec, problems_of, rule_of
from coordination.web.forms.policy_rule import RuleTyped

RULE: dict[str, Any] = {
    "key": "large",
    "title": "Large amounts",
    "statement": "Large amounts are looked at twice.",
    "hooks": ["action"],
    "when": "action.amount > 100.0",
    "effect": "require_approval",
}
CHAIN = [{"role": "reviewer"}, {"group": "finance", "n_required": 2, "distinct_units": True, "min_auth": "oidc"}]


def problems(approval: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one.pointer, one.message) for one in problems_of({"rules": [{**RULE, "approval": approval}]})]


def test_a_rule_may_ask_several_stages() -> None:
    assert problems({"stages": CHAIN}) == []
    rule = rule_of("limits", 1, RuleSpec.model_validate({**RULE, "approval": {"stages": CHAIN}}))
    assert [str(stage) for stage in rule.chain] == [
        "a reviewer",
        "2 people: someone in finance, of different groups, signed in by single sign-on",
    ]


@pytest.mark.parametrize(
    ("approval", "place"),
    [
        ({"role": "reviewer", "stages": CHAIN}, "/spec/rules/0/approval"),
        ({"stages": [{"role": "reviewer"}, {}]}, "/spec/rules/0/approval/stages/1"),
        ({"stages": [{"users": ["ann"], "n_required": 2}]}, "/spec/rules/0/approval/stages/0/n_required"),
        ({"stages": [{"role": "reviewer", "min_auth": "shouting"}]}, "/spec/rules/0/approval/stages/0/min_auth"),
    ],
)
def test_each_stage_must_be_able_to_agree(approval: dict[str, Any], place: str) -> None:
    assert [found for found, _ in problems(approval)] == [place]


def test_the_editor_keeps_the_stages_that_it_does_not_show() -> None:
    rule = {**RULE, "approval": {"stages": CHAIN}}
    typed = RuleTyped.of_rule(rule)
    assert typed.spec(rule)["approval"] == {"stages": CHAIN}
    typed.said["role"] = "admin"
    assert typed.spec(rule)["approval"] == {"role": "admin", "n_required": 1}


def test_the_editor_keeps_the_conditions_of_a_stage_that_it_does_not_show() -> None:
    rule = {**RULE, "approval": {"role": "reviewer", "deny_threshold": 2, "min_auth": "session"}}
    assert RuleTyped.of_rule(rule).spec(rule)["approval"] == {**rule["approval"], "n_required": 1}
