"""What a record can be found by."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.audit.models import BATCH, AuditEvent
from coordination.audit.terms import facet, terms_of, words_of
from coordination.engine.proof import chain

# What PostgreSQL takes as one tsvector.
MOST_BYTES = 2**20 - 1
LONGEST_TERM = 2046


def record(data: Any, *, kind: str = "StepSucceeded", actor: str = "user:ada", about: str = "") -> AuditEvent:
    """Return a record as `append` would write it."""
    from coordination.audit.limits import bounded

    columns = chain.Columns(
        id="0199a1b2-1111-7222-8333-444455556666",
        organization="0199a1b2-1111-7222-8333-444455556667",
        stream="run:7",
        stream_no=1,
        prev_hash="",
        kind=kind,
        actor=actor,
        object=about,
        occurred_at="2026-01-01T00:00:00.000000Z",
    )
    body = chain.record(columns, on_behalf_of="", data=bounded(data)).body
    return AuditEvent(stream="run:7", kind=kind, actor=actor, object=about, body=body)


def test_facets_are_what_the_columns_say() -> None:
    terms = terms_of(record({}, kind="RunStarted", actor="user:ada", about="run:7/step:send"))
    assert {"k:RunStarted", "a:user:ada", "s:run:7", "o:run:7/step:send", "o:run:7"} == terms


@pytest.mark.parametrize(
    ("data", "actor", "about", "agents"),
    [
        ({"agent": "writer"}, "system:x", "", {"g:writer"}),
        ({"agents": ["writer", "reader"]}, "system:x", "", {"g:writer", "g:reader"}),
        ({}, "agent:writer@12", "", {"g:writer"}),
        ({}, "user:ada", "agent:writer", {"g:writer"}),
        ({"agent": ""}, "user:ada", "agents", set()),
        ({"agent": {"name": "writer"}}, "user:ada", "", set()),
    ],
)
def test_a_record_names_the_agents_it_is_about(data: Any, actor: str, about: str, agents: set[str]) -> None:
    assert {term for term in terms_of(record(data, actor=actor, about=about)) if term.startswith("g:")} == agents


@pytest.mark.parametrize("name", ["outcome", "verdict", "decision"])
def test_a_record_names_what_was_decided(name: str) -> None:
    assert "d:deny" in terms_of(record({name: "deny"}))


def test_words_are_those_of_the_values_and_not_of_their_names() -> None:
    terms = terms_of(
        record({"message": 'Two\nlines: "quoted", \\slashed', "amount": 148.5, "nested": {"deep": ["Ärger"]}})
    )
    assert {"two", "lines", "quoted", "slashed", "148", "ärger"} <= terms
    assert not {"message", "amount", "nested", "deep", "nlines", "step"} & terms


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=200) | st.integers() | st.none(), max_size=8))
def test_every_word_of_a_value_finds_the_record(data: dict[str, Any]) -> None:
    terms = terms_of(record({f"x{name}": value for name, value in data.items()}))
    for value in data.values():
        if isinstance(value, str) and value.isprintable() and "\\" not in value and '"' not in value:
            assert set(words_of(value)) <= terms


@given(
    st.dictionaries(st.text(), st.text(alphabet="𒀀äbc1 -:", max_size=3_000), max_size=5),
    st.text(alphabet="𒀀ä/:'\\x", max_size=300),
)
def test_a_batch_of_the_largest_records_stays_below_what_the_index_takes(data: dict[str, Any], about: str) -> None:
    event = record({**data, "agents": [about] * 30, "outcome": about}, kind="K" * 60, actor=about[:200], about=about)
    terms = terms_of(event)
    assert sum(len(term.encode()) for term in terms) * BATCH < MOST_BYTES
    assert all(0 < len(term.encode()) <= LONGEST_TERM for term in terms)


def test_even_a_thing_of_very_many_parts_leaves_room() -> None:
    about = "/".join("a" * 2 for _ in range(100))
    names = [f"{number}" * 60 for number in range(30)]
    data = {"agents": names, "agent": "x" * 300, "outcome": "o" * 300, "verdict": "v" * 300, "decision": "d" * 300}
    data["text"] = " ".join(f"{number}ä" for number in range(5_000))
    terms = terms_of(record(data, kind="K" * 60, actor="agent:" + "a" * 190, about=about))
    assert sum(len(term.encode()) for term in terms) * BATCH < MOST_BYTES


def test_a_long_value_and_its_facet_agree() -> None:
    long = "run:" + "é" * 200
    assert facet("o:", long) in terms_of(record({}, about=long))


@pytest.mark.parametrize("body", ["", "{}", "not JSON", '{"actor":"x","data":[1],"id":"y"}', ',"id":",“data”:'])
def test_what_is_no_record_has_its_columns_for_terms(body: str) -> None:
    event = AuditEvent(stream="s", kind="K", actor="user:ada", object="", body=body)
    assert terms_of(event) >= {"k:K", "a:user:ada", "s:s"}
