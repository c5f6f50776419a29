"""Every policy of the library says what it should, in the shape that it should have."""

import re
from dataclasses import replace

import pytest

from coordination.engine.rules.clauses import clauses, names_in_clause
from coordination.engine.rules.difference import differences, loosening
from coordination.engine.rules.examples import Example, missing, mistakes_in, try_out
from coordination.engine.rules.facts import FACTS
from coordination.engine.rules.hooks import HOOKS, hooks_of, knows
from coordination.engine.rules.ruleset import Rule
from coordination.manifests.reading import read
from coordination.policies.errors import LibraryPolicyUnknown
from coordination.policies.frameworks import FRAMEWORKS, TAGS
from coordination.policies.library import FOLDER, TOPICS, Entry, entries, entry_named
from coordination.policies.manifest import RuleSpec, problems_of, rule_of

ALL = entries()
RULES = [pytest.param(entry, rule, id=f"{entry.name}-{rule.key}") for entry in ALL for rule in entry.spec.rules]
each_policy = pytest.mark.parametrize("entry", ALL, ids=lambda entry: entry.name)
each_rule = pytest.mark.parametrize(("entry", "rule"), RULES)
_NUMBER = re.compile(r"(?<![\w.\"'])\d+(?:\.\d+)?(?![\w\"'])")


def examples(rule: RuleSpec) -> list[Example]:
    return [Example(test.title, test.given, test.expected) for test in rule.tests]


def wrong_in(rule: Rule, tests: list[Example]) -> list[str]:
    return [one.example.title for one in try_out(rule, tests) if not one.passed]


def test_there_are_at_least_twenty() -> None:
    assert len(ALL) >= 20
    assert len(ALL) == len(list(FOLDER.glob("*.yaml")))


@each_policy
def test_nothing_is_wrong_with_it(entry: Entry) -> None:
    assert problems_of(entry.manifest.spec) == []


@each_policy
def test_it_reads_the_same_when_an_operator_applies_its_file(entry: Entry) -> None:
    [document] = read((FOLDER / f"{entry.name}.yaml").read_text())

    assert document.value == entry.manifest.model_dump(mode="json")


@each_policy
def test_it_says_what_it_is(entry: Entry) -> None:
    about = entry.manifest.metadata

    assert entry.topic in TOPICS
    assert about.title
    assert about.description.endswith(".")
    assert all(rule.title and rule.statement.endswith(".") for rule in entry.spec.rules)


@each_policy
def test_what_it_supports_is_explained(entry: Entry) -> None:
    assert entry.spec.tags
    assert [tag for tag in entry.spec.tags if tag not in TAGS] == []


def test_no_tag_is_explained_that_nothing_has() -> None:
    assert {tag for entry in ALL for tag in entry.spec.tags} == set(TAGS)
    assert {name for entry in ALL for name in entry.frameworks} == set(FRAMEWORKS)


@each_rule
def test_a_rule_passes_its_tests_and_they_show_both_answers(entry: Entry, rule: RuleSpec) -> None:
    tried = try_out(rule_of(entry.name, 1, rule), examples(rule))

    assert [(one.example.title, one.why) for one in tried if not one.passed] == []
    assert missing(examples(rule)) == []


@each_rule
def test_every_part_of_a_condition_matters_to_a_test(entry: Entry, rule: RuleSpec) -> None:
    compiled, parts = rule_of(entry.name, 1, rule), clauses(rule.when)

    for at, part in enumerate(parts):
        without = " && ".join(parts[:at] + parts[at + 1 :]) or "true"
        assert wrong_in(replace(compiled, when=without), examples(rule)), part


@each_rule
def test_every_threshold_is_tested_where_it_lies(entry: Entry, rule: RuleSpec) -> None:
    compiled = rule_of(entry.name, 1, rule)

    for sign, moved in ((" >= ", " > "), (" > ", " >= "), (" <= ", " < "), (" < ", " <= ")):
        if sign in rule.when:
            assert wrong_in(replace(compiled, when=rule.when.replace(sign, moved)), examples(rule)), sign


@each_rule
def test_a_test_gives_only_facts_that_its_hook_knows(entry: Entry, rule: RuleSpec) -> None:
    for test in rule.tests:
        hook = HOOKS[str(test.given.get("hook", min(rule.hooks)))]
        assert list(mistakes_in(test.given)) == []
        assert [name for name in test.given if not knows(hook, name)] == []


@each_rule
def test_a_rule_reads_only_facts_that_one_of_its_hooks_knows(entry: Entry, rule: RuleSpec) -> None:
    hooks = [HOOKS[name] for name in hooks_of(frozenset(rule.hooks))]
    names = {name if name in FACTS else name.rpartition(".")[0] for name in names_in_clause(rule.when, FACTS)}

    assert [name for name in names if not any(knows(hook, name) for hook in hooks)] == []


@each_rule
def test_thresholds_are_parameters(entry: Entry, rule: RuleSpec) -> None:
    assert {float(number) for number in _NUMBER.findall(rule.when)} <= {0.0}
    assert [name for name in rule.params if f"params.{name}" not in rule.when] == []
    assert all(param.title for param in rule.params.values())


@each_rule
def test_no_rule_lets_anything_through(entry: Entry, rule: RuleSpec) -> None:
    assert rule.effect != "allow"
    assert (rule.mode, rule.failure_policy) == ("enforced", "closed")


@each_policy
def test_taking_it_only_tightens(entry: Entry) -> None:
    assert loosening(differences(None, entry.spec.model_dump(mode="json"))) == []


def test_entries_are_found_by_name_by_topic_and_by_framework() -> None:
    assert entry_named("spend-per-action").topic == "spending"
    assert {entry.topic for entry in entries(topic="data")} == {"data"}
    assert all("OWASP" in entry.frameworks for entry in entries(framework="OWASP"))
    assert [entry.topic for entry in ALL] == sorted((e.topic for e in ALL), key=list(TOPICS).index)
    with pytest.raises(LibraryPolicyUnknown, match="no policy nothing"):
        entry_named("nothing")
