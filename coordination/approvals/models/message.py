"""What was asked back about a question, and what was answered."""

from django.db import models

from coordination.approvals.models.request import ApprovalRequest
from coordination.shared.ids import new_id


class ApprovalMessage(models.Model):
    """One line in the thread of a question; `author` is named as the audit log names actors."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(ApprovalRequest, models.CASCADE, related_name="messages", db_index=False)
    author = models.CharField(max_length=200)
    text = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["request", "id"], name="messages_of_request")]

    def __str__(self) -> str:
        return f"{self.author}: {self.text[:60]}"
