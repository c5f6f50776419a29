"""Which run used which document or memory: how one finds everything that something poisoned may have reached."""

from django.db import models

from coordination.accounts.models import Organization
from coordination.shared.ids import new_id


class UseKind(models.TextChoices):
    """What was used."""

    DOCUMENT = "document"
    MEMORY = "memory"
    EXAMPLES = "examples"


class MemoryUse(models.Model):
    """One document, memory entry or, for examples, knowledge base that an agent was given in a run.

    Plain identifiers: what was used may be removed, and that it was used stays.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    run_id = models.UUIDField()
    step_key = models.CharField(max_length=80)
    agent = models.CharField(max_length=63)
    kind = models.CharField(max_length=10, choices=UseKind.choices)
    used_id = models.UUIDField()
    # What it was called then.
    name = models.CharField(max_length=300)
    version = models.PositiveIntegerField(default=0)
    taint = models.CharField(max_length=300, blank=True)
    used_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["organization", "used_id", "run_id"], name="use_of_one"),
            models.Index(fields=["run_id", "used_at"], name="use_by_run"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} used {self.name}"
