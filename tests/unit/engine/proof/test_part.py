"""Chosen records are checked by their proofs alone, and one that was touched is named."""

import io
import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.proof.manifest import LogFiles
from coordination.engine.proof.merkle import Frontier, consistency_proof, inclusion_proof
from coordination.engine.proof.note import Verifier
from coordination.engine.proof.packing import PackWriter
from tests.unit.engine.proof.chains import ORGANIZATION
from tests.unit.engine.proof.packs import KEY, MADE_AT, ORIGIN, OTHER_KEY, Line, checked, leaves_of, make_log, note_of

WHOLE = make_log(per_stream=20, sealed_at=(5, 16, 33))
LEAVES = leaves_of(WHOLE.records)
SIZES = (16, 33)


def subtree(level: int, index: int) -> bytes:
    return Frontier().extended(LEAVES[index << level : (index + 1) << level]).root()


def proved(seq: int, size: int) -> Line:
    proof = [one.hex() for one in inclusion_proof(seq, size, subtree)]
    return WHOLE.records[seq] | {"size": size, "proof": proof, "about": "art-12"}


LINES = [proved(seq, size) for seq, size in ((0, 33), (7, 33), (15, 16), (16, 33), (32, 33), (7, 33))]
CHECKPOINTS: list[Line] = [
    {"number": 2, "note": note_of(LEAVES[:16])},
    {
        "number": 3,
        "note": note_of(LEAVES[:33]),
        "consistency": [one.hex() for one in consistency_proof(16, 33, subtree)],
    },
]
places = st.integers(0, len(LINES) - 1)


def packed(lines: list[Line], checkpoints: list[Line] = CHECKPOINTS) -> bytes:
    file = io.BytesIO()
    pack = PackWriter(file, kind="report", made_at=MADE_AT)
    pack.write_lines("evidence/a.jsonl", lines[:3])
    pack.write_lines("evidence/b.jsonl", lines[3:])
    pack.write_lines("checkpoints.jsonl", checkpoints)
    keys = [Verifier(ORIGIN, KEY.public_key().public_bytes_raw()).text()]
    evidence = ["evidence/a.jsonl", "evidence/b.jsonl"]
    pack.add_log(LogFiles("acme", ORGANIZATION, keys, "checkpoints.jsonl", evidence))
    pack.close("coordination", KEY)
    return file.getvalue()


def found(lines: list[Line], checkpoints: list[Line] = CHECKPOINTS) -> str:
    return "\n".join(str(finding) for finding in checked(packed(lines, checkpoints)).report.findings)


def test_intact_evidence_has_no_findings_and_counts_a_record_once() -> None:
    report = checked(packed(LINES)).report
    assert (report.findings, report.checked, report.sealed, report.checkpoints) == ((), 5, 5, 2)


@given(places, st.data())
def test_a_flipped_letter_is_found_and_its_record_named(place: int, data: st.DataObject) -> None:
    lines = deepcopy(LINES)
    body = lines[place]["body"]
    at = data.draw(st.integers(0, len(body) - 1))
    letter = data.draw(st.characters(codec="utf-8").filter(lambda other: other != body[at]))
    lines[place]["body"] = body[:at] + letter + body[at + 1 :]
    first_bad = checked(packed(lines)).report.first_bad
    assert first_bad
    assert first_bad.seq == lines[place]["seq"]


@given(places, st.data())
def test_a_proof_proves_no_other_place_and_no_other_tree(place: int, data: st.DataObject) -> None:
    lines = deepcopy(LINES)
    lines[place]["seq"] = data.draw(st.integers(0, 40).filter(lambda seq: seq != lines[place]["seq"]))
    assert "it is not in the tree" in found(lines)
    lines = deepcopy(LINES)
    lines[place]["size"] = 16 if lines[place]["size"] == 33 else 33
    assert "it is not in the tree" in found(lines)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"proof": []}, "it is not in the tree of 33 records"),
        ({"proof": ["00"]}, "64 hexadecimal digits"),
        ({"proof": "x"}, "not a list of hashes"),
        ({"proof": None}, "not a list of hashes"),
        ({"size": 34}, "no checkpoint of 34 records"),
        ({"size": None}, "not a number"),
        ({"seq": None}, "not a number"),
        ({"hash": "00" * 32}, "does not have the recorded hash"),
        ({"body": json.dumps({"organization": "globex"})}, "not that of a record of this log"),
        ({"body": None}, "not that of a record of this log"),
    ],
)
def test_a_line_that_proves_nothing_is_refused(change: dict[str, Any], sentence: str) -> None:
    assert sentence in found([LINES[0] | change, *LINES[1:]])


def test_checkpoints_that_do_not_go_on_from_each_other_are_named() -> None:
    forked = [CHECKPOINTS[0], CHECKPOINTS[1] | {"note": note_of([LEAVES[1], *LEAVES[1:33]])}]
    assert "checkpoint 3: does not go on from the one of 16 records before it" in found(LINES, forked)
    without = [CHECKPOINTS[0], {"number": 3, "note": CHECKPOINTS[1]["note"]}]
    assert "does not go on" in found(LINES, without)


def test_a_checkpoint_that_nobody_known_signed_proves_nothing() -> None:
    strange = [CHECKPOINTS[0], CHECKPOINTS[1] | {"note": note_of(LEAVES[:33], key=OTHER_KEY)}]
    said = found(LINES, strange)
    assert "checkpoint 3: was signed by none of the known keys" in said
    assert "there is no checkpoint of 33 records here that proves it" in said
    other = [CHECKPOINTS[0], CHECKPOINTS[1] | {"note": note_of(LEAVES[:33], origin="other/log")}]
    assert "checkpoint 3" in found(LINES, other)


def test_a_checkpoint_kept_elsewhere_is_compared_where_there_is_one_of_its_size() -> None:
    pack = packed(LINES)
    assert checked(pack, kept=[note_of(LEAVES[:16])]).report.first_bad is None
    forked = note_of([LEAVES[1], *LEAVES[1:16]])
    assert "is of another tree" in str(checked(pack, kept=[forked]).report.first_bad)
    assert "compare it with all of it" in str(checked(pack, kept=[note_of(LEAVES[:8])]).report.first_bad)
