"""Whatever is done to a stream is found, and the record that it was done to is named."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.proof.dropped import Dropped, Gone
from coordination.engine.proof.findings import Finding, Findings
from coordination.engine.proof.links import Head, Link, Links
from tests.unit.engine.proof.chains import head_of, links_of, make_chain

CHAIN = make_chain(12)
LINKS = links_of(CHAIN)
HEAD = head_of(CHAIN)
places = st.integers(0, len(CHAIN) - 1)


def findings(links: Iterable[Link], heads: Iterable[Head] = (HEAD,), gone: Dropped | None = None) -> list[Finding]:
    found = Findings()
    stream = Links("acme", found)
    for link in links:
        stream.add(link)
    stream.finish(heads, gone or Dropped())
    return found


@given(st.permutations(LINKS))
def test_an_intact_stream_has_no_findings_in_whatever_order_it_comes(links: list[Link]) -> None:
    assert findings(links) == []


@given(st.permutations(LINKS), places)
def test_a_changed_record_is_named_by_the_one_after_it(links: list[Link], place: int) -> None:
    changed = LINKS[place]._replace(hash="f" * 64)
    found = findings([changed if link == LINKS[place] else link for link in links])
    assert [(finding.stream_no, finding.id) for finding in found] == [(place + 1, f"run:1#{place + 1}")]


@given(places)
def test_a_removed_record_is_named(place: int) -> None:
    found = findings(LINKS[:place] + LINKS[place + 1 :])
    assert [(finding.stream_no, finding.problem) for finding in found] == [(place + 1, "was removed")]


@given(places, places)
def test_removed_records_are_named_with_their_range(one: int, other: int) -> None:
    first, last = sorted((one, other))
    found = findings(LINKS[:first] + LINKS[last + 1 :])
    problem = "was removed" if first == last else f"was removed, with all up to record {last + 1}"
    assert [(finding.stream_no, finding.problem) for finding in found] == [(first + 1, problem)]


@given(places)
def test_an_inserted_copy_is_found(place: int) -> None:
    found = findings([*LINKS[: place + 1], LINKS[place], *LINKS[place + 1 :]])
    assert (found[0].stream_no, "out of order" in found[0].problem) == (place + 1, True)


def test_a_record_beyond_the_head_is_found() -> None:
    problem = "was added: the stream's head counts 12 records"
    assert findings(links_of(make_chain(13))) == [Finding(problem, "acme", "run:1", 13, "run:1#13", "StepSucceeded")]


def test_a_stream_from_elsewhere_is_found_by_its_head() -> None:
    found = findings(links_of(make_chain(12, kind="StepFailed")))
    assert [(finding.stream_no, finding.problem) for finding in found] == [
        (12, "is not the record that the stream's head names")
    ]


def test_a_first_record_that_names_one_before_it_is_found() -> None:
    found = findings([LINKS[0]._replace(before="f" * 64), *LINKS[1:]])
    assert "but it is the first" in found[0].problem


def test_a_missing_head_is_found() -> None:
    assert "head was removed" in findings(LINKS, [])[0].problem


def test_a_stream_whose_records_are_all_gone_is_found() -> None:
    assert [(finding.stream_no, finding.problem) for finding in findings([])] == [
        (1, "was removed, with all up to record 12")
    ]


def dropped(*, allowed: bool) -> Dropped:
    gone = Dropped()
    for seq, link in enumerate(LINKS[:4]):
        gone.add(link.hash, Gone(seq, link.id))
    if allowed:
        gone.read({"kind": "RecordsDropped", "data": {"ranges": [[0, 3]]}})
    return gone


def test_what_was_dropped_when_its_time_was_over_is_not_missing() -> None:
    assert findings(LINKS[4:], gone=dropped(allowed=True)) == []


def test_a_stream_that_was_dropped_as_a_whole_is_not_missing() -> None:
    head = Head("acme", "run:1", 4, LINKS[3].hash)
    assert findings([], [head], dropped(allowed=True)) == []


def test_a_leaf_without_a_body_that_nothing_accounts_for_was_removed() -> None:
    found = findings(LINKS[4:], gone=dropped(allowed=False))
    assert {(finding.stream_no, finding.seq, finding.id) for finding in found} == {
        (1, None, ""),
        (0, 0, "run:1#1"),
        (0, 1, "run:1#2"),
        (0, 2, "run:1#3"),
    }


@pytest.mark.parametrize("data", [None, {}, {"ranges": [[1], ["0", "3"], 3, [None, 3]]}])
def test_a_record_that_says_nothing_of_use_excuses_nothing(data: object) -> None:
    gone = dropped(allowed=False)
    gone.read({"kind": "RecordsDropped", "data": data})
    assert len(gone.judged()[1]) == 4


def test_only_the_first_findings_are_kept() -> None:
    assert len(findings([link._replace(before="f" * 64) for link in links_of(make_chain(500))])) == 100


def test_a_finding_names_what_it_is_about() -> None:
    said = [
        str(Finding("was removed", "acme", "run:1", 4, "abc", "StepReady", 9)),
        str(Finding("was removed", "acme", seq=9, id="abc")),
        str(Finding("was removed", checkpoint=3)),
        str(Finding("All is lost")),
    ]
    assert said == [
        "stream run:1, record 4 (id abc, StepReady): was removed",
        "record at place 9 (id abc): was removed",
        "checkpoint 3: was removed",
        "All is lost",
    ]
