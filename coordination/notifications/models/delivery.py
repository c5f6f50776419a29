"""What is to leave the house, and what became of it."""

from django.db import models
from django.db.models import Q

from coordination.accounts.models import Membership, Organization
from coordination.notifications.models.notice import Notice
from coordination.notifications.models.webhook import Webhook
from coordination.shared.ids import new_id


class DeliveryState(models.TextChoices):
    """Where a delivery stands."""

    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    DEAD = "dead", "Given up"
    DROPPED = "dropped", "No longer needed"


class Delivery(models.Model):
    """A notice on its way to one person's e-mail address or to one webhook; without a notice it is a test.

    Whoever takes it moves `due_at` to when it is thought lost, and counts the attempt: a later one decides.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    notice = models.ForeignKey(Notice, models.CASCADE, null=True, related_name="deliveries")
    # One of the two.
    member = models.ForeignKey(Membership, models.CASCADE, null=True, related_name="+")
    webhook = models.ForeignKey(Webhook, models.CASCADE, null=True, related_name="deliveries", db_index=False)
    state = models.CharField(max_length=9, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "member"], name="one_mail_a_notice", condition=Q(member__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["notice", "webhook"], name="one_call_a_notice", condition=Q(webhook__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="delivery_due", condition=Q(state="waiting")),
            models.Index(fields=["webhook", "due_at"], name="delivery_of_webhook", condition=Q(state="waiting")),
            models.Index(fields=["organization", "-id"], name="delivery_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.id}"
