"""The parts of a condition and the names that they read."""

import pytest

from coordination.engine.rules.clauses import clauses, names_in_clause

KNOWN = {"action.name": "string", "action.args": "map", "facts": "map", "params.limit": "double", "now": "timestamp"}


@pytest.mark.parametrize(
    ("condition", "parts"),
    [
        ("a > 1", ["a > 1"]),
        (" a > 1 && b\n && c ", ["a > 1", "b", "c"]),
        ("(a && b) && c", ["(a && b)", "c"]),
        ("a && b || c", ["a && b || c"]),
        ("a && (b || c)", ["a", "(b || c)"]),
        ("a ? b : c && d", ["a ? b : c && d"]),
        ("a == 'x && y' && b", ["a == 'x && y'", "b"]),
        (r'a == "\" && " && b', [r'a == "\" && "', "b"]),
        ("a == r'\\d && ' && b", ["a == r'\\d && '", "b"]),
        ("a // x && y\n && b", ["a // x && y", "b"]),
        ("a == '''x' && y''' && b", ["a == '''x' && y'''", "b"]),
        ("l.exists(x, x > 1 && x < 3) && b", ["l.exists(x, x > 1 && x < 3)", "b"]),
        ("{'a': 1 }.a == 1 && b", ["{'a': 1 }.a == 1", "b"]),
    ],
)
def test_a_condition_is_split_at_its_outermost_ands_only(condition: str, parts: list[str]) -> None:
    assert clauses(condition) == parts


@pytest.mark.parametrize(
    ("clause", "names"),
    [
        ("action.name == 'now'", ["action.name"]),
        ("action.args.to.startsWith(action.name)", ["action.args.to", "action.name"]),
        ("has(facts.secrets) && facts.secrets > params.limit", ["facts.secrets", "facts.secrets", "params.limit"]),
        ("now.getHours('Europe/Berlin') > 5", ["now"]),
        ("action . name == other", ["action.name"]),
        ("action", []),
    ],
)
def test_names_are_those_that_are_known_with_the_path_inside_a_map(clause: str, names: list[str]) -> None:
    assert list(names_in_clause(clause, KNOWN)) == names
