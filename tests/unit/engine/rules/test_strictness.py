"""Does a condition hold more often than before? Told from its text, and never guessed."""

from typing import Any

import pytest

from coordination.engine.rules.strictness import Reach, reach, reach_of_sets, resolved

N: dict[str, Any] = {}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a", "a", Reach.SAME),
        ("a && b", "b  &&  a", Reach.SAME),
        ("(a && b)", "a && (b)", Reach.SAME),
        ("a && b", "a", Reach.WIDER),
        ("a", "a && b", Reach.NARROWER),
        ("a", "a || b", Reach.WIDER),
        ("a || b", "b", Reach.NARROWER),
        ("a && b || c", "a || c", Reach.WIDER),
        ("a && b", "a && c", Reach.UNCLEAR),
        ("x > 200", "x > 100", Reach.WIDER),
        ("x > 100", "x >= 100", Reach.WIDER),
        ("x >= 100", "x > 100", Reach.NARROWER),
        ("x < 40", "x < 60.5", Reach.WIDER),
        ("x <= 40", "x < 40", Reach.NARROWER),
        ("100 < x", "x > 100", Reach.SAME),
        ("x > 100", "x < 100", Reach.UNCLEAR),
        ("x > 100", "y > 100", Reach.UNCLEAR),
        ("x > 100 && y", "x > 50", Reach.WIDER),
        ("x > 100 && y", "x > 200", Reach.UNCLEAR),
        ("n == 'a'", "n in ['a', 'b']", Reach.WIDER),
        ('n in ["a", "b"]', "n == 'b'", Reach.NARROWER),
        ("n in ['a']", "n in ['c']", Reach.UNCLEAR),
        ("!(x > 200)", "!(x > 100)", Reach.UNCLEAR),
        ("a ? b : c", "a ? b : c || d", Reach.UNCLEAR),
        ("a || b ? c : d", "b ? c : d", Reach.UNCLEAR),
        ("n == 'x || y'", "n == 'x'", Reach.UNCLEAR),
        (r"n == 'it\'s || so'", r"n == 'it\'s || so' || b", Reach.WIDER),
        ("l.exists(i, i > 3 || i < 1)", "l.exists(i, i > 3)", Reach.UNCLEAR),
        ("x > 200", 'r"x" != n || x > 100', Reach.UNCLEAR),
        ("x > 200 // y", "x > 100 // y", Reach.UNCLEAR),
    ],
)
def test_what_holds_more_often(old: str, new: str, expected: Reach) -> None:
    assert reach(old, N, new, N) == expected


def test_a_parameter_counts_with_its_value() -> None:
    assert reach("x > params.limit", {"limit": 200}, "x > params.limit", {"limit": 100}) == Reach.WIDER
    assert reach("x > params.limit", {"limit": 200}, "x > 200", {}) == Reach.SAME
    assert reach("n in params.names", {"names": ["a"]}, "n in params.names", {"names": ["a", "b"]}) == Reach.WIDER
    assert reach("x > params.limit", {"limit": 1}, "x > params.limit", {"limit": 1, "unused": 2}) == Reach.SAME


def test_a_parameter_inside_a_text_is_text() -> None:
    assert resolved("n == 'params.limit' && x > params.limit", {"limit": 5}) == "n == 'params.limit' && x > 5"


def test_more_names_reach_further() -> None:
    assert reach_of_sets(["a"], ["b", "a"]) == Reach.WIDER
    assert reach_of_sets(["a"], ["b"]) == Reach.UNCLEAR
