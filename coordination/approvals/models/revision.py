"""What a question said, revision by revision."""

from django.db import models

from coordination.accounts.models import User
from coordination.approvals.models.request import ApprovalRequest
from coordination.shared.ids import new_id


class ApprovalRevision(models.Model):
    """One exact action as it was asked for; never changed. The request itself holds the current one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(ApprovalRequest, models.CASCADE, related_name="revisions", db_index=False)
    number = models.PositiveIntegerField()
    parameters = models.JSONField()
    action_digest = models.CharField(max_length=64)
    title = models.CharField(max_length=300)
    intent = models.TextField(blank=True)
    edited_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["request", "number"], name="approval_revision_once")]

    def __str__(self) -> str:
        return f"revision {self.number} of {self.request_id}"
