"""Knowledge bases, their documents and passages."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from pgvector.django import VectorField

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
    # Of what is uploaded or read from pages; a manifest's documents say their own.
    classification = models.CharField(max_length=20, choices=Classification.choices, default=Classification.PUBLIC)
    # Which roles of agents and of people may read it; none: every one.
    agent_roles = ArrayField(models.CharField(max_length=63), default=list, blank=True)
    people_roles = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    # Beginnings of addresses that pages may be read from; none: no page.
    sites = ArrayField(models.CharField(max_length=500), default=list, blank=True)
    # What BM25 needs to know about the whole; kept here so that a search need not count.
    n_passages = models.PositiveIntegerField(default=0)
    n_words = models.PositiveBigIntegerField(default=0)


class Document(models.Model):
    """One text with a key of its own; a label makes it an example to learn from."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    knowledge_base = models.ForeignKey(KnowledgeBase, models.CASCADE, related_name="documents")
    # What it was read from; a manifest's documents have none.
    source = models.ForeignKey("memory.KnowledgeSource", models.CASCADE, null=True, related_name="documents")
    key = models.CharField(max_length=200)
    title = models.CharField(max_length=300, blank=True)
    text = models.TextField()
    label = models.CharField(max_length=100, blank=True)
    # Where in its source it stands: "page 3", "row 12".
    place = models.CharField(max_length=100, blank=True)
    # Keys of documents that whoever reads this one should read too.
    links = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    # Codes that the text names (form_4711, create_ticket): two documents that name the same rare code belong together.
    codes = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    classification = models.CharField(max_length=20, choices=Classification.choices, default=Classification.PUBLIC)
    # Why it is not to be trusted; empty where it is. Whatever reads it is tainted from then on.
    taint = models.CharField(max_length=300, blank=True)
    # Nothing in quarantine is found or learned from.
    quarantined_at = models.DateTimeField(null=True)
    quarantine_reason = models.CharField(max_length=500, blank=True)
    # Somebody has looked at it and let it be read: what it says is not held again until it changes.
    cleared = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["knowledge_base", "key"], name="document_key_once")]
        indexes = [
            GinIndex(fields=["codes"], name="document_codes"),
            models.Index(
                fields=["knowledge_base"], condition=Q(quarantined_at__isnull=False), name="document_quarantined"
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Passage(models.Model):
    """A stretch of a document short enough to be one thought; what searches find.

    The vectors have no approximate index: searches compare within one knowledge base, and an exact scan of 10,000
    passages takes a few milliseconds, while an index over all organizations would have to be filtered afterwards, and
    find less where few may be read.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    knowledge_base = models.ForeignKey(KnowledgeBase, models.CASCADE, related_name="+")
    document = models.ForeignKey(Document, models.CASCADE, related_name="passages")
    position = models.PositiveIntegerField()
    heading = models.CharField(max_length=300, blank=True)
    text = models.TextField()
    n_words = models.PositiveIntegerField()
    # Its document's, so that a search reads one table; empty while that is in quarantine.
    classification = models.CharField(max_length=20, blank=True, default=Classification.PUBLIC)
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
