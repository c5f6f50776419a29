"""What one expression names and reads, and whether its types fit."""

from typing import Any

import pytest

from coordination.engine.flow.problems import problems_of

INPUT: dict[str, Any] = {
    "properties": {
        "name": {"type": "string"},
        "n": {"type": "integer"},
        "amount": {"type": "number"},
        "flag": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "nums": {"type": "array", "items": {"type": "number"}},
        "maybe": {"type": ["string", "null"]},
        "channel": {"type": "string", "enum": ["email", "phone"]},
        "who": {"type": "object", "properties": {"age": {"type": "integer"}}, "additionalProperties": False},
    },
}
BEFORE: list[dict[str, Any]] = [
    {"id": "letter", "set": {"to": "${input.name}", "total": "${input.amount * 2}", "at": "${timestamp(input.name)}"}},
    {"id": "check-tone", "agent": {"capability": "x"}},
    {"id": "panel", "agent": {"capability": "x", "strategy": "all"}},
    {"id": "paid", "wait": {"signal": "paid", "payload": {"properties": {"sum": {"type": "number"}}}}},
    {"id": "each", "map": {"over": "${input.tags}", "set": {"x": "${item}"}}},
    {"id": "later", "needs": ["user"], "agent": {"capability": "x"}},
    {"id": "beside", "agent": {"capability": "x"}},
]


def told(text: str, **rest: Any) -> list[tuple[str, str | None]]:
    needs = ["letter", "check-tone", "panel", "paid", "each"]
    user = {"id": "user", "needs": needs, "agent": {"name": "x"}, "input": {"x": f"${{{text}}}"}, **rest}
    problems = problems_of({"input": {"type": "object", **INPUT}, "steps": [*BEFORE, user]})
    return [(one.message, one.suggestion) for one in problems]


@pytest.mark.parametrize(
    "text",
    [
        # What JSON brings may be more than the type that is written out says.
        "has(input.n) ? input.n : ''",
        "has(input.name) ? input.name : null",
        "input.maybe == null ? 'x' : input.maybe",
        "input.name == null",
        "input.tags + [1]",
        "[input.name, input.n]",
        # A number is an int or a double.
        "input.amount % 2",
        "input.amount > 100 && input.amount < 100.5",
        "input.nums[0] % 2",
        "input.nums.map(x, x % 2)",
        "steps.letter.output.total % 3",
        # What is not declared may be there all the same.
        "input.customer.name + 'x'",
        "has(input.customer)",
        "steps['check-tone'].output.anything",
        "steps.all(key, steps[key].status == 'succeeded')",
        "context.anything.at.all",
        "steps.letter.output == {}",
        # What is kept is JSON: a time has become a text.
        "steps.letter.output.at + '!'",
        "steps.panel.output.results.map(one, one.output)",
        "steps.paid.output.sum + 1",
        "steps.each.output[0]",
        "type(input.name) == string",
        "input.channel in ['email', 'post']",
        "run.priority + 1",
        "'input.nobody' + \"steps.nobody\" // input.nmae",
    ],
)
def test_what_could_be_valid_is_not_refused(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "message", "suggestion"),
    [
        ("inptu.name", "unknown name inptu", "input"),
        ("input.name +", "the expression ends too early in input.name +", None),
        ("siz(input.name)", "unknown function siz in siz(input.name)", "size"),
        ("true ? 'a' : 5", "both sides of ?: must be of one type, not (text, whole number) in true ? 'a' : 5", None),
        ("input.amount + 'x'", "+ does not work with (number, text) in input.amount + 'x'", None),
        ("input.name > 5", "> does not work with (text, whole number) in input.name > 5", None),
        ("input.flag == 'yes'", "== does not work with (true or false, text) in input.flag == 'yes'", None),
        ("input.tags.contains('x')", "contains does not work with (list, text) in input.tags.contains('x')", None),
        ("-input.name", "- does not work with (text) in -input.name", None),
        ("input.n ? 1 : 2", "what stands before ? must be true or false, not (whole number) in input.n ? 1 : 2", None),
        ("input.name.first", "a text has no fields in input.name.first", None),
        ("input.nmae", "input has no field nmae", "name"),
        ("has(input.nmae)", "input has no field nmae", "name"),
        ("input['nmae']", "input has no field nmae", "name"),
        ("input.who.height", "input.who has no field height; it has age", None),
        ("run.priorty", "run has no field priorty", "priority"),
        ("steps.letter.ouput", "steps.letter has no field ouput", "output"),
        ("steps.letter.output.subject", "steps.letter.output has no field subject; it has at, to, total", None),
        ("steps.letter.output.to + 1", "+ does not work with (text, whole number) in steps.letter.output.to + 1", None),
        ("steps.panel.output.result", "steps.panel.output has no field result", "results"),
        ("steps.each.output.x", "a list has no fields in steps.each.output.x", None),
        ("input.channel == 'emial'", "input.channel is never 'emial'; it is one of email, phone", "email"),
        ("steps.lettr.output", "there is no step lettr", "letter"),
        ("steps.check-tone.output", "a name with a hyphen is written in brackets: steps['check-tone']", None),
        ("steps.user.output", "step user uses its own output, which is not there before it has run", None),
        (
            "steps.beside.output.x + steps.beside.status",
            "step user uses the output of beside, which may not have run yet: add beside to its needs",
            None,
        ),
        ("steps.later.status", "step user uses the status of later, which runs only after it", None),
    ],
)
def test_a_mistake_is_told_in_plain_words(text: str, message: str, suggestion: str | None) -> None:
    assert (message, suggestion) in told(text)


