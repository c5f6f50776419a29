"""What text becomes, and what is refused."""

import json

import pytest

from coordination.engine.manifest import Problem
from coordination.manifests.errors import ManifestUnreadable
from coordination.manifests.reading import read


def value(text: str) -> object:
    return read(text)[0].value


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-01-02", "2026-01-02"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("yes", "yes"),
        ("on", "on"),
        ("12:30", "12:30"),
        (".inf", ".inf"),
        ("1_000", "1_000"),
        ("true", True),
        ("7", 7),
        ("-0.5", -0.5),
        ("1e3", 1000.0),
        ("0x1F", 31),
        ("'7'", "7"),
        ("~", None),
        ("", None),
        ("null", None),
    ],
)
def test_plain_values_become_plain_json(written: str, meant: object) -> None:
    assert value(f"a: {written}") == {"a": meant}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: 1\na: 2", "the name a is given twice (line 2, column 1)"),
        ("a: !!python/object:os.system {}", "not supported"),
        ("a: !!binary aGk=", "the tag !!binary is not supported"),
        ("a: [1", "(line"),
        ("a: &x [*x]", "an alias stands inside what it names"),
        ("? [1]\n: 2", "a name must be text"),
        ("a: 9007199254740993", "too large for JSON"),
        ("a: 1e999", "too large for JSON"),
        ("a: !!float '.inf'", "'.inf' is not what its tag says"),
        ("a: !!int x", "'x' is not what its tag says"),
        ("[" * 70 + "]" * 70, "nested more than 64 deep"),
        ('a: "\\0"', "not text"),
    ],
)
def test_what_json_cannot_say_is_refused_with_its_place(text: str, why: str) -> None:
    with pytest.raises(ManifestUnreadable, match=r".") as refused:
        read(text)
    assert why in str(refused.value)


def test_a_flood_of_aliases_is_refused() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    with pytest.raises(ManifestUnreadable, match="aliases counted each time"):
        read("\n".join(rows))


def test_aliases_and_merges_are_written_out() -> None:
    text = "base: &base {x: 1, y: 2}\nother:\n  <<: *base\n  y: 3\nsame: *base"
    assert value(text) == {"base": {"x": 1, "y": 2}, "other": {"x": 1, "y": 3}, "same": {"x": 1, "y": 2}}


def test_each_document_keeps_its_text_and_its_first_line() -> None:
    first, second = read("# one\na: 1\n---\n# two\nb: 2\n", "two.yaml")
    assert (first.text, first.first_line) == ("a: 1\n", 2)
    assert (second.text, second.first_line) == ("b: 2\n", 5)


def test_json_is_read_as_json() -> None:
    said = {"text": "tab\there, astral \U0001f600, slash /", "number": 1.5}
    (document,) = read(json.dumps(said, indent="\t"), "one.json")
    assert document.value == said
    assert document.place(Problem("/number", "x")).line == 3


def test_half_a_character_is_no_json() -> None:
    with pytest.raises(ManifestUnreadable, match="half of a character"):
        read('{"a": "\\ud800"}', "one.json")


def test_json_values_may_follow_each_other() -> None:
    first, second = read('{"a": 1}\n  {"b":\n 2}\n', "two.json")
    assert (first.value, second.value, second.first_line) == ({"a": 1}, {"b": 2}, 2)
    placed = second.place(Problem("/b", "x"))
    assert (placed.line, placed.column) == (2, 4)


def test_a_mistake_in_json_has_its_place() -> None:
    with pytest.raises(ManifestUnreadable) as refused:
        read('{"a": 1,\n "b": }', "one.json")
    assert (refused.value.errors[0].line, refused.value.errors[0].column) == (2, 7)


@pytest.mark.parametrize(
    ("text", "inside", "in_file"),
    [
        ("spec:\n  when: a.b > 1\n", (1, 7), (2, 15)),
        ("spec:\n  when: 'a.b > 1'\n", (1, 7), (2, 16)),
        ("spec:\n  when: |\n    x &&\n    a.b > 1\n", (2, 7), (4, 11)),
    ],
)
def test_a_place_inside_a_text_is_a_place_in_the_file(
    text: str, inside: tuple[int, int], in_file: tuple[int, int]
) -> None:
    placed = read(text)[0].place(Problem("/spec/when", "x", None, *inside))
    assert (placed.line, placed.column) == in_file
    assert text.splitlines()[in_file[0] - 1][in_file[1] - 1] == "1"


def test_what_is_missing_is_placed_at_what_it_is_missing_from() -> None:
    placed = read("kind: Role\nspec:\n  a: 1\n")[0].place(Problem("/spec/role", "required"))
    assert (placed.line, placed.column) == (2, 1)
