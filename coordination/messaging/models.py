"""Messages, who was given them, and how many a run has."""

from django.db import models
from django.db.models import Q

from coordination.accounts.models import Organization
from coordination.shared.ids import new_id


class Message(models.Model):
    """What an agent told others of its run; one row, however many it is for."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    run_id = models.UUIDField()
    # The first message of the exchange that this one belongs to; its own where it begins one.
    conversation = models.UUIDField()
    in_reply_to = models.UUIDField(null=True)
    sender = models.CharField(max_length=63)
    step_key = models.CharField(max_length=80, blank=True)
    # agent:NAME, role:NAME, capability:NAME, topic:NAME or all.
    address = models.CharField(max_length=80)
    performative = models.CharField(max_length=20)
    content = models.JSONField(null=True)
    priority = models.PositiveSmallIntegerField(default=5)
    # The same key from the same sender is the same message, sent again.
    key = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run_id", "sender", "key"], condition=~Q(key=""), name="message_key_once")
        ]
        indexes = [
            models.Index(fields=["run_id", "address", "id"], name="messages_for"),
            models.Index(fields=["run_id", "id"], name="messages_in_order"),
            models.Index(fields=["organization", "id"], name="messages_of_all"),
        ]

    def __str__(self) -> str:
        return f"{self.sender} to {self.address}: {self.performative}"


class Receipt(models.Model):
    """That an agent was given a message at its work on a step."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="receipts", db_index=False)
    run_id = models.UUIDField()
    agent = models.CharField(max_length=63)
    step_key = models.CharField(max_length=80, blank=True)
    given_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "agent", "step_key"], name="receipt_once")]
        indexes = [models.Index(fields=["run_id"], name="receipts_of_run")]

    def __str__(self) -> str:
        return f"{self.message_id} to {self.agent}"


class Edge(models.Model):
    """How many messages went from one agent to one address in a run, and in its newest minute."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    run_id = models.UUIDField()
    sender = models.CharField(max_length=63)
    address = models.CharField(max_length=80)
    n_messages = models.PositiveIntegerField(default=0)
    minute = models.DateTimeField()
    n_in_minute = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run_id", "sender", "address"], name="edge_once")]

    def __str__(self) -> str:
        return f"{self.sender} to {self.address}: {self.n_messages}"
