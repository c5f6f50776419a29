"""Knowledge bases, their documents and passages, and what runs remember."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from pgvector.django import VectorField

from coordination.accounts.models import Organization
from coordination.accounts.named import Named
from coordination.memory.embedding import DIMENSIONS, MINILM
from coordination.shared.ids import new_id


class Classification(models.TextChoices):
    """Who may read something, from everyone to few."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CUSTOMER = "customer"
    CONFIDENTIAL = "confidential"


class KnowledgeBase(Named):
    """A set of documents that agents search or learn from; `revision` grows with every change."""

    revision = models.PositiveIntegerField(default=0)
    # What BM25 needs to know about the whole; kept here so that a search need not count.
    n_passages = models.PositiveIntegerField(default=0)
    n_words = models.PositiveBigIntegerField(default=0)


class Document(models.Model):
    """One text with a key of its own; a label makes it an example to learn from."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    knowledge_base = models.ForeignKey(KnowledgeBase, models.CASCADE, related_name="documents")
    key = models.CharField(max_length=200)
    title = models.CharField(max_length=300, blank=True)
    text = models.TextField()
    label = models.CharField(max_length=100, blank=True)
    # Keys of documents that whoever reads this one should read too.
    links = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    # Codes that the text names (form_4711, create_ticket): two documents that name the same rare code belong together.
    codes = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    classification = models.CharField(max_length=20, choices=Classification.choices, default=Classification.PUBLIC)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["knowledge_base", "key"], name="document_key_once")]
        indexes = [GinIndex(fields=["codes"], name="document_codes")]

    def __str__(self) -> str:
        return self.key


class Passage(models.Model):
    """A stretch of a document short enough to be one thought; what searches find.

    The vectors have no approximate index: searches compare within one knowledge base, and an exact scan of 10,000
    passages takes a few milliseconds, while an index over all organizations would have to be filtered afterwards.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    knowledge_base = models.ForeignKey(KnowledgeBase, models.CASCADE, related_name="+")
    document = models.ForeignKey(Document, models.CASCADE, related_name="passages")
    position = models.PositiveIntegerField()
    heading = models.CharField(max_length=300, blank=True)
    text = models.TextField()
    n_words = models.PositiveIntegerField()
    embedding = VectorField(dimensions=DIMENSIONS[MINILM], null=True)
    search = models.GeneratedField(
        expression=SearchVector("heading", "text", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "position"], name="passage_position_once")]
        indexes = [GinIndex(fields=["search"], name="passage_search")]

    def __str__(self) -> str:
        return f"{self.document_id} #{self.position}"


class MemoryEntry(models.Model):
    """One thing an agent or a person wrote down for others; without a run it belongs to the organization."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    run_id = models.UUIDField(null=True)
    scope = models.CharField(max_length=100, blank=True)
    key = models.CharField(max_length=200)
    value = models.JSONField(null=True)
    writer = models.CharField(max_length=150)
    source = models.CharField(max_length=300, blank=True)
    confidence = models.FloatField(null=True)
    classification = models.CharField(max_length=20, choices=Classification.choices, default=Classification.INTERNAL)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "memory entries"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "run_id", "scope", "key"], name="memory_key_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return self.key
