"""What agents and people wrote down for others, with what it said before."""

from django.db import models
from django.db.models import Q

from coordination.accounts.models import Organization
from coordination.memory.models.knowledge import Classification
from coordination.shared.ids import new_id


class Namespace(models.TextChoices):
    """Whose a memory is: one run's, one agent's across its runs, or the whole organization's."""

    RUN = "run"
    AGENT = "agent"
    ORGANIZATION = "organization"


class Said(models.Model):
    """One thing that was written down: who said what, on which ground, how sure."""

    value = models.JSONField(null=True)
    writer = models.CharField(max_length=150)
    source = models.CharField(max_length=300, blank=True)
    # The run that it was written in, whosever it is.
    written_in = models.UUIDField(null=True)
    confidence = models.FloatField(null=True)
    classification = models.CharField(max_length=20, choices=Classification.choices, default=Classification.INTERNAL)
    # Why it is not to be trusted; empty where it is.
    taint = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class MemoryEntry(Said):
    """What is remembered under a key now; without a run or an agent it belongs to the organization."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    run_id = models.UUIDField(null=True)
    agent = models.CharField(max_length=63, blank=True)
    # Keeps apart what belongs together, such as one conversation.
    scope = models.CharField(max_length=100, blank=True)
    key = models.CharField(max_length=200)
    expires_at = models.DateTimeField(null=True)
    # Nothing in quarantine is read.
    quarantined_at = models.DateTimeField(null=True)
    quarantine_reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "memory entries"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "run_id", "agent", "scope", "key"],
                name="memory_key_once",
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="memory_expiring"),
            models.Index(fields=["written_in"], condition=Q(written_in__isnull=False), name="memory_written_in"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def namespace(self) -> Namespace:
        """Return whose it is."""
        if self.run_id is not None:
            return Namespace.RUN
        return Namespace.AGENT if self.agent else Namespace.ORGANIZATION


class MemoryVersion(Said):
    """What an entry said before; `run_id` repeats the entry's, so that forgetting a person finds it."""

    entry = models.ForeignKey(MemoryEntry, models.CASCADE, related_name="versions")
    run_id = models.UUIDField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "earlier memory"
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["entry", "version"], name="memory_version_once")]
        indexes = [models.Index(fields=["run_id"], condition=Q(run_id__isnull=False), name="memory_version_run")]

    def __str__(self) -> str:
        return f"{self.entry_id} v{self.version}"
