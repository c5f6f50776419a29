"""Bring a set of manifests into force: all of them, or none."""

from collections.abc import Iterable
from pathlib import Path

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.engine.manifest import Manifest, Problem
from coordination.manifests.checking import problems_in
from coordination.manifests.documents import Document
from coordination.manifests.errors import Finding, ManifestUnreadable, NothingToApply, Refused, findings_of
from coordination.manifests.kinds import KINDS
from coordination.manifests.planning import Action, Change, change_for
from coordination.manifests.reading import MAX_BYTES, read
from coordination.shared.errors import CoordinationError, FieldError

SUFFIXES = (".yaml", ".yml", ".json")
MAX_FILES = 2_000


def load(where: Path) -> list[Document]:
    """Return the documents of a file, or of every manifest file in a folder; raises Refused, NothingToApply."""
    documents: list[Document] = []
    findings: list[Finding] = []
    for path in _files(where):
        try:
            documents += read(_text(path), str(path))
        except ManifestUnreadable as error:
            findings += findings_of(error, str(path))
    if findings:
        raise Refused(findings)
    if not documents:
        raise NothingToApply(where=where)
    return documents


def apply(
    organization: Organization, documents: Iterable[Document], actor: Actor, *, dry_run: bool = False
) -> list[Change]:
    """Bring documents into force in one transaction and return what each did; raises Refused.

    A dry run does everything and takes it back, so it finds what only the database can tell too.
    """
    ordered = _checked(list(documents))
    with transaction.atomic():
        changes = _put_all(organization, ordered, actor)
        if dry_run:
            transaction.set_rollback(True)
    return changes


def _checked(documents: list[Document]) -> list[tuple[Document, Manifest]]:
    """Return the manifests in the order in which they need each other; raises Refused with every mistake of all."""
    findings = [
        Finding(document.source, one)
        for document in documents
        for one in sorted(map(document.place, problems_in(document.value)), key=_in_order)
    ]
    if findings:
        raise Refused(findings)
    said = [(document, Manifest.model_validate(document.value)) for document in documents]
    seen: dict[tuple[str, str], Document] = {}
    for document, manifest in said:
        other = seen.setdefault((manifest.kind, manifest.metadata.name), document)
        if other is not document:
            where = f"{other.source or 'this text'}, line {other.first_line}"
            about = f"{manifest.kind} {manifest.metadata.name} is also in {where}"
            findings.append(Finding(document.source, document.place(Problem("/metadata/name", about))))
    if findings:
        raise Refused(findings)
    order = list(KINDS)
    return sorted(said, key=lambda pair: order.index(pair[1].kind))


def _in_order(one: FieldError) -> tuple[int, int]:
    return one.line or 0, one.column or 0


def _put_all(organization: Organization, said: list[tuple[Document, Manifest]], actor: Actor) -> list[Change]:
    changes, findings = [], []
    for document, manifest in said:
        change = change_for(organization, manifest)
        changes.append(change)
        if change.action is Action.UNCHANGED:
            continue
        try:
            # A savepoint: after one refusal the others are still tried, so that all are told at once.
            with transaction.atomic():
                _put(organization, manifest, actor, document.text)
        except CoordinationError as error:
            findings += [Finding(document.source, one) for one in document.placed(error, "/metadata/name")]
    # What is missing because something else was refused needs no telling.
    findings = findings or _missing(organization, said, changes)
    if findings:
        raise Refused(findings)
    return changes


def _missing(organization: Organization, said: list[tuple[Document, Manifest]], changes: list[Change]) -> list[Finding]:
    """Return what the manifests ask for that is not there, now that all of them are in place."""
    return [
        Finding(document.source, document.place(problem))
        for (document, manifest), change in zip(said, changes, strict=True)
        if change.action is not Action.UNCHANGED
        for problem in KINDS[manifest.kind].missing(organization, manifest)
    ]


def _put(organization: Organization, manifest: Manifest, actor: Actor, text: str) -> None:
    kind = KINDS[manifest.kind]
    kept = {"source": text} if kind.keeps_text else {}
    kind.put(organization, manifest, actor, **kept)


def _files(where: Path) -> list[Path]:
    if not where.is_dir():
        return [where]
    found = sorted(path for path in where.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    if len(found) > MAX_FILES:
        raise NothingToApply(where=f"{where}: it holds more than {MAX_FILES} files")
    return found


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ManifestUnreadable(why=f"it is larger than {MAX_BYTES // 1024 // 1024} MB.")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ManifestUnreadable(why="it is not UTF-8 text.") from None
    except OSError as error:
        raise ManifestUnreadable(why=f"{error.strerror}.") from None
