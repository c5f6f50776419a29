"""A pack is checked without a database, and lies about nothing unnoticed."""

import io
import json
import zipfile
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination.engine.proof.archive import LARGEST_PACK
from coordination.engine.proof.manifest import PackUnreadable
from coordination.engine.proof.note import Checkpoint, sign
from tests.unit.engine.proof.chains import make_chain, rewritten
from tests.unit.engine.proof.packs import (
    KEY,
    ORIGIN,
    OTHER_KEY,
    Line,
    Log,
    checked,
    leaves_of,
    make_log,
    note_of,
)

INTACT = make_log()
PACK = INTACT.packed()
SEALED = len(leaves_of(INTACT.records))
sealed_places = st.integers(0, SEALED - 1)
places = st.integers(0, len(INTACT.records) - 1)
PUBLIC = KEY.public_key().public_bytes_raw()
OTHER_PUBLIC = OTHER_KEY.public_key().public_bytes_raw()


def tampered() -> Log:
    """Return a log to be tampered with by somebody who can sign a pack, but no checkpoint."""
    return deepcopy(INTACT)


def forged(line: Line, **said: Any) -> Line:
    """Return the line of a record that says something else, with the hash that fits."""
    content = json.loads(line["body"])
    record = next(one for one in make_chain(6, content["stream"]) if one.columns.id == content["id"])
    other = rewritten(record, **said)
    return line | {"body": other.body, "hash": other.hash}


def test_an_intact_pack_has_no_findings() -> None:
    found = checked(PACK, [PUBLIC])
    report = found.report
    assert (report.streams, report.checked, report.sealed, report.unsealed, report.checkpoints) == (2, 12, 11, 1, 3)
    assert (report.findings, found.kind) == ((), "audit")
    assert any(key.startswith(ORIGIN) for key in found.keys)


@given(places, st.data())
def test_a_flipped_letter_of_a_body_is_found_and_its_record_named(place: int, data: st.DataObject) -> None:
    log = tampered()
    body = log.records[place]["body"]
    at = data.draw(st.integers(0, len(body) - 1))
    letter = data.draw(st.characters(codec="utf-8").filter(lambda other: other != body[at]))
    log.records[place]["body"] = body[:at] + letter + body[at + 1 :]
    first_bad = log.report().first_bad
    assert first_bad
    assert "was changed" in first_bad.problem
    assert first_bad.seq == log.records[place]["seq"]


@given(sealed_places)
def test_a_record_with_a_new_hash_is_found_by_the_tree_and_named_by_the_one_after_it(place: int) -> None:
    log = tampered()
    log.records[place] = forged(log.records[place], actor="user:mallory")
    said = json.loads(log.records[place]["body"])
    findings = log.report().findings
    assert any("is not what it was" in finding.problem and finding.checkpoint for finding in findings)
    assert (said["stream"], said["stream_no"]) in {(finding.stream, finding.stream_no) for finding in findings}


@given(places)
def test_a_deleted_record_is_found_and_its_place_named(place: int) -> None:
    log = tampered()
    del log.records[place]
    findings = log.report().findings
    said = json.loads(INTACT.records[place]["body"])
    assert {(finding.stream, finding.stream_no) for finding in findings} >= {(said["stream"], said["stream_no"])}
    assert findings[0].seq == place if place < SEALED - 1 else findings


@given(sealed_places)
def test_a_record_that_is_deleted_and_closed_up_is_found(place: int) -> None:
    log = tampered()
    del log.records[place]
    for line in log.records[place:]:
        line["seq"] = None if line["seq"] is None else line["seq"] - 1
    assert any(finding.checkpoint for finding in log.report().findings)


@given(sealed_places, sealed_places)
def test_swapped_records_are_found(one: int, other: int) -> None:
    log = tampered()
    log.records[one], log.records[other] = log.records[other], log.records[one]
    assert bool(log.report().findings) == (one != other)
    for seq in (one, other):
        log.records[seq]["seq"] = seq
    assert any(finding.checkpoint for finding in log.report().findings) == (one != other)


