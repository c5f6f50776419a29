"""Which paths an expression follows."""

import pytest

from coordination.engine.flow.checks.reads import reads, without_questions


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("input.a.b + steps['check-x'].output[0].y", ["input.a.b", "steps['check-x'].output[0].y"]),
        ("input.name.startsWith('x')", ["input.name"]),
        ("'input.a' + \"it's input.b\" + r'\\' + input.c", ["input.c"]),
        ("input.a // input.b\n + input . c", ["input.a", "input.c"]),
        ("input.list.map(input, input.x)", []),
        ("f(steps.a).output", ["f", "steps.a"]),
        ("input[steps.a.output.key].x", ["input", "steps.a.output.key"]),
        ("1.5e3", ["e3"]),
        ("", []),
    ],
)
def test_paths_are_found_and_texts_are_not(text: str, paths: list[str]) -> None:
    assert [read.text for read in reads(text)] == paths


def test_questions_whether_something_is_there_are_marked_and_taken_out() -> None:
    text = "has(input.a) && has( steps['x'].output.y ) || has(f(1).z) || input.b"
    assert [read.text for read in reads(text) if read.is_asked] == ["input.a", "steps.x.output.y", "f"]
    rest = without_questions(text)
    assert rest.split() == ["true", "&&", "true", "||", "has(f(1).z)", "||", "input.b"]
    assert len(rest) == len(text)
