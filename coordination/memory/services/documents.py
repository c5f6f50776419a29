"""Put documents into a knowledge base and take them out; only what changed is embedded again."""

from collections.abc import Iterable, Mapping, Sequence

from django.db import transaction
from django.db.models import Count, F, QuerySet, Sum

from coordination.accounts.actors import Actor
from coordination.memory.embedding import embed
from coordination.memory.errors import DocumentKeyRepeated
from coordination.memory.manifest import DocumentInput
from coordination.memory.models import Document, KnowledgeBase, KnowledgeSource, Passage
from coordination.memory.passages import codes_of, passages_of
from coordination.memory.results import Matrix
from coordination.memory.services.records import record_base
from coordination.shared.clock import now

BATCH = 1_000
_SAYS = ("title", "text", "label", "links", "classification", "place", "taint")
_KEPT = ("source_id", "codes", "quarantined_at", "quarantine_reason", "cleared", "updated_at")


def put_documents(
    base: KnowledgeBase, documents: Iterable[DocumentInput], source: KnowledgeSource | None = None
) -> int:
    """Add or replace documents by key and return how many differ from before; raises DocumentKeyRepeated.

    What has to be embedded is embedded before anything is locked: it takes seconds.
    """
    wanted = _by_key(documents)
    vectors = _Vectors(_changed(base, wanted, source)[0])
    with transaction.atomic():
        return _put(base, wanted, source, vectors)


@transaction.atomic
def remove_documents(base: KnowledgeBase, keys: Iterable[str], actor: Actor) -> int:
    """Remove documents by key and return how many there were."""
    removed = discard(base, keys)
    if removed:
        record_base(base, "KnowledgeBaseSaved", actor, revision=base.revision, documents_removed=removed)
    return removed


def discard(base: KnowledgeBase, keys: Iterable[str]) -> int:
    """Remove documents by key without a word."""
    found = Document.objects.filter(knowledge_base=base, key__in=list(keys))
    removed = found.count()
    if removed:
        lock(base)
        passages, words = _sums(Passage.objects.filter(document__in=found.values("pk")).aggregate(*_SUMS))
        found.delete()
        count(base, -passages, -words)
    return removed


def lock(base: KnowledgeBase) -> None:
    """Let nobody else change what is in a knowledge base: two writers at once would count each other's wrongly."""
    KnowledgeBase.objects.select_for_update().filter(pk=base.pk).first()


def show_or_hide(found: QuerySet[Document]) -> None:
    """Let searches find the passages of documents, or not, as these are in quarantine or not."""
    for classification in found.order_by().values_list("classification", flat=True).distinct():
        alike = found.filter(classification=classification)
        for is_held, shown in ((False, classification), (True, "")):
            held = alike.filter(quarantined_at__isnull=not is_held)
            Passage.objects.filter(document__in=held.values("pk")).update(classification=shown)


def count(base: KnowledgeBase, passages: int = 0, words: int = 0) -> None:
    """Count what came or went, and make a new revision of it."""
    KnowledgeBase.objects.filter(pk=base.pk).update(
        n_passages=F("n_passages") + passages,
        n_words=F("n_words") + words,
        revision=F("revision") + 1,
        updated_at=now(),
    )
    base.refresh_from_db(fields=["n_passages", "n_words", "revision", "updated_at"])


class _Vectors:
    """The vectors of documents' passages, embedded together."""

    def __init__(self, documents: Sequence[Document]) -> None:
        texts = list(dict.fromkeys(text for row in documents for _, text in _cut(row)))
        self._known = dict(zip(texts, embed(texts), strict=True))

    def of(self, texts: Sequence[str]) -> Sequence[Matrix]:
        """Return a row for each text; one that another writer changed meanwhile is embedded now."""
        missing = [text for text in texts if text not in self._known]
        late = dict(zip(missing, embed(missing), strict=True))
        return [self._known[text] if text in self._known else late[text] for text in texts]