@given(places)
def test_an_inserted_record_is_found(place: int) -> None:
    log = tampered()
    log.records.insert(place, dict(log.records[place]))
    assert log.report().first_bad
    for seq, line in enumerate(log.records):
        line["seq"] = seq if line["seq"] is not None else None
    assert log.report().first_bad


def test_a_record_that_nobody_wrote_is_found_at_the_end_too() -> None:
    log = tampered()
    log.records.append({"seq": None, "body": make_chain(7)[6].body, "hash": make_chain(7)[6].hash})
    first_bad = log.report().first_bad
    assert first_bad
    assert (first_bad.stream, first_bad.stream_no, "was added" in first_bad.problem) == ("run:1", 7, True)


@given(st.integers(0, len(INTACT.records) - 1))
def test_a_cut_log_is_found(length: int) -> None:
    log = tampered()
    del log.records[length:]
    assert log.report().first_bad


@pytest.mark.parametrize("size", [0, 3, 7])
def test_an_old_snapshot_is_whole_by_itself_and_found_by_a_checkpoint_kept_elsewhere(size: int) -> None:
    old = _as_of(size)
    assert old.report().first_bad is None
    first_bad = checked(old.packed(), kept=[INTACT.checkpoints[-1]["note"]]).report.first_bad
    assert first_bad
    assert f"of which only {size} are left" in first_bad.problem


def test_a_fork_is_whole_by_itself_and_found_by_a_checkpoint_kept_elsewhere() -> None:
    fork = make_log(extra="what was never said")
    assert fork.report().first_bad is None
    kept = INTACT.checkpoints[1]["note"]
    first_bad = checked(fork.packed(), kept=[kept]).report.first_bad
    assert first_bad
    assert "The checkpoint of 7 records that was kept elsewhere is not of the records" in first_bad.problem
    assert checked(PACK, kept=[kept]).report.first_bad is None


def test_a_checkpoint_of_another_log_or_of_a_stranger_compares_with_nothing() -> None:
    strange = note_of([], origin="coordination/audit/globex")
    assert "no log of the name coordination/audit/globex" in problem(PACK, kept=[strange])
    assert "none of the known keys" in problem(PACK, kept=[note_of([], key=OTHER_KEY)])
    assert "not a signed note" in problem(PACK, kept=["x"])


@given(st.integers(0, 2))
def test_a_removed_checkpoint_is_found(place: int) -> None:
    log = tampered()
    del log.checkpoints[place]
    assert any("checkpoint" in str(finding) for finding in log.report().findings)


def test_a_checkpoint_of_another_tree_is_named() -> None:
    log = tampered()
    log.checkpoints[1]["note"] = note_of(leaves_of(log.records)[1:8])
    assert [finding.checkpoint for finding in log.report().findings] == [2]
    assert "one at the places 3 to 6 is not what it was" in str(log.report().first_bad)


def test_a_checkpoint_that_shrinks_or_bears_another_name_is_named() -> None:
    for note in (note_of(leaves_of(INTACT.records)[:2]), note_of(leaves_of(INTACT.records)[:7], origin="other/log")):
        log = tampered()
        log.checkpoints[1]["note"] = note
        assert [finding.checkpoint for finding in log.report().findings] == [2]


def test_a_checkpoint_signed_by_another_key_is_named() -> None:
    log = tampered()
    log.checkpoints[1]["note"] = note_of(leaves_of(log.records)[:7], key=OTHER_KEY)
    assert str(log.report().first_bad) == "checkpoint 2: was signed by none of the known keys"


