"""What is wrong with a workflow is said before anything runs, all at once."""

from typing import Any

import pytest

from coordination.engine.flow.problems import MOST_TOLD, problems_of

INPUT = {
    "type": "object",
    "required": ["amount"],
    "properties": {
        "amount": {"type": "number"},
        "name": {"type": "string"},
        "channel": {"enum": ["email", "phone"]},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"price": {"type": "number"}}}},
    },
}


def found(*steps: dict[str, Any], **rest: Any) -> list[tuple[str, str, str | None]]:
    problems = problems_of({"input": INPUT, "steps": list(steps), **rest})
    return [(p.pointer, p.message, p.suggestion) for p in problems]


def step(step_id: str, *needs: str, **rest: Any) -> dict[str, Any]:
    kind = (
        {} if {*rest} & {"set", "map", "loop", "wait", "workflow", "action", "approval"} else {"agent": {"name": "x"}}
    )
    return {"id": step_id, "needs": list(needs), **kind, **rest}


def messages(*steps: dict[str, Any], **rest: Any) -> list[str]:
    return [message for _, message, _ in found(*steps, **rest)]


def test_a_sound_workflow_has_no_problems() -> None:
    output = {"z": "${steps.b.output}", "all": "${steps.a.status}"}
    assert found(step("a"), step("b", "a", input={"x": "${steps.a.output.y}"}), output=output) == []


def test_mistakes_of_every_sort_are_told_at_once() -> None:
    told = found(
        {"id": "Bad Id", "agent": {"name": "x"}},
        {"id": "a", "agnet": {"name": "x"}, "when": "${false}"},
        step("a", "b"),
        step("b", "c"),
        step("c", "b", input={"x": "${input.amout}"}),
        title="${run.id}",
        output={"x": "${steps.nobody.output}"},
    )
    assert [pointer for pointer, _, _ in told] == [
        "/spec/steps/0/id",
        "/spec/steps/1/agnet",
        "/spec/steps/2/id",
        "/spec/steps/3/needs/0",
        "/spec/steps/1/when",
        "/spec/title",
        "/spec/steps/4/input/x",
        "/spec/output/x",
    ]


def test_no_more_is_told_than_anybody_reads() -> None:
    told = messages(*(step(f"s{number}", "nobody") for number in range(MOST_TOLD + 5)))
    assert len(told) == MOST_TOLD + 1
    assert told[-1] == "these are the first 500; there are more"


def test_a_question_that_too_few_can_answer_is_found() -> None:
    told = found(step("ask", approval={"title": "Sure?", "users": ["ann"], "n_required": 2}))
    assert told == [("/spec/steps/0/approval/n_required", "2 people must agree, but only 1 can be asked", None)]


def test_a_workflow_has_a_bounded_number_of_expressions() -> None:
    told = found(step("a", input={"x": ["${input.name}"] * 10_001}))
    assert told == [("/spec", "a workflow may have at most 10,000 expressions; this one has 10,001", None)]


@pytest.mark.parametrize("raw", [None, [], 7, "x", {}, {"steps": 7}, {"steps": [7, None, [], {"id": 5}]}])
def test_what_is_no_workflow_at_all_is_told_too(raw: Any) -> None:
    assert problems_of(raw)


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ("${input.lines}", None),
        (["a", "${input.name}"], None),
        ("${input.name}", "a list is needed here; input.name gives text"),
        ("lines: ${input.lines}", "a list is needed here: write one expression, ${…}"),
        (5, "this should be text or a list"),
    ],
)
def test_a_map_goes_over_a_list(over: Any, says: str | None) -> None:
    told = messages(step("m", map={"over": over, "agent": {"name": "x"}}))
    assert told == ([says] if says else [])


@pytest.mark.parametrize(
    ("wait", "says"),
    [
        ({"for": "${input.name}"}, None),
        ({"for": "${input.name}m"}, None),
        ({"for": "${duration('5m')}"}, None),
        ({"for": "${input.amount}"}, None),
        (
            {"for": "${input.lines}"},
            "a duration such as 5m, or a number of seconds, is needed here; input.lines gives a list",
        ),
        ({"until": "${timestamp(input.name)}"}, None),
        (
            {"until": "${input.lines}"},
            "a time such as 2027-01-31T12:00:00Z is needed here; input.lines gives a list",
        ),
    ],
)
def test_a_wait_is_for_a_duration_or_until_a_time(wait: dict[str, str], says: str | None) -> None:
    assert messages(step("w", wait=wait)) == ([says] if says else [])


def test_expressions_stand_in_every_part_of_a_step() -> None:
    wrong = "${nothing}"
    told = found(
        step("a", action={"tool": "t", "args": {"x": wrong}}, facts={"x": wrong}),
        step("b", approval={"title": wrong, "show": {"x": wrong}, "role": "reviewer"}),
        step("c", workflow={"name": "w", "input": {"x": [wrong]}}),
        step("d", loop={"until": wrong, "agent": {"name": "x"}, "input": {"x": wrong}}),
        step("e", map={"over": wrong, "workflow": {"name": "w", "input": {"x": wrong}}, "facts": {"x": wrong}}),
        step("f", wait={"until": wrong}),
        step("g", compensate={"action": {"tool": "t", "args": {"x": wrong}}}),
        step("h", map={"over": [wrong], "set": {"x": wrong}}),
    )
    assert {message for _, message, _ in told} == {"unknown name nothing"}
    assert {pointer.removeprefix("/spec/steps/") for pointer, _, _ in told} == {
        "0/action/args/x", "0/facts/x", "1/approval/title", "1/approval/show/x", "2/workflow/input/x/0", "3/loop/until",
        "3/loop/input/x", "4/map/over", "4/map/workflow/input/x", "4/map/facts/x", "5/wait/until",
        "6/compensate/action/args/x", "7/map/over/0", "7/map/set/x",
    }  # fmt: skip


def test_item_index_and_round_are_known_only_inside() -> None:
    inside = {"a": "${item.price + 1}", "b": "${index}"}
    assert found(step("m", map={"over": "${input.lines}", "agent": {"name": "x"}, "input": inside})) == []
    assert found(step("l", loop={"until": "${round > 2}", "agent": {"name": "x"}, "input": {"n": "${round}"}})) == []
    assert messages(step("a", input={"a": "${item}", "b": "${index}", "c": "${round}"})) == [
        "item is known only inside a map",
        "index is known only inside a map",
        "round is known only inside a loop",
    ]
    assert messages(step("m", map={"over": "${item}", "agent": {"name": "x"}})) == ["item is known only inside a map"]
    # A name of one's own is nobody else's.
    assert found(step("a", input={"x": "${input.lines.map(item, item.price)}"})) == []


def test_a_title_knows_only_the_input() -> None:
    assert found(step("a"), title="Dear ${input.name}") == []
    only = "a title is made before the run begins, so it knows only the input"
    assert messages(step("a"), title="${steps.a.output} ${run.id}") == [only, only]


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("${steps.nobody.output}", 1, 9),
        ("Dear ${input.name},\n  ${steps.nobody.output}", 2, 11),
        ("${ 'é' +\n  steps.nobody.output }", 2, 9),
    ],
)
def test_a_mistake_has_its_place_in_the_text(text: str, line: int, column: int) -> None:
    (problem,) = problems_of({"steps": [step("a", input={"x": text})]})
    assert (problem.line, problem.column) == (line, column)