def _put(
    base: KnowledgeBase, wanted: Mapping[str, DocumentInput], source: KnowledgeSource | None, vectors: _Vectors
) -> int:
    lock(base)
    changed, present = _changed(base, wanted, source)
    if not changed:
        return 0
    old = Passage.objects.filter(document__in=[row.pk for row in changed if row.key in present])
    passages, words = _sums(old.aggregate(*_SUMS))
    Document.objects.bulk_create(
        changed, batch_size=BATCH, update_conflicts=True, unique_fields=["id"], update_fields=[*_SAYS, *_KEPT]
    )
    old.delete()
    new = _passages(base, changed, vectors)
    Passage.objects.bulk_create(new, batch_size=BATCH)
    count(base, len(new) - passages, sum(one.n_words for one in new) - words)
    return len(changed)


_SUMS = (Count("id"), Sum("n_words"))


def _sums(found: Mapping[str, int | None]) -> tuple[int, int]:
    return found["id__count"] or 0, found["n_words__sum"] or 0


def _by_key(documents: Iterable[DocumentInput]) -> dict[str, DocumentInput]:
    wanted: dict[str, DocumentInput] = {}
    for document in documents:
        # The same example twice is harmless; two texts under one key are a mistake.
        if wanted.setdefault(document.key, document) != document:
            raise DocumentKeyRepeated(key=document.key)
    return wanted


def _changed(
    base: KnowledgeBase, wanted: Mapping[str, DocumentInput], source: KnowledgeSource | None
) -> tuple[list[Document], dict[str, Document]]:
    """Return the rows that would differ from those there are, and those there are."""
    present = {row.key: row for row in Document.objects.filter(knowledge_base=base, key__in=list(wanted))}
    rows = [_row(base, item, present.get(item.key), source) for item in wanted.values()]
    return [row for row in rows if row.key not in present or _says(row) != _says(present[row.key])], present


def _row(
    base: KnowledgeBase, item: DocumentInput, present: Document | None, source: KnowledgeSource | None
) -> Document:
    row = Document(
        knowledge_base=base,
        source=source,
        key=item.key,
        title=item.title,
        text=item.text,
        label=item.label,
        place=item.place,
        links=list(item.links),
        codes=codes_of(item.text),
        classification=item.classification,
        taint=item.taint,
    )
    if item.suspicion:
        row.quarantined_at, row.quarantine_reason = now(), item.suspicion
    if present is not None:
        row.pk = present.pk
        _carry_over(row, present)
    return row


def _carry_over(row: Document, present: Document) -> None:
    """Keep what people decided about the same text: released stays released, and what they held stays held."""
    if row.text == present.text and row.title == present.title:
        row.cleared = present.cleared
        if present.cleared or present.quarantined_at:
            row.quarantined_at, row.quarantine_reason = present.quarantined_at, present.quarantine_reason


def _says(row: Document) -> tuple[object, ...]:
    return tuple(getattr(row, field) for field in _SAYS)


def _cut(row: Document) -> list[tuple[str, str]]:
    """Return the passages of a document, each with the text that is embedded for it."""
    # An example stays whole: what is learned from it is one label for one text.
    texts = [row.text] if row.label else passages_of(row.text)
    return [(text, f"{row.title}. {text}" if row.title else text) for text in texts]


def _passages(base: KnowledgeBase, documents: Sequence[Document], vectors: _Vectors) -> list[Passage]:
    cut = [(row, at, text, whole) for row in documents for at, (text, whole) in enumerate(_cut(row))]
    found = vectors.of([whole for *_, whole in cut])
    return [
        Passage(
            knowledge_base=base,
            document=row,
            position=at,
            heading=row.title,
            text=text,
            n_words=len(row.title.split()) + len(text.split()),
            classification="" if row.quarantined_at else row.classification,
            embedding=vector,
        )
        for (row, at, text, _), vector in zip(cut, found, strict=True)
    ]
