"""A mistake inside a text is told where it stands in the file, however the text was written."""

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination.engine.manifest import Problem
from coordination.manifests.places import offset_in_source
from coordination.manifests.reading import read


def placed(text: str, source: str = "") -> tuple[int | None, int | None]:
    """Return where the word MARK stands, as a problem at its place in the value of /a is placed."""
    document = read(text, source)[-1]
    value = document.value["a"]
    offset = value.index("MARK")
    line, column = value.count("\n", 0, offset) + 1, offset - value.rfind("\n", 0, offset)
    error = document.place(Problem("/a", "x", None, line, column))
    return error.line, error.column


@pytest.mark.parametrize(
    "text",
    [
        "a: ${input.amount > MARK}",
        "a: '${input.amount > MARK}'",
        'a: "${input.amount > MARK}"',
        "a: 'it''s ${input.name == ''x'' && MARK}'",
        'a: "tab\\t, \\u00e9, \\U0001F600, \\x41, \\"quoted\\", \\\\ and MARK"',
        'a: "folded\n  over lines,\n\n  and MARK"',
        'a: "joined \\\n  by a backslash: MARK"',
        "a: plain over\n  several lines\n  MARK",
        "a: |\n  ${input.amount\n    > MARK}\n",
        "a: |-2\n    indented by two more: MARK\n",
        "a: >-  # a comment\n\n  folded\n  over lines,\n\n    with a block\n  and MARK\n",
        "a: &name >\n  folded MARK\n",
        "a: !!str 'tagged MARK'",
        "# é\nb: 1\n---\n# another\na: é \U0001f600 MARK\n",
        "--- {a: 'on the line of the dashes MARK'}",
        "\ufeffa: after a byte order mark MARK",
        "{b: [1, {c: 2}], a: ' in a flow MARK'}",
    ],
)
def test_however_it_is_written(text: str) -> None:
    line, column = placed(text)
    lines = text.removeprefix("\ufeff").split("\n")
    assert lines[(line or 0) - 1][(column or 0) - 1 :].startswith("MARK")


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_json_has_places_too(indent: int | str | None) -> None:
    said = {"b": "é/", "a": "\u00e9 \U0001f600 \t / \\ \" ${input.x['y'] > MARK}"}
    for escaped in (True, False):
        text = json.dumps(said, indent=indent, ensure_ascii=escaped)
        line, column = placed(text, "x.json")
        assert text.split("\n")[(line or 0) - 1][(column or 0) - 1 :].startswith("MARK")


def test_an_alias_is_placed_where_its_text_stands() -> None:
    assert placed("b: &text 'x MARK'\na: *text") == (1, 13)


def test_a_place_that_the_value_does_not_have_is_the_end_of_it() -> None:
    (document,) = read("a: x y\n")
    assert document.place(Problem("/a", "x", None, 1, 99)).column == 7
    assert document.place(Problem("/a", "x", None, 9, 9)).column == 7


def test_what_is_no_text_is_placed_at_its_name() -> None:
    (document,) = read("b: 1\na: 5\n")
    placed = document.place(Problem("/a", "x", None, 1, 4))
    assert (placed.line, placed.column) == (2, 1)


@settings(deadline=None)
@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], include_characters="\n\t"), min_size=1),
    st.sampled_from([None, "'", '"', "|", ">"]),
    st.integers(2, 120),
    st.booleans(),
    st.data(),
)
def test_a_character_is_found_again(
    text: str, style: str | None, width: int, unicode: bool, data: st.DataObject
) -> None:
    written = yaml.safe_dump({"a": text}, default_style=style, width=width, allow_unicode=unicode)
    (document,) = read(written)
    mark = document.marks["/a"]
    source = document.text[mark.start : mark.end]
    assert document.value == {"a": text}
    offset = data.draw(st.integers(0, len(text) - 1))
    found = source[offset_in_source(source, mark.style, text, offset) :]
    if not text[offset].isspace():
        assert found.startswith((text[offset], "\\", "''"))
