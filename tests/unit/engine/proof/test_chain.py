"""A body is one canonical text, and its hash is a leaf of RFC 9162."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.proof.body import content_of
from coordination.engine.proof.canonical import canonical
from coordination.engine.proof.chain import Columns, leaf_hash, moment, record


@given(st.text(), st.text(), st.text(), st.dictionaries(st.text(), st.text(), max_size=3))
def test_a_body_is_the_canonical_text_of_what_it_says(
    actor: str, about: str, behalf: str, data: dict[str, str]
) -> None:
    columns = Columns("id", "acme", "run:1", 1, "", "StepSucceeded", actor, about, "2026-01-01T00:00:00.000000Z")
    body = record(columns, on_behalf_of=behalf, data=canonical(data)).body
    said = json.loads(body)
    assert (said["data"], said["actor"], said["on_behalf_of"]) == (data, actor, behalf)
    assert body == canonical(said)


def test_the_leaf_hash_is_that_of_rfc_9162() -> None:
    assert leaf_hash("") == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_a_moment_has_one_spelling() -> None:
    at = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    assert moment(at) == moment(at.astimezone(UTC)) == "2026-01-01T00:00:00.000000Z"


@pytest.mark.parametrize("body", ["", "[]", "{", "[" * 100_000, "1"])
def test_what_is_no_object_says_nothing(body: str) -> None:
    assert content_of(body) is None