def test_a_log_written_and_signed_anew_is_refused_by_whoever_pins_the_key() -> None:
    log = tampered()
    log.records = make_log(extra="x").records
    log.heads = make_log(extra="x").heads
    log.key = OTHER_KEY
    for line in log.checkpoints:
        size = int(line["note"].splitlines()[1])
        line["note"] = note_of(leaves_of(log.records)[:size], key=OTHER_KEY)
    pack = log.packed(signed_by=OTHER_KEY)
    assert checked(pack).report.first_bad is None
    findings = checked(pack, [PUBLIC]).report.findings
    assert str(findings[0]).startswith("checkpoint 1: was signed by none")
    assert any("signed by another key than yours" in finding.problem for finding in findings)
    assert checked(pack, [OTHER_PUBLIC, PUBLIC]).report.first_bad is None


def test_a_removed_body_is_no_dropped_record() -> None:
    log = tampered()
    del log.records[4]["body"]
    first_bad = log.report().first_bad
    assert first_bad
    assert (first_bad.seq, first_bad.problem) == (4, "was removed")


def test_a_dropped_record_keeps_its_place() -> None:
    log = make_log(ranges=[[0, 3]], kind="RecordsDropped")
    for line in log.records[:4]:
        del line["body"]
    report = log.report()
    assert (report.findings, report.dropped, report.checked) == ((), 4, 8)


def test_the_head_of_a_stream_cannot_be_left_out() -> None:
    log = tampered()
    del log.heads[0]
    assert "head was removed" in str(log.report().first_bad)


def test_a_record_of_another_organization_is_found() -> None:
    log = tampered()
    log.records[0] = forged(log.records[0], organization="globex")
    assert any("another organization" in finding.problem for finding in log.report().findings)


@pytest.mark.parametrize(
    "line",
    [
        {"seq": -1},
        {"seq": True},
        {"seq": "0"},
        {"body": 17},
        {"body": None, "seq": None},
        {"hash": "00"},
        {"hash": None},
        {"body": "[]"},
        {"body": "{}"},
    ],
)
def test_a_line_that_is_no_record_is_found_and_its_place_named(line: Line) -> None:
    log = tampered()
    log.records[4] |= line
    first_bad = log.report().first_bad
    assert first_bad
    assert first_bad.seq == 4


@pytest.mark.parametrize("line", [{"note": None}, {"number": "1"}])
def test_a_line_that_is_no_checkpoint_is_found(line: Line) -> None:
    log = tampered()
    log.checkpoints[0] |= line
    assert "can't be read" in str(log.report().first_bad)


@pytest.mark.parametrize("line", [{"stream": None}, {"length": -1}, {"head_hash": 1}])
def test_a_line_that_is_no_head_is_found(line: Line) -> None:
    log = tampered()
    log.heads[0] |= line
    assert "can't be read" in str(log.report().first_bad)


def problem(pack: bytes, **options: Any) -> str:
    return "\n".join(str(finding) for finding in checked(pack, **options).report.findings)


def rezipped(change: Callable[[dict[str, bytes]], object], pack: bytes = PACK) -> bytes:
    """Return the pack after somebody without a key was at its files."""
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_a_changed_file_beside_the_records_is_named() -> None:
    log = tampered()
    log.extra["report.html"] = b"<p>All is well</p>"
    pack = rezipped(lambda files: files.update({"report.html": b"<p>All is better</p>"}), log.packed())
    assert problem(pack) == (
        "In this pack, the file report.html was changed: it does not have the hash that the manifest names"
    )


def test_an_added_and_a_removed_file_are_named() -> None:
    assert "the file notes.txt was added" in problem(rezipped(lambda files: files.update({"notes.txt": b""})))
    log = tampered()
    log.extra["report.html"] = b"x"
    assert "the file report.html was removed" in problem(rezipped(lambda files: files.pop("report.html"), log.packed()))
    assert "records.jsonl is missing" in problem(rezipped(lambda files: files.pop("logs/acme/records.jsonl")))


def test_a_manifest_that_was_not_signed_is_found() -> None:
    def date_back(files: dict[str, bytes]) -> None:
        files["manifest.json"] = files["manifest.json"].replace(b"2026-01", b"2025-01")

    assert "the manifest was changed" in problem(rezipped(date_back))
    assert "signature" in problem(rezipped(lambda files: files.update({"manifest.note": b"x"})))


