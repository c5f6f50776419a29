"""What somebody wants to be told, and how."""

from datetime import time

from django.db import models

from coordination.accounts.models import Membership, Organization
from coordination.shared.ids import new_id


class Mail(models.TextChoices):
    """How a thing reaches somebody by e-mail."""

    OFF = "off", "No e-mail"
    INSTANT = "instant", "At once"
    DIGEST = "digest", "In the digest"


class Wish(models.Model):
    """How one topic is told: to one person, or, where `member` is empty, to all who chose nothing themselves.

    `queue` narrows it to what is asked of one group or role.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    member = models.ForeignKey(Membership, models.CASCADE, null=True, related_name="+")
    queue = models.CharField(max_length=60, blank=True)
    topic = models.CharField(max_length=40)
    inbox = models.BooleanField()
    mail = models.CharField(max_length=7, choices=Mail.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "member", "queue", "topic"], name="wish_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.queue}"


class Rhythm(models.TextChoices):
    """How often a digest comes."""

    DAILY = "daily", "Once a day"
    HOURLY = "hourly", "Every hour"


class Hours(models.Model):
    """When a person is written to; nobody has hours of rest unless they say so."""

    member = models.OneToOneField(Membership, models.CASCADE, primary_key=True, related_name="+")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    zone = models.CharField(max_length=60, default="UTC")
    quiet_from = models.TimeField(default=time(0))
    quiet_until = models.TimeField(default=time(0))
    # What is critical is told in quiet hours too.
    wakes_for_critical = models.BooleanField(default=True)
    rhythm = models.CharField(max_length=6, choices=Rhythm.choices, default=Rhythm.DAILY)
    digest_at = models.TimeField(default=time(8))

    def __str__(self) -> str:
        return f"{self.quiet_from}–{self.quiet_until} {self.zone}"