def test_a_status_is_one_of_those_there_are() -> None:
    ((message, suggestion),) = told("steps.letter.status != 'suceeded'")
    assert message.startswith("steps.letter.status is never 'suceeded'; it is one of cancelled, ")
    assert suggestion == "succeeded"


@pytest.mark.parametrize("condition", ["input.flag", "${input.flag}", "  ${ input.n > 2 }  ", "${context.go}"])
def test_a_condition_is_true_or_false(condition: str) -> None:
    assert told("1", when=condition) == []


@pytest.mark.parametrize(
    ("condition", "gives"),
    [("${input.name}", "text"), ("'yes'", "text"), ("input.n", "whole number"), ("input.tags", "a list")],
)
def test_a_condition_that_is_none_is_told_with_what_it_gives(condition: str, gives: str) -> None:
    ((message, _),) = told("1", when=condition)
    assert message == f"a condition is true or false; {condition.strip('${}')} gives {gives}"


def test_the_output_before_the_first_round_may_be_asked_for() -> None:
    loop = {"until": "${steps.l.output.good}", "set": {"good": "${has(steps.l.output.good)}"}}
    assert problems_of({"steps": [{"id": "l", "loop": loop}]}) == []
    loop["until"] = "${steps.l.output.god}"
    (problem,) = problems_of({"steps": [{"id": "l", "loop": loop}]})
    assert (problem.message, problem.suggestion) == ("steps.l.output has no field god", "good")


def test_a_compensation_knows_the_output_that_it_takes_back() -> None:
    undo = {"action": {"tool": "t", "args": {"id": "${steps.book.output.id}"}}}
    assert problems_of({"steps": [{"id": "book", "action": {"tool": "t"}, "compensate": undo}]}) == []


def test_an_item_has_the_shape_that_the_list_says() -> None:
    lines = {"type": "array", "items": {"properties": {"price": {"type": "number"}}, "additionalProperties": False}}
    step = {"id": "m", "map": {"over": "${input.lines}", "set": {"x": "${item.prise}", "y": "${item.price + 'x'}"}}}
    problems = problems_of({"input": {"properties": {"lines": lines}}, "steps": [step]})
    assert [(one.message, one.suggestion) for one in problems] == [
        ("item has no field prise", "price"),
        ("+ does not work with (number, text) in item.price + 'x'", None),
    ]


@pytest.mark.parametrize("text", ["${input.name", "Dear ${input.name, ${input.n}", "${{'a': {'b': {'c': {}}}}}"])
def test_an_expression_that_is_not_closed_is_told_instead_of_sent(text: str) -> None:
    (problem,) = problems_of({"steps": [{"id": "a", "set": {"x": text}}]})
    assert "is never closed" in problem.message
    assert (problem.line, problem.column) == (1, text.index("${") + 1)
