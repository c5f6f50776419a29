"""Whatever is written, what comes of it is a manifest or a refusal that says where."""

import string
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination.engine.flow.definition import WorkflowSpec
from coordination.engine.flow.graph import Plan
from coordination.engine.manifest import Problem
from coordination.manifests.checking import problems_in
from coordination.manifests.errors import ManifestUnreadable
from coordination.manifests.reading import read
from tests.integration.manifests.support import WORLD

DEMO = Path("coordination/demo/worlds/customer-support/workflow.yaml").read_text()
EXPRESSIONS = st.lists(
    st.sampled_from([
        "${", "}", "input", "steps", "item", ".", "a", "['a-b']", "[0]", "output", "status", "has(", ")", "==", "+",
        "?", ":", "'x'", '"', "1", "map(", "item,", "\n", " ", "é", "\U0001f600", "//", "\\", "{", "r'", "null", "\x85",
    ]),
    max_size=12,
).map("".join)  # fmt: skip
WORDS = st.sampled_from([
    "id", "needs", "when", "agent", "set", "map", "over", "loop", "until", "input", "action", "args", "tool", "wait",
    "for", "signal", "payload", "approval", "title", "role", "workflow", "name", "compensate", "capability", "type",
    "$ref", "properties", "items", "enum", "pattern", "allOf", "a", "a-b", "b", "[key]", "x/y~z", "",
])  # fmt: skip
SCALARS = st.one_of(EXPRESSIONS, WORDS, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False), st.text())
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5), max_leaves=25
)
STEPS = st.lists(
    st.fixed_dictionaries(
        {"id": st.sampled_from(["a", "b", "a-b", "c", "A", 5])},
        optional={
            "needs": st.lists(st.sampled_from(["a", "b", "a-b", "c", "d"]), max_size=3) | VALUES,
            "when": EXPRESSIONS,
            "set": st.dictionaries(WORDS, VALUES, max_size=3),
            "agent": st.fixed_dictionaries({"name": WORDS}) | VALUES,
            "input": st.dictionaries(WORDS, VALUES, max_size=3),
            "map": st.fixed_dictionaries({"over": VALUES, "set": st.dictionaries(WORDS, VALUES, max_size=2)}),
            "loop": st.fixed_dictionaries({"until": EXPRESSIONS, "set": st.dictionaries(WORDS, VALUES, max_size=2)}),
            "wait": st.fixed_dictionaries({"signal": WORDS}, optional={"payload": VALUES}),
            "title": VALUES,
        },
    ),
    max_size=5,
)
WORKFLOWS = st.fixed_dictionaries(
    {"apiVersion": st.just("coordination/v1"), "kind": st.just("Workflow"), "metadata": st.just({"name": "x"})},
    optional={
        "spec": st.fixed_dictionaries(
            {"steps": STEPS | VALUES},
            optional={"input": VALUES, "title": EXPRESSIONS | VALUES, "output": VALUES, "budget": VALUES},
        )
        | VALUES
    },
)


def told(text: str, source: str = "") -> list[Problem]:
    """Return all that is wrong with a text, each with its place; nothing but a refusal may be raised."""
    found: list[Problem] = []
    try:
        documents = read(text, source)
    except ManifestUnreadable as error:
        return [Problem(one.pointer, one.message) for one in error.errors]
    for document in documents:
        for problem in problems_in(document.value):
            placed = document.place(problem)
            assert placed.line is not None
            assert placed.column is not None
            assert 1 <= placed.line <= text.count("\n") + text.count("\r") + text.count("\x85") + 2
            assert placed.message
            found.append(problem)
    return found


@settings(deadline=None)
@given(st.text(), st.sampled_from(["x.yaml", "x.json"]))
def test_any_text(text: str, source: str) -> None:
    told(text, source)


@settings(deadline=None, max_examples=60)
@given(st.text(string.printable + "é\x85\u2028\ufeff\x00", max_size=40), st.integers(0, len(DEMO)), st.integers(0, 60))
def test_a_workflow_with_something_else_in_it(insertion: str, at: int, n_lost: int) -> None:
    told(DEMO[:at] + insertion + DEMO[at + n_lost :])


@settings(deadline=None)
@given(st.text(string.printable, max_size=20), st.integers(0, len(WORLD)), st.integers(0, 60))
def test_a_world_with_something_else_in_it(insertion: str, at: int, n_lost: int) -> None:
    told(WORLD[:at] + insertion + WORLD[at + n_lost :])


@settings(deadline=None, max_examples=300)
@given(WORKFLOWS, st.sampled_from([None, "'", '"', "|"]))
def test_a_workflow_of_odd_values(workflow: Any, style: str | None) -> None:
    if not told(yaml.safe_dump(workflow, default_style=style, allow_unicode=True)):
        # Where nothing is wrong, nothing is in the way of a run.
        assert Plan(WorkflowSpec.model_validate(workflow["spec"])).steps


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["apiVersion", "kind", "metadata", "spec", "x"]), VALUES) | VALUES)
def test_a_value_that_is_no_manifest(value: Any) -> None:
    for problem in problems_in(value):
        assert problem.message
