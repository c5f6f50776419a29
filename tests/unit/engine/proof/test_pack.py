"""A pack is checked without a database, and lies about nothing unnoticed."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.proof.pack import PackUnreadable, pack_lines, verify_pack
from tests.unit.engine.proof.chains import head_of, make_chain

FIRST = make_chain(4, "run:1")
SECOND = make_chain(3, "run:2", {"run:1": FIRST[0].hash})
PACK = list(
    pack_lines(
        [(head_of(FIRST), iter(FIRST)), (head_of(SECOND), iter(SECOND))],
        exported_at="2026-01-01T00:00:00.000000Z",
    )
)
# manifest, head, 4 records, head, 3 records, end
PLACES = st.integers(1, len(PACK) - 2)


def test_an_intact_pack_has_no_findings() -> None:
    report = verify_pack(PACK)
    assert (report.streams, report.checked, report.first_bad) == (2, 7, None)


@given(PLACES)
def test_a_removed_line_is_found(place: int) -> None:
    assert verify_pack(PACK[:place] + PACK[place + 1 :]).first_bad


@given(PLACES)
def test_a_repeated_line_is_found(place: int) -> None:
    assert _is_refused(PACK[: place + 1] + PACK[place:])


@given(st.integers(1, len(PACK) - 1))
def test_a_cut_pack_is_found(length: int) -> None:
    assert verify_pack(PACK[:length]).first_bad


@given(PLACES, PLACES)
def test_swapped_lines_are_found(one: int, other: int) -> None:
    lines = list(PACK)
    lines[one], lines[other] = lines[other], lines[one]
    assert _is_refused(lines) == (one != other)


def test_a_changed_record_is_named() -> None:
    lines = [line.replace(r"\"n\":3", r"\"n\":4", 1) for line in PACK]
    first_bad = verify_pack(lines).first_bad
    assert first_bad
    assert (first_bad.stream, first_bad.stream_no, first_bad.id) == ("run:1", 3, "run:1#3")


def test_a_removed_stream_is_named_by_the_one_after_it() -> None:
    end = json.dumps({"type": "end", "streams": 1, "records": 3})
    first_bad = verify_pack([PACK[0], *PACK[6:-1], end]).first_bad
    assert first_bad
    assert (first_bad.stream, first_bad.stream_no) == ("run:1", 1)
    assert "another stream names it" in first_bad.problem


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["{}"],
        ["not json"],
        ["[]"],
        [PACK[0].replace("audit/1", "audit/9")],
        [*PACK, PACK[1]],
        [PACK[0], json.dumps({"type": "stream", "organization": "acme", "stream": "x"})],
        [PACK[0], PACK[2].replace('"stream_no":1', '"stream_no":"1"')],
        [PACK[0], json.dumps(json.loads(PACK[2]) | {"body": None})],
    ],
)
def test_what_is_no_pack_is_refused(lines: list[str]) -> None:
    with pytest.raises(PackUnreadable):
        verify_pack(lines)


def test_lines_are_read_one_at_a_time() -> None:
    read: list[int] = []

    def lines() -> Iterator[str]:
        for number, line in enumerate(PACK):
            read.append(number)
            yield line

    verify_pack(lines())
    assert read == list(range(len(PACK)))


def _is_refused(lines: list[str]) -> bool:
    try:
        return verify_pack(lines).first_bad is not None
    except PackUnreadable:
        return True
