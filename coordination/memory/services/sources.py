"""Bring files and pages into a knowledge base; reading and indexing them is a worker's work."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import PurePath

from django.db import transaction

from coordination.accounts.actors import Actor
from coordination.memory.errors import FileRefused, FileTooLarge, TooManySources
from coordination.memory.extraction.model import Unreadable
from coordination.memory.extraction.reading import kind_of
from coordination.memory.fetching import check_address
from coordination.memory.jobs import INDEX
from coordination.memory.models import KnowledgeBase, KnowledgeSource, SourceKind, SourcePart, SourceStatus
from coordination.memory.services.documents import discard
from coordination.memory.services.records import record_source
from coordination.shared.clock import now
from coordination.shared.json import Json

MOST_BYTES = 32 * 1024 * 1024
MOST_SOURCES = 1_000
_PART = 1024 * 1024


@transaction.atomic
def upload(
    base: KnowledgeBase,
    name: str,
    chunks: Iterable[bytes],
    actor: Actor,
    *,
    classification: str = "",
    is_trusted: bool = False,
) -> KnowledgeSource:
    """Keep a file and have it indexed; a file of the same name is replaced. Raises FileTooLarge, FileRefused."""
    name = PurePath(name.replace("\\", "/").replace("\x00", "")).name.strip()[:200] or "file"
    source = _source(base, SourceKind.FILE, name, actor)
    source.classification = classification or base.classification
    source.is_trusted = is_trusted
    before = source.sha256
    keep_content(source, chunks)
    is_same = source.sha256 == before and source.indexed_sha256 == before
    said: dict[str, Json] = {"sha256": source.sha256, "size": source.size, "classification": source.classification}
    record_source(source, "KnowledgeSourceAdded", actor, **said, trusted=is_trusted, unchanged=is_same)
    queue(source)
    return source


@transaction.atomic
def add_page(
    base: KnowledgeBase, address: str, actor: Actor, *, every_s: int | None = None, is_trusted: bool = False
) -> KnowledgeSource:
    """Have a web page read, now and again and again; raises PageRefused."""
    check_address(address, base.sites)
    source = _source(base, SourceKind.PAGE, address, actor)
    source.classification = base.classification
    source.every_s, source.is_trusted = every_s, is_trusted
    record_source(source, "KnowledgeSourceAdded", actor, every_s=every_s, trusted=is_trusted)
    queue(source)
    return source


@transaction.atomic
def reindex(source: KnowledgeSource, actor: Actor) -> KnowledgeSource:
    """Read a file or a page anew."""
    locked = _locked(source)
    locked.indexed_sha256 = ""
    record_source(locked, "KnowledgeSourceReread", actor)
    queue(locked)
    return locked


@transaction.atomic
def remove_source(source: KnowledgeSource, actor: Actor) -> None:
    """Forget a file or a page and what was made of it."""
    locked = _locked(source)
    removed = discard(locked.knowledge_base, locked.documents.values_list("key", flat=True))
    record_source(locked, "KnowledgeSourceRemoved", actor, documents=removed)
    locked.delete()


def keep_content(source: KnowledgeSource, chunks: Iterable[bytes]) -> None:
    """Keep bytes in parts, never more than a part in memory; raises FileTooLarge, FileRefused."""
    source.save()
    SourcePart.objects.filter(source=source).delete()
    digest, size = sha256(), 0
    for number, part in enumerate(_parts(chunks)):
        size += len(part)
        if size > MOST_BYTES:
            raise FileTooLarge(most_mb=MOST_BYTES // 2**20)
        if not number:
            _check_kind(part, source.name)
        digest.update(part)
        SourcePart.objects.create(source=source, number=number, content=part)
    if not size:
        raise FileRefused(name=source.name, problem="it is empty")
    source.size, source.sha256 = size, digest.hexdigest()
    source.save(update_fields=["size", "sha256"])


def queue(source: KnowledgeSource) -> None:
    """Have a worker index it: whoever is at it already is given up."""
    source.status, source.attempt = SourceStatus.QUEUED, source.attempt + 1
    source.n_lost = source.done = source.total = 0
    source.doing = source.error = ""
    source.seen_at, source.due_at = now(), next_time(source)
    source.save()
    INDEX.later(source_id=str(source.pk), attempt=source.attempt)


def next_time(source: KnowledgeSource) -> datetime | None:
    """Return when a page is to be read again, or None."""
    return now() + timedelta(seconds=source.every_s) if source.every_s else None


def _locked(source: KnowledgeSource) -> KnowledgeSource:
    return KnowledgeSource.objects.select_for_update(of=("self",)).select_related("knowledge_base").get(pk=source.pk)


def _source(base: KnowledgeBase, kind: SourceKind, name: str, actor: Actor) -> KnowledgeSource:
    """Return the source of this name, locked, or a new one; raises TooManySources."""
    found = (
        KnowledgeSource.objects.select_for_update(of=("self",))
        .select_related("knowledge_base")
        .filter(knowledge_base=base, name=name)
        .first()
    )
    if found is not None:
        found.requested_by = str(actor)
        return found
    if KnowledgeSource.objects.filter(knowledge_base=base).count() >= MOST_SOURCES:
        raise TooManySources(most=MOST_SOURCES)
    return KnowledgeSource(
        organization_id=base.organization_id,
        knowledge_base=base,
        kind=kind,
        name=name,
        attempt=0,
        requested_by=str(actor),
        created_at=now(),
        seen_at=now(),
    )


def _check_kind(head: bytes, name: str) -> None:
    try:
        kind_of(head, name)
    except Unreadable as error:
        raise FileRefused(name=name, problem=str(error)) from None


def _parts(chunks: Iterable[bytes]) -> Iterable[bytes]:
    """Yield bytes in parts of one size, whatever sizes they come in."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= _PART:
            yield bytes(held[:_PART])
            del held[:_PART]
    if held:
        yield bytes(held)
