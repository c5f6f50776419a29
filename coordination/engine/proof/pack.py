"""Check an exported pack without any database: its records, its checkpoints, its files, and who signed it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import IO, Any

from coordination.engine.proof.archive import Archive
from coordination.engine.proof.findings import Finding, Report, added
from coordination.engine.proof.handover import followed
from coordination.engine.proof.lines import Line, LineInvalid, number_of
from coordination.engine.proof.links import Head
from coordination.engine.proof.manifest import SIGNATURE, LogFiles, signed_text
from coordination.engine.proof.note import NoteInvalid, Verifier, opened_text, read
from coordination.engine.proof.part import PartOfLog
from coordination.engine.proof.tree import Signed
from coordination.engine.proof.whole import WholeLog


@dataclass(frozen=True, slots=True)
class PackReport:
    """What came of checking a pack: what it says it is, the keys it names, and what is wrong."""

    kind: str
    made_at: str
    keys: Sequence[str]
    report: Report


def verify_pack(file: IO[bytes], pinned: Iterable[bytes] = (), kept: Sequence[str] = ()) -> PackReport:
    """Check a pack in constant memory; raises PackUnreadable.

    `pinned` are the only public keys to trust, with those that they handed over to, where it matters who signed; `kept`
    are notes of checkpoints that were kept elsewhere. What is wrong with records comes first.
    """
    archive = Archive(file)
    manifest = archive.manifest
    trusted = followed(pinned, manifest.handovers)
    report = added([_check_log(archive, log, trusted, kept) for log in manifest.logs])
    other = [*_signature_problems(archive, trusted), *archive.problems(), *_strange(manifest.logs, kept)]
    report = replace(report, findings=(*report.findings, *(Finding(f"In this pack, {problem}") for problem in other)))
    keys = dict.fromkeys([manifest.signer.text(), *(key for log in manifest.logs for key in log.keys)])
    return PackReport(manifest.kind, manifest.made_at, tuple(keys), report)


def _check_log(archive: Archive, log: LogFiles, trusted: frozenset[bytes], kept: Sequence[str]) -> Report:
    verifiers = log.verifiers(trusted)
    if log.heads:
        return _check_whole(archive, log, verifiers, kept)
    return _check_part(archive, log, verifiers, kept)


def _check_whole(archive: Archive, log: LogFiles, verifiers: Sequence[Verifier], kept: Sequence[str]) -> Report:
    whole = WholeLog(log.organization, map(_signed, archive.lines(log.checkpoints)), verifiers, kept)
    try:
        for name in log.records:
            for line in archive.lines(name):
                whole.add(Line.of(line))
        whole.finish(_head(log, line) for line in archive.lines(log.heads))
    except LineInvalid as error:
        whole.stop(str(error))
    return whole.report()


def _check_part(archive: Archive, log: LogFiles, verifiers: Sequence[Verifier], kept: Sequence[str]) -> Report:
    part = PartOfLog(log.organization, verifiers)
    try:
        for line in archive.lines(log.checkpoints):
            part.add_checkpoint(_signed(line), line.get("consistency", []))
        for name in log.records:
            for line in archive.lines(name):
                part.add(line)
    except LineInvalid as error:
        part.findings.append(Finding(f"In this pack, {error}", log.organization))
    return part.finish(kept)


def _signed(line: Mapping[str, Any]) -> Signed:
    note = line.get("note")
    if not isinstance(note, str):
        raise LineInvalid("a checkpoint has no note")
    return Signed(number_of(line.get("number")), note)


def _head(log: LogFiles, line: Mapping[str, Any]) -> Head:
    stream, ended = line.get("stream"), line.get("head_hash")
    if not isinstance(stream, str) or not isinstance(ended, str):
        raise LineInvalid("the head of a stream does not name it")
    return Head(log.organization, stream, number_of(line.get("length")), ended)


def _signature_problems(archive: Archive, trusted: frozenset[bytes]) -> Iterator[str]:
    """Yield why the manifest's signature is not to be believed."""
    signer = archive.manifest.signer
    if trusted and signer.public not in trusted:
        yield f"the manifest was signed by another key than yours: {signer.text()}"
    try:
        said = opened_text(archive.read(SIGNATURE).decode("utf-8", "replace"), [signer])
    except NoteInvalid as error:
        yield f"the signature of the manifest {error}"
    else:
        if said != signed_text(archive.raw_manifest):
            yield "the manifest was changed: it is not the one that was signed"


def _strange(logs: Iterable[LogFiles], kept: Iterable[str]) -> Iterator[str]:
    """Yield which checkpoints that were kept elsewhere are of no log here."""
    names = {verifier.name for log in logs for verifier in log.verifiers(frozenset())}
    for note in kept:
        try:
            origin = read(note).origin
        except NoteInvalid as error:
            yield f"nothing can be compared with the checkpoint that was kept elsewhere, which {error}"
        else:
            if origin not in names:
                yield f"there is no log of the name {origin}, of which a checkpoint was kept elsewhere"
