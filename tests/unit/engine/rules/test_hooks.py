"""The one table of hooks, and what hangs together with it."""

from typing import get_args

import pytest

from coordination.engine.rules.facts import FACTS
from coordination.engine.rules.hooks import HOOKS, hooks_of, knows
from coordination.policies.manifest import RuleSpec


def test_rules_may_name_every_hook_and_no_other() -> None:
    [named] = get_args(RuleSpec.model_fields["hooks"].annotation)

    assert set(get_args(named)) == set(HOOKS)


def test_every_fact_is_known_somewhere() -> None:
    assert [fact for fact in FACTS if not any(knows(hook, fact) for hook in HOOKS.values())] == []


@pytest.mark.parametrize("hook", HOOKS.values(), ids=str)
def test_what_rules_may_take_something_out_of_is_a_fact_of_the_hook(hook: object) -> None:
    redacts = getattr(hook, "redacts", "")
    assert not redacts or (redacts in FACTS and knows(hook, redacts))  # type: ignore[arg-type]


def test_a_rule_for_actions_holds_for_tool_calls_too_but_not_the_other_way_round() -> None:
    assert hooks_of(frozenset({"action"})) == {"action", "tool.call"}
    assert hooks_of(frozenset({"tool.call"})) == {"tool.call"}
