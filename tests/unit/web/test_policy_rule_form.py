"""A rule as it is typed: whatever was changed last leads, and nothing that was not changed is lost."""

from typing import Any

import pytest
from hypothesis import given

from coordination.engine.rules.conditions import written
from coordination.web.forms.policy_rule import RuleTyped
from tests.unit.engine.rules.test_conditions import MANY

RULE: dict[str, Any] = {
    "key": "over",
    "statement": "Above $${params.limit} a person decides.",
    "when": "action.amount > params.limit",
    "hooks": ["action"],
    "effect": "require_approval",
    "approval": {"role": "reviewer", "n_required": 1},
    "params": {"limit": {"type": "double", "value": 100, "title": "Limit"}},
}


def posted(typed: RuleTyped, **changes: str) -> dict[str, str]:
    """Return what a browser would send of the form that shows this."""
    form = {f"rule-{name}": text for name, text in typed.said.items()}
    form |= {"when-seen": typed.seen, "statement-seen": typed.stated, "statement-told": typed.told, "join": typed.join}
    form |= {f"hook-{hook}": "on" for hook in typed.hooks}
    for at, row in enumerate(typed.rows):
        form |= {
            f"row-{at}-{name}": str(getattr(row, name)) for name in ("field", "operator", "param", "seen", "value")
        }
    for at, param in enumerate(typed.params):
        form |= {f"param-{at}-{name}": text for name, text in param.items()}
    # Browsers end lines of a text with two characters.
    form |= {name.replace("__", "-"): text for name, text in changes.items()}
    return {name: text.replace("\n", "\r\n") for name, text in form.items()}


@given(MANY)
def test_a_form_that_nobody_touched_says_the_same_rule(rows: Any) -> None:
    rule = {**RULE, "when": written(rows)}
    typed = RuleTyped.of_rule(rule)
    for _ in range(2):
        typed = RuleTyped.of(posted(typed))
        assert typed.spec(rule)["when"] == rule["when"]
        assert typed.spec(rule)["statement"] == rule["statement"]


def test_a_condition_on_one_line_is_laid_out_and_kept_as_it_was() -> None:
    rule = {**RULE, "when": 'action.name == "refund" && action.amount > params.limit'}
    typed = RuleTyped.of_rule(rule)
    assert typed.when == 'action.name == "refund" &&\naction.amount > params.limit'
    assert RuleTyped.of(posted(typed)).spec(rule)["when"] == rule["when"]
    changed = RuleTyped.of(posted(typed, row__0__value="re fund")).spec(rule)
    assert changed["when"] == 'action.name == "re fund" &&\naction.amount > params.limit'


def test_cel_that_was_changed_goes_before_rows_that_were_changed() -> None:
    typed = RuleTyped.of(posted(RuleTyped.of_rule(RULE), rule__when="risk.score > 5", row__0__operator="is below"))
    assert [row.field for row in typed.rows] == ["risk.score"]
    assert typed.when == "risk.score > 5"


def test_free_cel_has_no_rows_and_survives_every_round() -> None:
    rule = {**RULE, "when": "size(action.args) > 3 && action.amount > 1"}
    typed = RuleTyped.of(posted(RuleTyped.of_rule(rule)))
    assert (typed.is_free, typed.rows, typed.when) == (True, [], rule["when"])


def test_removing_the_last_row_leaves_an_empty_one_and_not_a_rule_that_always_holds() -> None:
    typed = RuleTyped.of(posted(RuleTyped.of_rule(RULE), act="remove-row-0"))
    assert typed.row_errors == ["choose a fact"]
    assert typed.when == RULE["when"]


def test_a_parameter_that_is_named_in_a_row_is_typed_there_from_then_on() -> None:
    typed = RuleTyped.of_rule({**RULE, "when": "action.amount > 5"})
    typed = RuleTyped.of(posted(typed, row__0__value="params.limit"))
    assert (typed.rows[0].param, typed.rows[0].value) == ("limit", "100")
    assert typed.when == "action.amount > params.limit"
    typed = RuleTyped.of(posted(typed, act="remove-param-0"))
    assert (typed.rows[0].param, typed.rows[0].value, typed.when) == ("", "100", "action.amount > 100")


def test_a_sentence_whose_values_do_not_fit_their_facts_is_left_as_words() -> None:
    said = "When the amount is large, then a reviewer must agree."
    typed = RuleTyped.of(posted(RuleTyped.of_rule(RULE), rule__statement=said))
    assert (typed.when, typed.said["statement"]) == (RULE["when"], said)


@pytest.mark.parametrize(
    ("act", "when"),
    [
        ("meant-1-1-risk.score", "risk.score > 5"),
        ("meant-9-1-risk.score", "risk.scor > 5"),
        ("meant-1-99-risk.score", "risk.scor > 5"),
        ("meant-x-y-z", "risk.scor > 5"),
        ("remove-row-77", "risk.scor > 5"),
        ("nonsense", "risk.scor > 5"),
    ],
)
def test_what_was_meant_is_put_in_only_where_something_stands(act: str, when: str) -> None:
    typed = RuleTyped.of_rule({**RULE, "when": "risk.scor > 5"})
    assert RuleTyped.of(posted(typed, act=act)).when == when


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        ("deny", "it is refused"),
        ("allow", "it may happen"),
        ("warn", "it happens with a warning"),
        ("limit", "at most … in 1h is let through"),
        ("redact", "this is taken out: …"),
        ("require_approval", "a reviewer must agree"),
    ],
)
def test_the_sentence_says_what_follows(effect: str, said: str) -> None:
    typed = RuleTyped()
    typed.said["effect"] = effect
    assert typed.consequence() == said
