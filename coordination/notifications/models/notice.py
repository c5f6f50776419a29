"""What happened that somebody should know, and each person's own copy of it."""

from django.db import models
from django.db.models import Q

from coordination.accounts.models import Membership, Organization
from coordination.shared.ids import new_id


class Notice(models.Model):
    """One thing that happened.

    What it is about is named, not copied: a title that a person can read may tell about another person, and must be
    gone where it is erased. `title` is kept only where the name says everything, as that of an agent does.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    # What it is told for, once: the record it comes from, or what happens too often to be told each time.
    key = models.CharField(max_length=200)
    topic = models.CharField(max_length=40)
    object = models.CharField(max_length=300, blank=True)
    title = models.CharField(max_length=300, blank=True)
    band = models.CharField(max_length=10, blank=True)
    link = models.CharField(max_length=300)
    # Whose queues it came into: the groups, or else the roles, that are asked.
    queues = models.JSONField(default=list)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="notice_once")]
        indexes = [
            models.Index(fields=["organization", "object"], name="notice_about"),
            models.Index(fields=["at"], name="notice_age"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.object}"


class InboxItem(models.Model):
    """A notice in somebody's inbox; `settled_by` is who did what it asked for before they read it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    notice = models.ForeignKey(Notice, models.CASCADE, related_name="items", db_index=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    member = models.ForeignKey(Membership, models.CASCADE, related_name="+", db_index=False)
    read_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "member"], name="inbox_item_once")]
        indexes = [
            models.Index(fields=["member", "-id"], name="inbox_newest"),
            models.Index(fields=["member"], name="inbox_unread", condition=Q(read_at=None, settled_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.notice_id}"

    @property
    def is_unread(self) -> bool:
        """Tell whether it still asks to be read."""
        return self.read_at is None and self.settled_at is None


class RecordReader(models.Model):
    """How far the audit log has been read for what people should know. One row.

    Every record of a transaction below `read_below` has been read; `floor` is an identifier before which all have been,
    whatever numbers their transactions bear.
    """

    read_below = models.BigIntegerField(default=0)
    system_id = models.CharField(max_length=20, blank=True)
    read_at = models.DateTimeField(null=True)
    floor = models.UUIDField(null=True)

    def __str__(self) -> str:
        return f"read below {self.read_below}"
