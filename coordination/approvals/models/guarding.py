"""What keeps people judging for themselves: their own judgement first, exercises, second looks."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from coordination.accounts.models import Organization, User
from coordination.approvals.models.request import ApprovalRequest
from coordination.approvals.models.states import Band, Verdict
from coordination.shared.ids import new_id


class Judgement(models.TextChoices):
    """What somebody would say before they are advised."""

    APPROVE = "approve", "I would approve it"
    REJECT = "reject", "I would not approve it"
    UNSURE = "unsure", "I cannot tell yet"


class OversightTerms(models.Model):
    """The numbers that hold for an organization, and the secret by which its samples are drawn."""

    organization = models.OneToOneField(Organization, models.CASCADE, primary_key=True, related_name="+")
    spec = models.JSONField(default=dict)
    secret = models.CharField(max_length=64)
    changed_by = models.CharField(max_length=150, blank=True)
    changed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"terms of {self.organization_id}"


class OwnJudgement(models.Model):
    """What one person thought of one revision before they saw what others and the agent think of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(ApprovalRequest, models.CASCADE, related_name="judgements", db_index=False)
    revision = models.PositiveIntegerField()
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    judgement = models.CharField(max_length=10, choices=Judgement.choices)
    note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "revision", "user"], name="own_judgement_once")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.judgement}"


class Exercise(models.Model):
    """A question that somebody should refuse, in the organization's catalogue."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=63)
    spec = models.JSONField()
    is_active = models.BooleanField(default=True)
    changed_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="exercise_once")]

    def __str__(self) -> str:
        return self.key


class Canary(models.Model):
    """An exercise that was put into the queue, and how it was answered."""

    class Result(models.TextChoices):
        """How it went."""

        CAUGHT = "caught"
        MISSED = "missed"

    request = models.OneToOneField(ApprovalRequest, models.CASCADE, primary_key=True, related_name="canary")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=63)
    lesson = models.TextField()
    placed_at = models.DateTimeField()
    result = models.CharField(max_length=10, choices=Result.choices, blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    verdict = models.CharField(max_length=20, choices=Verdict.choices, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["organization", "-placed_at"], name="canaries_newest")]

    def __str__(self) -> str:
        return f"{self.key}: {self.result or 'open'}"


class SecondLook(models.Model):
    """Something that was decided once and is judged again by somebody who does not know how it was decided.

    `subject` names what is looked at (`run:<uuid>/step:<key>`); `request` is the question, where people were asked.
    """

    class Why(models.TextChoices):
        """Why it was drawn."""

        SINGLE = "single", "one person decided it"
        ALLOWED = "allowed", "policy allowed it without a person"
        FIRST = "first", "one of an agent's first actions of its kind"

    class State(models.TextChoices):
        """How far it is."""

        OPEN = "open", "waits for a second look"
        SPLIT = "split", "the two differ: a third decides"
        AGREED = "agreed", "both say the same"
        SETTLED = "settled", "a third has decided"
        LAPSED = "lapsed", "nobody looked in time"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    source = models.CharField(max_length=80)
    why = models.CharField(max_length=10, choices=Why.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    request = models.ForeignKey(ApprovalRequest, models.CASCADE, null=True, related_name="second_looks")
    subject = models.CharField(max_length=300)
    operation = models.CharField(max_length=100)
    agent = models.CharField(max_length=80, blank=True)
    risk_band = models.CharField(max_length=10, choices=Band.choices)
    # What was decided first, and by whom; nobody where policy allowed it.
    first = models.CharField(max_length=10, choices=[(Verdict.APPROVE, "approve"), (Verdict.REJECT, "reject")])
    first_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    # Who had a part in it: they do not look again.
    kept_out = ArrayField(models.BigIntegerField(), default=list)
    second = models.CharField(max_length=10, blank=True)
    second_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    second_reason = models.TextField(blank=True)
    second_at = models.DateTimeField(null=True)
    third = models.CharField(max_length=10, blank=True)
    third_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    third_reason = models.TextField(blank=True)
    third_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "source"], name="second_look_once")]
        indexes = [
            models.Index(fields=["organization", "due_at", "id"], condition=Q(state__in=["open", "split"]),
                         name="second_looks_open"),
            models.Index(fields=["organization", "-second_at"], name="second_looks_done"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.operation}: {self.state}"


class SampleCount(models.Model):
    """How many of a stratum went by, and up to where; whoever holds the row counts alone."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, null=True, related_name="+", db_index=False)
    of = models.CharField(max_length=160)
    n = models.PositiveIntegerField(default=0)
    last_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "of"], nulls_distinct=False, name="sample_count_once")
        ]

    def __str__(self) -> str:
        return f"{self.of}: {self.n}"
