"""Who answers in whose place, and which agents asked too much."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from coordination.accounts.models import Organization, User
from coordination.shared.ids import new_id


class DelegationRule(models.Model):
    """While it holds, `taker` may decide what was asked of `giver`; an empty scope is everything.

    It ends early once `ended_at` is set. Nothing is passed on: what somebody decides for another, nobody else may.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    giver = models.ForeignKey(User, models.PROTECT, related_name="+")
    taker = models.ForeignKey(User, models.PROTECT, related_name="+")
    bands = ArrayField(models.CharField(max_length=10), default=list)
    operations = ArrayField(models.CharField(max_length=100), default=list)
    agents = ArrayField(models.CharField(max_length=63), default=list)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=500)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["organization", "taker", "ends_at"], name="delegations_to"),
            models.Index(fields=["organization", "giver", "ends_at"], name="delegations_from"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="delegation_to_someone_else"),
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="delegation_ends_after_it_starts"),
        ]

    def __str__(self) -> str:
        return f"{self.taker_id} for {self.giver_id}"


class Flood(models.Model):
    """An agent asked people more than they can look at, and was paused; what it asked before counts no more."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    agent = models.CharField(max_length=63)
    asked = models.PositiveIntegerField()
    within_s = models.PositiveIntegerField()
    stopped_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organization", "agent", "-stopped_at"], name="floods_of_agent")]

    def __str__(self) -> str:
        return f"{self.agent}: {self.asked}"
