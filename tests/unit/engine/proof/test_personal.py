"""Personal values: found wherever they were declared, and nothing of them left where they must not be."""

import base64
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.proof.personal import ERASED, Finder, Opening, declared, is_commitment, opened, told

SCHEMA = {
    "type": "object",
    "$defs": {"address": {"properties": {"street": {"x-personal": True}, "city": {}}}},
    "properties": {
        "email": {"type": "string", "x-data-subject": True},
        "age": {"type": "integer", "x-personal": True},
        "home": {"$ref": "#/$defs/address"},
        "children": {"type": "array", "items": {"properties": {"name": {"x-personal": True}}}},
        "topic": {"type": "string"},
    },
    "allOf": [{"properties": {"card": {"x-personal": True}}}],
}
INPUT = {
    "email": "mia@example.com",
    "age": 7,
    "home": {"street": "Long Lane 4", "city": "Ghent"},
    "children": [{"name": "Ada"}, {"name": "Bo"}],
    "card": {"number": 4111111111111111, "holder": "Mia Sorensen"},
    "topic": "refund",
}


def finder() -> Finder:
    found = declared(SCHEMA)
    assert found
    return Finder(told(found, INPUT).values)


def salts() -> str:
    return "c2FsdA"


def test_values_are_declared_by_the_schema_wherever_it_says_so() -> None:
    found = declared(SCHEMA)
    assert found
    said = told(found, INPUT)
    assert said.subject == "mia@example.com"
    assert {value for _, value in said.values} == {
        "mia@example.com", 7, "Long Lane 4", "Ada", "Bo", 4111111111111111, "Mia Sorensen",
    }  # fmt: skip


def test_a_schema_that_declares_nothing_costs_nothing() -> None:
    assert declared({"type": "object", "properties": {"topic": {"type": "string"}}}) is None


def test_a_schema_that_refers_to_itself_ends() -> None:
    tree = {"$defs": {"node": {"properties": {"name": {"x-personal": True}, "next": {"$ref": "#/$defs/node"}}}}}
    found = declared({**tree, "$ref": "#/$defs/node"})
    assert found
    assert found.personal == (("name",),)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", "Dear MIA SORENSEN, your card"),
        ("to", "mia@example.com"),
        ("number", 4111111111111111),
        ("text", "card 4111111111111111."),
        ("age", 7),
        ("name", "Bo"),
    ],
)
def test_a_value_is_found_within_other_text_or_under_its_own_name(name: str, value: object) -> None:
    assert finder().has(name, value)


@pytest.mark.parametrize(("name", "value"), [("attempt", 7), ("text", "Adamant"), ("text", "Bob"), ("city", "Ghent")])
def test_what_only_looks_alike_is_left_alone(name: str, value: object) -> None:
    assert not finder().has(name, value)


def test_a_covered_record_holds_commitments_that_only_the_opening_explains() -> None:
    data = {"text": "Dear Mia Sorensen", "n": 3, "list": [{"name": "Ada"}]}
    covered, openings = finder().covered(data, salts, lambda name: False)
    assert "Mia" not in json.dumps(covered)
    assert covered["n"] == 3
    assert [one.path for one in openings] == ["/data/text", "/data/list/0/name"]
    assert is_commitment(covered["text"])
    assert opened(covered, {one.commitment(): one.value for one in openings}) == data
    assert opened(covered, {})["text"] == ERASED


def test_a_commitment_is_the_digest_of_the_disclosure_as_rfc_9901_has_it() -> None:
    opening = Opening("c2FsdA", "/data/name", "Möbius")
    assert opening.text() == "WyJjMkZzZEEiLCIvZGF0YS9uYW1lIiwiTcO2Yml1cyJd"
    assert Opening.of(opening.text()) == opening
    digest = hashlib.sha256(opening.text().encode()).hexdigest()

    assert base64.urlsafe_b64decode(opening.commitment() + "=").hex() == digest


def test_a_secret_is_left_to_be_withheld() -> None:
    covered, openings = finder().covered({"token": "Mia Sorensen"}, salts, lambda name: name == "token")
    assert covered == {"token": "Mia Sorensen"}
    assert not openings


def test_a_name_in_an_object_that_is_personal_is_lost_at_once() -> None:
    covered, _ = finder().covered({"by": {"mia@example.com": 1}}, salts, lambda name: False)
    assert covered == {"by": {ERASED: 1}}


words = st.text(min_size=3, max_size=12).map(str.strip).filter(lambda text: len(text) >= 3)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(words, json_values)
def test_nothing_of_a_value_is_left_in_what_was_scrubbed(word: str, value: object) -> None:
    about = Finder([("name", word)])
    around = {"said": f"({word})", "deep": [value, {"x": word}], "name": word}
    scrubbed = about.scrubbed(around)
    assert not any(about.has("", leaf) for leaf in leaves(scrubbed) if leaf != ERASED and ERASED not in str(leaf))
    assert scrubbed["name"] == ERASED


@given(json_values)
def test_what_has_nothing_to_do_with_the_person_is_the_same_afterwards(value: object) -> None:
    about = Finder([("name", "zzzzzzzz-not-there")])
    assert about.scrubbed(value) == value
    assert about.covered(value, salts, lambda name: False) == (value, [])


def leaves(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves(one)]
    return [leaf for one in value for leaf in leaves(one)] if isinstance(value, list) else [value]
