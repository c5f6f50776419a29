"""Whatever is done to a chain is found, and the record that it was done to is named."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.proof.canonical import canonical
from coordination.engine.proof.chain import Columns, Finding, Head, Record, Tally, check_stream, leaf_hash, record
from tests.unit.engine.proof.chains import head_of, make_chain, rehashed

CHAIN = make_chain(12)
HEAD = head_of(CHAIN)
places = st.integers(0, len(CHAIN) - 1)


def findings(records: list[Record], head: Head | None = HEAD) -> list[Finding]:
    return list(check_stream(head, records))


def test_an_intact_chain_has_no_findings() -> None:
    assert findings(CHAIN) == []


@given(st.text(), st.text(), st.text(), st.dictionaries(st.text(), st.text(), max_size=3), st.booleans())
def test_a_body_is_the_canonical_text_of_what_it_says(
    actor: str, about: str, behalf: str, data: dict[str, str], is_first: bool
) -> None:
    columns = Columns("id", "acme", "run:1", 1, "", "StepSucceeded", actor, about, "2026-01-01T00:00:00.000000Z")
    opened = data if is_first else None
    body = record(columns, on_behalf_of=behalf, data=canonical(data), opened_after=opened).body
    said = json.loads(body)
    assert (said["data"], said["actor"], said["on_behalf_of"]) == (data, actor, behalf)
    assert body == canonical(said)


def test_the_leaf_hash_is_that_of_rfc_9162() -> None:
    assert leaf_hash("") == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@given(places, st.data())
def test_a_changed_body_is_found_and_named(place: int, data: st.DataObject) -> None:
    body = CHAIN[place].body
    at = data.draw(st.integers(0, len(body) - 1))
    letter = data.draw(st.characters(codec="utf-8").filter(lambda other: other != body[at]))
    changed = replace(CHAIN[place], body=body[:at] + letter + body[at + 1 :])
    found = findings([*CHAIN[:place], changed, *CHAIN[place + 1 :]])
    assert [finding.stream_no for finding in found] == [place + 1]


@given(places)
def test_a_changed_body_with_a_fitting_hash_is_found_and_named(place: int) -> None:
    forged = rehashed(CHAIN[place], CHAIN[place].body.replace("user:manager", "user:mallory"))
    found = findings([*CHAIN[:place], forged, *CHAIN[place + 1 :]])
    assert found
    assert {finding.stream_no for finding in found} == {place + 1}


@given(places, st.sampled_from([name for name in Columns.__slots__ if name not in ("stream", "stream_no")]))
def test_a_changed_column_is_found_and_named(place: int, column: str) -> None:
    current = CHAIN[place]
    changed = replace(current, columns=replace(current.columns, **{column: "other"}))
    found = findings([*CHAIN[:place], changed, *CHAIN[place + 1 :]])
    assert {finding.stream_no for finding in found} <= {place, place + 1}
    assert any(finding.stream_no == place + 1 and column in finding.problem for finding in found)


@given(st.integers(0, len(CHAIN) - 1), st.integers(1, len(CHAIN)))
def test_removed_records_are_found_and_named(start: int, count: int) -> None:
    found = findings(CHAIN[:start] + CHAIN[start + count :])
    assert [finding.stream_no for finding in found] == [start + 1]
    assert "removed" in found[0].problem


@given(places, places)
def test_swapped_records_are_found(one: int, other: int) -> None:
    swapped = list(CHAIN)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    assert bool(findings(swapped)) == (one != other)


@given(places, places)
def test_swapped_contents_are_found_and_named(one: int, other: int) -> None:
    swapped = list(CHAIN)
    swapped[one] = replace(CHAIN[one], body=CHAIN[other].body, hash=CHAIN[other].hash)
    swapped[other] = replace(CHAIN[other], body=CHAIN[one].body, hash=CHAIN[one].hash)
    found = {finding.stream_no for finding in findings(swapped)}
    assert {one + 1, other + 1} <= found if one != other else not found


@given(places)
def test_an_inserted_copy_is_found(place: int) -> None:
    found = findings([*CHAIN[: place + 1], CHAIN[place], *CHAIN[place + 1 :]])
    assert found[0].stream_no == place + 1
    assert "out of order" in found[0].problem


def test_a_record_beyond_the_head_is_found() -> None:
    found = findings(make_chain(13))
    assert found == [
        Finding("was added: the stream's head counts 12 records", "acme", "run:1", 13, "run:1#13", "StepSucceeded")
    ]


@given(st.integers(0, len(CHAIN) - 1))
def test_a_cut_tail_is_found_by_the_head(length: int) -> None:
    found = findings(CHAIN[:length])
    assert [finding.stream_no for finding in found] == [length + 1]


def test_a_chain_from_elsewhere_is_found() -> None:
    other = make_chain(12, "run:1", {"run:0": "f" * 64})
    problems = {finding.stream_no: finding.problem for finding in findings(other)}
    assert problems == {
        1: "is not the record that the stream was opened with",
        12: "is not the record that the stream's head names",
    }


def test_a_missing_head_is_found() -> None:
    assert "head was removed" in findings(CHAIN, None)[0].problem


@pytest.mark.parametrize("body", ["", "[]", "{", "[" * 100_000])
def test_a_body_that_is_no_object_is_found(body: str) -> None:
    found = findings([*CHAIN[:11], rehashed(CHAIN[11], body)])
    assert "not a JSON object" in found[0].problem


def test_a_finding_names_the_record() -> None:
    found = findings([*CHAIN[:3], replace(CHAIN[3], hash="0" * 64), *CHAIN[4:]])
    assert str(found[0]).startswith("stream run:1, record 4 (id run:1#4, StepSucceeded): was changed")


def test_a_first_record_names_the_streams_before_it() -> None:
    tally = Tally()
    named = tally.check(HEAD, CHAIN) + tally.check(None, make_chain(1, "run:2", {"run:1": HEAD.first_hash}))
    assert [(opening.stream, opening.hash) for opening in named] == [("run:1", HEAD.first_hash)]


def test_only_the_first_findings_are_kept() -> None:
    tally = Tally()
    broken = [replace(record, hash="0" * 64) for record in make_chain(500)]
    tally.check(None, broken)
    report = tally.report()
    assert (report.checked, len(report.findings)) == (500, 100)
