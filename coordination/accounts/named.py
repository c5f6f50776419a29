"""What every named, versioned thing of an organization has in common."""

from django.db import models

from coordination.accounts.models import Organization
from coordination.shared.ids import new_id


class Named(models.Model):
    """A thing that an organization knows by name; what it says lives in its versions."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    name = models.CharField(max_length=63)
    title = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    labels = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="%(class)s_name_once")]

    def __str__(self) -> str:
        return self.name


class Version(models.Model):
    """An immutable state of a named thing; `digest` is the SHA-256 of its canonical spec."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.PositiveIntegerField()
    spec = models.JSONField()
    digest = models.CharField(max_length=64)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
