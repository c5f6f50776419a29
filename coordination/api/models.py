"""Answers kept for a day, so that a caller may repeat a request without repeating its effect."""

from django.db import models

from coordination.accounts.models import Organization, User
from coordination.shared.clock import now
from coordination.shared.ids import new_id


class IdempotentCall(models.Model):
    """One POST under an Idempotency-Key; written in the transaction of its effect, so either both stay or neither."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    path = models.CharField(max_length=300)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(default=now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "user", "key", "path"], name="idempotent_call_once")
        ]

    def __str__(self) -> str:
        return f"{self.path} {self.key}"
