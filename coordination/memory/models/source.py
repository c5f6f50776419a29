"""Where documents come from: files that were uploaded, pages that are read again and again."""

from django.db import models
from django.db.models import Q

from coordination.accounts.models import Organization
from coordination.memory.models.knowledge import Classification, KnowledgeBase
from coordination.shared.ids import new_id


class SourceKind(models.TextChoices):
    """How a source comes in."""

    FILE = "file"
    PAGE = "page", "web page"


class SourceStatus(models.TextChoices):
    """How far a source is; what was indexed before stays until something newer is."""

    QUEUED = "queued"
    INDEXING = "indexing"
    READY = "ready"
    FAILED = "failed"


OPEN_SOURCES = (SourceStatus.QUEUED, SourceStatus.INDEXING)


class KnowledgeSource(models.Model):
    """One file or page of a knowledge base; `attempt` fences off a worker that was given up."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    knowledge_base = models.ForeignKey(KnowledgeBase, models.CASCADE, related_name="sources", db_index=False)
    kind = models.CharField(max_length=10, choices=SourceKind.choices)
    # The name of the file, or the address of the page.
    name = models.CharField(max_length=500)
    classification = models.CharField(max_length=20, choices=Classification.choices)
    # Whether somebody vouches for what it says; otherwise its documents are tainted.
    is_trusted = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=SourceStatus.choices, default=SourceStatus.QUEUED)
    attempt = models.PositiveIntegerField(default=1)
    # How many workers fell silent over it since it was brought.
    n_lost = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    doing = models.CharField(max_length=100, blank=True)
    error = models.CharField(max_length=500, blank=True)
    # What a person should know about how it was read: an encoding that was guessed, hidden text left out.
    note = models.CharField(max_length=500, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    # Of the bytes that are kept, and of those that the documents were made from.
    sha256 = models.CharField(max_length=64, blank=True)
    indexed_sha256 = models.CharField(max_length=64, blank=True)
    n_documents = models.PositiveIntegerField(default=0)
    requested_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    # When its worker was last heard of; while it is queued, when a worker was last rung for.
    seen_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    # Pages are read again after so long; never, without it.
    every_s = models.PositiveIntegerField(null=True)
    due_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["knowledge_base", "name"], name="source_name_once")]
        indexes = [
            models.Index(fields=["organization"], name="source_organization"),
            models.Index(fields=["seen_at"], condition=Q(status__in=["queued", "indexing"]), name="sources_open"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="sources_due"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Tell whether it waits for a worker or is being indexed."""
        return self.status in OPEN_SOURCES

    @property
    def share(self) -> float:
        """Return how much of it is done, from 0 to 1."""
        return self.done / self.total if self.total else float(self.status == SourceStatus.READY)


class SourcePart(models.Model):
    """Some of the bytes of a source, in their order."""

    source = models.ForeignKey(KnowledgeSource, models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["source", "number"], name="source_part_once")]

    def __str__(self) -> str:
        return f"part {self.number}"