def test_a_signature_of_a_checkpoint_is_none_of_a_manifest() -> None:
    checkpoint = sign(Checkpoint("coordination", 1, bytes(32)), "coordination", KEY).encode()
    assert "the manifest was changed" in problem(rezipped(lambda files: files.update({"manifest.note": checkpoint})))


@given(st.integers(0, len(PACK) - 1), st.integers(1, 255))
def test_no_flipped_byte_of_the_file_goes_unnoticed_or_breaks_the_check(at: int, by: int) -> None:
    flipped = bytearray(PACK)
    flipped[at] ^= by
    try:
        found = checked(bytes(flipped), [PUBLIC]).report
    except PackUnreadable:
        return
    if found.first_bad is None:
        # What a zip says beside its files' names and contents, such as their dates, is nobody's claim.
        assert _contents(bytes(flipped)) == _contents(PACK)


@given(st.integers(0, len(PACK) - 1))
def test_a_truncated_file_is_refused(length: int) -> None:
    with pytest.raises(PackUnreadable):
        checked(PACK[:length])


def test_of_a_truncated_file_the_last_whole_record_is_named() -> None:
    pack = make_log(per_stream=400, sealed_at=(300, 700)).packed()
    with pytest.raises(
        PackUnreadable, match=r"cut off: logs/acme/records\.jsonl ends after line \d+ \(run:\d, record \d+\)"
    ):
        checked(pack[: len(pack) // 2])
    with pytest.raises(PackUnreadable, match=r"cut off: logs/acme/heads\.jsonl ends after line 0;"):
        checked(PACK[: PACK.index(b"logs/acme/heads.jsonl") + 60])


def test_a_truncated_bomb_fills_no_memory() -> None:
    log = tampered()
    log.records = [{"seq": 0, "body": "x" * 40_000_000, "hash": ""}]
    with pytest.raises(PackUnreadable, match="cut off"):
        checked(log.packed()[:20_000])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda files: files.pop("manifest.json"), "manifest.json is missing"),
        (lambda files: files.update({"manifest.json": b"[]"}), "not a pack of the format"),
        (lambda files: files.update({"manifest.json": b'{"format": "coordination.pack/2"}'}), "does not say"),
        (lambda files: files.update({"../escaped": b""}), "outside its folder"),
        (lambda files: files.update({"/escaped": b""}), "outside its folder"),
    ],
)
def test_what_is_no_pack_is_refused(change: Callable[[dict[str, bytes]], object], sentence: str) -> None:
    with pytest.raises(PackUnreadable, match=sentence):
        checked(rezipped(change))


def test_two_files_of_one_name_are_refused() -> None:
    out = io.BytesIO(PACK)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a") as archive:
        archive.writestr("logs/acme/records.jsonl", b"")
    with pytest.raises(PackUnreadable, match="two files of one name"):
        checked(out.getvalue())


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coordination.engine.proof.archive.LARGEST_PACK", 100)
    with pytest.raises(PackUnreadable, match="larger than any pack"):
        checked(PACK)
    assert LARGEST_PACK > 100


def _as_of(size: int) -> Log:
    """Return the log as it was when so many records were sealed."""
    lines = [line for line in INTACT.records if line["seq"] is not None and line["seq"] < size]
    ends: dict[str, Line] = {}
    # The records of the first six places do not stand in the order of their streams.
    for line in sorted(lines, key=lambda line: int(json.loads(line["body"])["stream_no"])):
        said = json.loads(line["body"])
        ends[said["stream"]] = {"stream": said["stream"], "length": said["stream_no"], "head_hash": line["hash"]}
    n = sum(int(line["note"].splitlines()[1]) <= size for line in INTACT.checkpoints)
    return Log(deepcopy(lines), deepcopy(INTACT.checkpoints[:n]), list(ends.values()))


def _contents(pack: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
