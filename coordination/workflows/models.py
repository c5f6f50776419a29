"""Workflows and their immutable versions."""

from django.db import models

from coordination.accounts.named import Named, Version


class Workflow(Named):
    """A process that agents and people carry out together."""

    live = models.ForeignKey("WorkflowVersion", models.PROTECT, null=True, related_name="+")
    # While it is set nobody starts a run of it.
    stopped_at = models.DateTimeField(null=True)


class VersionStatus(models.TextChoices):
    """Where a version is in its life."""

    DRAFT = "draft"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"


class WorkflowVersion(Version):
    """A workflow as it was written; `source` keeps the author's own text."""

    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="versions")
    source = models.TextField(blank=True)
    status = models.CharField(max_length=20, choices=VersionStatus.choices, default=VersionStatus.DRAFT)
    published_at = models.DateTimeField(null=True)
    published_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workflow", "number"], name="workflow_version_once")]

    def __str__(self) -> str:
        return f"{self.workflow.name} v{self.number}"
