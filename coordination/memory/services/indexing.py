"""Index a source: fetch it, read it apart, embed it a few documents at a time, and say how far it is."""

import logging
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from coordination.accounts.actors import SYSTEM
from coordination.memory.errors import PageRefused
from coordination.memory.extraction.apart import sections_of
from coordination.memory.extraction.model import Section, Unreadable
from coordination.memory.fetching import fetched
from coordination.memory.manifest import DocumentInput
from coordination.memory.models import KnowledgeSource, SourceKind, SourceStatus
from coordination.memory.selectors import content_of
from coordination.memory.services.documents import discard, put_documents
from coordination.memory.services.records import record_source, ring_for
from coordination.memory.services.sources import keep_content, next_time
from coordination.memory.suspicion import order_in
from coordination.shared.clock import now
from coordination.shared.errors import CoordinationError
from coordination.shared.json import Json

logger = logging.getLogger(__name__)

# Embedded and written together: seconds of work, so that progress is seen and a lost worker loses little.
AT_A_TIME = 16
FAILED = "It could not be indexed; the log of the worker says why."


class _NotOurs(Exception):
    """Another worker has taken the source over, or it was removed."""


def index_source(source_id: UUID, attempt: int) -> None:
    """Index a source that nobody has begun; what was indexed before stays until it is replaced."""
    mine = KnowledgeSource.objects.filter(pk=source_id, attempt=attempt)
    begun = {"status": SourceStatus.INDEXING, "started_at": now(), "seen_at": now(), "done": 0, "error": ""}
    if not mine.filter(status=SourceStatus.QUEUED).update(**begun):
        return
    source = mine.select_related("knowledge_base__organization").get()
    ring_for(source)
    try:
        _index(source)
    except _NotOurs:
        logger.info("The source %s is somebody else's by now.", source_id)
    except (PageRefused, Unreadable) as error:
        _fail(source, str(error.values["problem"]) if isinstance(error, PageRefused) else str(error))
    except CoordinationError as error:
        _fail(source, str(error))
    except Exception:  # Whatever it was, the row says that it failed, and the log says why.
        logger.exception("The source %s failed.", source_id)
        _fail(source, FAILED)


def _index(source: KnowledgeSource) -> None:
    if source.kind == SourceKind.PAGE:
        _tell(source, "fetching", 0)
        _fetch(source)
    if source.sha256 == source.indexed_sha256:
        _finish(source, changed=0, note=source.note)
        return
    with tempfile.TemporaryDirectory(prefix="knowledge-") as folder:
        path = Path(folder) / "content"
        with path.open("wb") as file:
            file.writelines(content_of(source))
        _tell(source, "reading", 0)
        # Read whole before the first document is replaced: a file that breaks off half-way changes nothing.
        read = list(sections_of(path, source.name))
    sections = [one for one in read if isinstance(one, Section)]
    documents = _documents(source, sections)
    changed, done = 0, 0
    while batch := list(islice(documents, AT_A_TIME)):
        _tell(source, "indexing", done, len(sections))
        changed += put_documents(source.knowledge_base, batch, source)
        done += len(batch)
    _finish(source, changed, " ".join(one for one in read if isinstance(one, str)), len(sections))


@transaction.atomic
def _fetch(source: KnowledgeSource) -> None:
    """Keep what a page says now."""
    # Spooled first: no transaction waits for somebody else's server.
    with tempfile.SpooledTemporaryFile(max_size=2**20) as file:
        digest = sha256()
        for chunk in fetched(source.name, source.knowledge_base.sites):
            digest.update(chunk)
            file.write(chunk)
        if digest.hexdigest() == source.sha256:
            return
        file.seek(0)
        _ours(source)
        keep_content(source, iter(lambda: file.read(2**16), b""))


def _documents(source: KnowledgeSource, sections: list[Section]) -> Iterator[DocumentInput]:
    """Yield a source's documents; whatever gives orders in something nobody vouches for waits for a person."""
    kind = "the page" if source.kind == SourceKind.PAGE else "the file"
    taint = "" if source.is_trusted else f"from {kind} {source.name}"[:300]
    for number, section in enumerate(sections, 1):
        order = "" if source.is_trusted else order_in(f"{section.title}\n{section.text}")
        yield DocumentInput(
            key=_key(source, number),
            title=section.title,
            text=section.text,
            label=section.label,
            classification=source.classification,
            place=section.place,
            taint=taint,
            suspicion=f"It reads like an order to an agent: “{order}”" if order else "",
        )


def _key(source: KnowledgeSource, number: int) -> str:
    name = source.name.rpartition("/")[2] if source.kind == SourceKind.FILE else source.name
    # Two long addresses with one beginning stay two.
    return f"{name[:150]}#{number}" if len(name) <= 150 else f"{name[:120]}~{source.pk.hex[-12:]}#{number}"


@transaction.atomic
def _finish(source: KnowledgeSource, changed: int, note: str, n_sections: int | None = None) -> None:
    """Remove what the source says no more, and write down what became of it."""
    if not _mine(source).select_for_update().exists():
        raise _NotOurs
    base, removed = source.knowledge_base, 0
    if n_sections is not None:
        kept = [_key(source, number) for number in range(1, n_sections + 1)]
        removed = discard(base, source.documents.exclude(key__in=kept).values_list("key", flat=True))
    held = source.documents.filter(quarantined_at__isnull=False).count()
    n_documents = source.documents.count()
    _mine(source).update(
        status=SourceStatus.READY,
        finished_at=now(),
        n_documents=n_documents,
        done=n_documents,
        total=n_documents,
        doing="",
        note=note[:500],
        indexed_sha256=source.sha256,
        due_at=next_time(source),
    )
    base.refresh_from_db(fields=["revision"])
    said: dict[str, Json] = {"sha256": source.sha256, "documents": n_documents, "changed": changed, "removed": removed}
    record_source(source, "KnowledgeSourceIndexed", SYSTEM, **said, quarantined=held, revision=base.revision)


@transaction.atomic
def _fail(source: KnowledgeSource, error: str) -> None:
    sentence = f"{error[:1].upper()}{error[1:490]}".rstrip(".") + "."
    failed = {"status": SourceStatus.FAILED, "finished_at": now(), "error": sentence, "doing": ""}
    if _mine(source).update(**failed, due_at=next_time(source)):
        record_source(source, "KnowledgeSourceFailed", SYSTEM, error=sentence)


def _tell(source: KnowledgeSource, doing: str, done: int, total: int = 0) -> None:
    """Say how far it is and that its worker is alive; raises _NotOurs."""
    if not _mine(source).update(doing=doing, done=done, total=total, seen_at=now()):
        raise _NotOurs
    ring_for(source)


def _ours(source: KnowledgeSource) -> None:
    if not _mine(source).select_for_update().exists():
        raise _NotOurs


def _mine(source: KnowledgeSource) -> QuerySet[KnowledgeSource]:
    return KnowledgeSource.objects.filter(pk=source.pk, attempt=source.attempt, status=SourceStatus.INDEXING)
