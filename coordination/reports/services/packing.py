"""Write what was collected into a pack: pages for people, data for machines, records with their proofs."""

import json
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import IO, Any, TypedDict
from uuid import UUID

from coordination.audit.models import AuditCheckpoint
from coordination.audit.services.export import sign
from coordination.audit.services.keys import origin_of, verifiers
from coordination.engine.proof.manifest import LogFiles
from coordination.engine.proof.packing import PackWriter
from coordination.reports.dossier import Evidence, Scope
from coordination.reports.rendering.html import html_of
from coordination.reports.rendering.pdf import pdf_of
from coordination.reports.saying import Dossier, Proof, Shown, data_of
from coordination.reports.selectors.controls import judged
from coordination.reports.selectors.proven import checkpoints_of, newest_checkpoint, places_of, proven_lines
from coordination.reports.selectors.records import MOST_SHOWN, chosen

CHECKPOINTS = "checkpoints/checkpoints.jsonl"
KIND = "compliance"
_PACKAGES = ("Django", "celery", "psycopg", "cryptography", "cel-expr-python", "typst")
_CHECKED_BY_HAND = """\
A pack of evidence. {notice}

report.html, report.pdf   the report
controls.json             how each control stands, with what is missing
data/                     the figures and tables of the report in full
evidence/                 audit records, each with the proof that it is in a signed checkpoint
checkpoints/              the checkpoints, as signed notes, each with the proof that it goes on from the one before
policies/                 the versions of policies that were in force, and what changed
manifest.json             every file with its SHA-256; manifest.note is its signature

To check it, take verify.py out of the pack and run
python verify.py PACK.zip
It needs Python and the package cryptography. Whoever knows the key from elsewhere names it with --key, so that no other
key is believed. The key of this pack is
{key}
"""


class NothingSealed(Exception):
    """Nothing is sealed yet, so nothing can be proven: the sealer has to run first."""

    def __str__(self) -> str:
        return "Nothing is sealed yet, so nothing can be proven: the sealer has to run first."


class Summary(TypedDict):
    """What a pack says in short."""

    standings: dict[str, int]
    evidence: list[dict[str, Any]]
    records: int
    checkpoint: int
    size: int
    key: str
    gaps: int
    files: int


def write_pack(file: IO[bytes], scope: Scope, collected: Mapping[str, Evidence]) -> Summary:
    """Write the pack and return what it says in short; raises NothingSealed."""
    checkpoint = newest_checkpoint(scope.organization)
    if checkpoint is None:
        raise NothingSealed
    wanted = {name: evidence.kinds for name, evidence in collected.items() if evidence.kinds}
    drawn = chosen(scope, wanted, MOST_SHOWN, bytes(checkpoint.root))
    places = places_of(scope, checkpoint.size, {one for own in drawn.values() for one in own})
    shown = [_shown(name, one, scope, drawn, places) for name, one in collected.items()]
    key = verifiers(scope.organization)[-1].text()
    proof = Proof(checkpoint.number, checkpoint.size, bytes(checkpoint.root).hex(), key)
    dossier = Dossier(scope, proof, judged(scope.organization), shown, _versions(), MOST_SHOWN)
    writer = PackWriter(file, kind=KIND, made_at=scope.made_at.isoformat())
    n_files = _write_pages(writer, dossier) + _write_evidence(writer, scope, checkpoint, drawn, places)
    sign(writer)
    return {
        "standings": {str(standing): n for standing, n in dossier.standings().items()},
        "evidence": [
            {
                "name": one.name,
                "title": one.evidence.title,
                "records": one.n_records if one.evidence.kinds else None,
                "proven": one.n_proven if one.evidence.kinds else None,
            }
            for one in shown
        ],
        "records": len(places),
        "checkpoint": checkpoint.number,
        "size": checkpoint.size,
        "key": key,
        "gaps": len(dossier.gaps()),
        "files": n_files,
    }


def _shown(
    name: str, evidence: Evidence, scope: Scope, drawn: Mapping[str, Sequence[UUID]], places: Mapping[UUID, int]
) -> Shown:
    n_records = sum(scope.counts.get(kind, 0) for kind in evidence.kinds)
    return Shown(name, evidence, n_records, sum(one in places for one in drawn.get(name, ())))


def _write_pages(writer: PackWriter, dossier: Dossier) -> int:
    """Write the report, the controls and the data behind them; returns how many files these are."""
    said = dossier.said()
    files: dict[str, str | bytes] = {
        "README.txt": _CHECKED_BY_HAND.format(notice=said["notice"], key=dossier.proof.key),
        "report.html": html_of(said),
        "report.pdf": pdf_of(said),
        "controls.json": _json(dossier.controls_said()),
    }
    for one in dossier.shown:
        files[f"data/{one.name}.json"] = _json(data_of(one))
        files |= {file.path: file.text for file in one.evidence.files}
    for name, content in files.items():
        writer.write(name, content)
    return len(files)


def _write_evidence(
    writer: PackWriter,
    scope: Scope,
    checkpoint: AuditCheckpoint,
    drawn: Mapping[str, Sequence[UUID]],
    places: Mapping[UUID, int],
) -> int:
    """Write the records with their proofs, and the checkpoints; returns how many files these are."""
    files = []
    for name, identifiers in drawn.items():
        files.append(f"evidence/{name}.jsonl")
        own = {one: places[one] for one in identifiers if one in places}
        writer.write_lines(files[-1], proven_lines(scope.organization, own, checkpoint.size))
    writer.write_lines(CHECKPOINTS, checkpoints_of(scope, checkpoint))
    origin = origin_of(scope.organization)
    keys = [one.text() for one in verifiers(scope.organization)]
    writer.add_log(LogFiles(origin, str(scope.organization.pk), keys, CHECKPOINTS, files))
    return len(files) + 1


def _versions() -> dict[str, str]:
    found = {"coordination": _version("coordination"), "Python": platform.python_version()}
    return found | {name: _version(name) for name in _PACKAGES}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "from a checkout"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n"
