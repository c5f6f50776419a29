"""What came of what agents answered and of what was done: what scores are held against."""

from django.db import models
from django.db.models import Q

from coordination.accounts.models import Organization
from coordination.shared.ids import new_id


class Kind(models.TextChoices):
    """What it is the outcome of."""

    ANSWER = "answer", "an agent's answer"
    ACT = "act", "an action"


class Why(models.TextChoices):
    """What shows that it was wrong."""

    FAILED = "failed", "it failed"
    UNKNOWN = "unknown", "nobody knows whether it happened"
    REJECTED = "rejected", "a person rejected it"
    EDITED = "edited", "a person had to correct it"
    COMPENSATED = "compensated", "it was taken back"
    OVERRIDDEN = "overridden", "a person overrode it"
    MARKED = "marked", "a person marked it wrong"


class Outcome(models.Model):
    """One answer of an agent or one action, and whether it turned out wrong.

    `source` names the attempt, so that a run that is looked at again is counted once. What a person says about it later
    (`marked_wrong`) counts more than what was found.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    source = models.CharField(max_length=200)
    run_id = models.UUIDField(null=True)
    step_key = models.CharField(max_length=80, blank=True)
    # The agent, or workflow:NAME where no agent proposed an action.
    who = models.CharField(max_length=80)
    version = models.PositiveIntegerField(null=True)
    # The capability of an answer, the tool of an action.
    what = models.CharField(max_length=63, blank=True)
    amount = models.FloatField(null=True)
    # What was said before: how sure the agent was; the score, and how likely harm was taken to be.
    confidence = models.FloatField(null=True)
    score = models.PositiveSmallIntegerField(null=True)
    likelihood = models.FloatField(null=True)
    found_wrong = models.BooleanField()
    why = models.CharField(max_length=12, choices=Why.choices, blank=True)
    marked_wrong = models.BooleanField(null=True)
    marked_by = models.CharField(max_length=150, blank=True)
    marked_reason = models.CharField(max_length=500, blank=True)
    marked_at = models.DateTimeField(null=True)
    is_wrong = models.BooleanField()
    happened_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "kind", "source"], name="outcome_once")]
        indexes = [
            models.Index(fields=["organization", "kind", "who", "-happened_at"], name="outcomes_of_one"),
            models.Index(fields=["organization", "kind", "-happened_at"], name="outcomes_newest"),
            models.Index(fields=["run_id"], name="outcomes_of_run", condition=Q(run_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.who} {self.what}: {'wrong' if self.is_wrong else 'right'}"


class OutcomeCursor(models.Model):
    """Up to when runs have been looked at; whoever holds it looks alone."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at}"
