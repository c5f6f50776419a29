"""What changes about knowledge and memory."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Sum

from coordination.accounts.actors import Actor
from coordination.accounts.models import Organization
from coordination.audit.services import Entry, append
from coordination.engine.manifest import Manifest
from coordination.engine.proof.canonical import digest_of
from coordination.memory.embedding import embed
from coordination.memory.errors import DocumentKeyRepeated, MemoryChanged
from coordination.memory.manifest import DocumentInput, KnowledgeBaseSpec
from coordination.memory.models import Document, KnowledgeBase, MemoryEntry, Passage
from coordination.memory.passages import codes_of, passages_of
from coordination.memory.selectors import knowledge_base_named
from coordination.shared.json import Json
from coordination.shared.live import ring
from coordination.shared.manifests import checked

__all__ = [
    "DocumentInput",
    "put_documents",
    "remember",
    "remove_documents",
    "remove_knowledge_base",
    "save_knowledge_base",
]

STREAM = "memory"
BATCH = 1_000
_SAYS = ("title", "text", "label", "links", "classification")


@transaction.atomic
def save_knowledge_base(organization: Organization, manifest: Manifest, actor: Actor) -> KnowledgeBase:
    """Make or change a knowledge base; the documents a manifest lists replace those there are."""
    spec = checked(manifest.spec, KnowledgeBaseSpec)
    meta = manifest.metadata
    base = _locked(organization, meta.name)
    says = (meta.title, meta.description, meta.labels)
    renamed = says != (base.title, base.description, base.labels)
    base.title, base.description, base.labels = says
    base.save()
    contents = list(spec.contents())
    changed = put_documents(base, contents)
    if contents:
        kept = [document.key for document in contents]
        changed += _remove(base, base.documents.exclude(key__in=kept).values_list("key", flat=True))
    if renamed or changed:
        told: dict[str, Json] = {"revision": base.revision, "documents_changed": changed}
        _record(organization, actor, base, told | {"digest": digest_of(spec.model_dump(mode="json"))})
    return base


@transaction.atomic
def remove_knowledge_base(organization: Organization, name: str, actor: Actor) -> None:
    """Forget a knowledge base and its documents; raises KnowledgeBaseUnknown."""
    base = knowledge_base_named(organization, name)
    entry = Entry("KnowledgeBaseRemoved", {"revision": base.revision}, object=f"knowledge-base:{name}")
    base.delete()
    append(organization.id, STREAM, actor, [entry])
    ring(organization.id, "memory")


@transaction.atomic
def put_documents(base: KnowledgeBase, documents: Iterable[DocumentInput]) -> int:
    """Add or replace documents by key and return how many differ from before; raises DocumentKeyRepeated."""
    wanted = _by_key(documents)
    # Locked: two writers at once would otherwise count each other's passages wrongly.
    KnowledgeBase.objects.select_for_update().get(pk=base.pk)
    present = {row.key: row for row in Document.objects.filter(knowledge_base=base, key__in=wanted)}
    rows = [_row(base, item, present.get(item.key)) for item in wanted.values()]
    changed = [row for row in rows if row.key not in present or _says(row) != _says(present[row.key])]
    if not changed:
        return 0
    Document.objects.bulk_create(
        changed,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=[*_SAYS, "codes", "updated_at"],
    )
    Passage.objects.filter(document__in=[row.pk for row in changed if row.key in present]).delete()
    Passage.objects.bulk_create(_passages(base, changed), batch_size=BATCH)
    _count(base)
    return len(changed)


@transaction.atomic
def remove_documents(base: KnowledgeBase, keys: Iterable[str], actor: Actor) -> int:
    """Remove documents by key and return how many there were."""
    removed = _remove(base, keys)
    if removed:
        _record(base.organization, actor, base, {"revision": base.revision, "documents_removed": removed})
    return removed


@transaction.atomic
def remember(
    organization: Organization,
    *,
    key: str,
    value: Json,
    writer: str,
    run_id: UUID | None = None,
    scope: str = "",
    source: str = "",
    confidence: float | None = None,
    classification: str = "internal",
    expected_version: int | None = None,
) -> MemoryEntry:
    """Write a value under a key; with `expected_version` (0: not there yet) raises MemoryChanged if it moved on."""
    entry, created = MemoryEntry.objects.select_for_update().get_or_create(
        organization=organization, run_id=run_id, scope=scope, key=key, defaults={"value": value, "writer": writer}
    )
    version = 0 if created else entry.version
    if expected_version not in (None, version):
        raise MemoryChanged(key=key, version=version)
    entry.value, entry.writer, entry.source, entry.confidence = value, writer, source, confidence
    entry.classification, entry.version = classification, version + 1
    entry.save()
    return entry


def _locked(organization: Organization, name: str) -> KnowledgeBase:
    found = KnowledgeBase.objects.select_for_update().filter(organization=organization, name=name).first()
    return found or KnowledgeBase(organization=organization, name=name)


def _by_key(documents: Iterable[DocumentInput]) -> dict[str, DocumentInput]:
    wanted: dict[str, DocumentInput] = {}
    for document in documents:
        # The same example twice is harmless; two texts under one key are a mistake.
        if wanted.setdefault(document.key, document) != document:
            raise DocumentKeyRepeated(key=document.key)
    return wanted


def _row(base: KnowledgeBase, item: DocumentInput, present: Document | None) -> Document:
    row = Document(
        knowledge_base=base,
        key=item.key,
        title=item.title,
        text=item.text,
        label=item.label,
        links=list(item.links),
        codes=codes_of(item.text),
        classification=item.classification,
    )
    if present is not None:
        row.pk = present.pk
    return row


def _says(row: Document) -> tuple[object, ...]:
    return tuple(getattr(row, field) for field in _SAYS)


def _passages(base: KnowledgeBase, documents: Sequence[Document]) -> list[Passage]:
    # An example stays whole: what is learned from it is one label for one text.
    texts = {row.pk: [row.text] if row.label else passages_of(row.text) for row in documents}
    cut = [(row, at, text) for row in documents for at, text in enumerate(texts[row.pk])]
    vectors = embed([f"{row.title}. {text}" if row.title else text for row, _, text in cut])
    return [
        Passage(
            knowledge_base=base,
            document=row,
            position=at,
            heading=row.title,
            text=text,
            n_words=len(row.title.split()) + len(text.split()),
            embedding=vector,
        )
        for (row, at, text), vector in zip(cut, vectors, strict=True)
    ]


def _remove(base: KnowledgeBase, keys: Iterable[str]) -> int:
    found = Document.objects.filter(knowledge_base=base, key__in=list(keys))
    removed = found.count()
    if removed:
        found.delete()
        _count(base)
    return removed


def _count(base: KnowledgeBase) -> None:
    totals = Passage.objects.filter(knowledge_base=base).aggregate(n=Count("id"), words=Sum("n_words"))
    base.n_passages, base.n_words = totals["n"], totals["words"] or 0
    base.revision += 1
    base.save(update_fields=["n_passages", "n_words", "revision", "updated_at"])


def _record(organization: Organization, actor: Actor, base: KnowledgeBase, data: dict[str, Json]) -> None:
    append(organization.id, STREAM, actor, [Entry("KnowledgeBaseSaved", data, object=f"knowledge-base:{base.name}")])
    ring(organization.id, "memory")
