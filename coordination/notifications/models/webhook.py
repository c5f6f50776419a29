"""Other systems that are told."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from coordination.accounts.models import Organization
from coordination.shared.ids import new_id


class Shape(models.TextChoices):
    """How what is sent is written."""

    STANDARD = "standard", "Standard Webhooks"
    SLACK = "slack", "Slack"
    TEAMS = "teams", "Microsoft Teams"


class Webhook(models.Model):
    """An address that is told what happens: which topics, of which queues, from which risk on; empty means all.

    `resting_until` is when it may be called next: another worker is at it until then, or it failed.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=63)
    url = models.CharField(max_length=500)
    shape = models.CharField(max_length=8, choices=Shape.choices, default=Shape.STANDARD)
    topics = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    queues = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    least_band = models.CharField(max_length=10, blank=True)
    # With SECRET_KEY they make the secrets that calls are signed with; the old one signs too until it is over.
    salt = models.CharField(max_length=40)
    old_salt = models.CharField(max_length=40, blank=True)
    old_until = models.DateTimeField(null=True)
    is_paused = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    resting_until = models.DateTimeField()
    failing_since = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="webhook_name_once")]
        indexes = [models.Index(fields=["resting_until"], name="webhook_free", condition=Q(is_paused=False))]

    def __str__(self) -> str:
        return self.name
