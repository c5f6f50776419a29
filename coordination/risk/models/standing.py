"""What the score of an organization rests on: its tables, what is known of its agents, and what is usual."""

from django.db import models

from coordination.accounts.models import Organization
from coordination.shared.ids import new_id

# What is put in the place of a capability for all of an agent's together.
ALL = "*"


class TablesVersion(models.Model):
    """The tables as they were changed to once; the newest version holds."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    spec = models.JSONField()
    reason = models.CharField(max_length=500, blank=True)
    changed_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "number"], name="risk_tables_once")]

    def __str__(self) -> str:
        return f"version {self.number}"


class RiskStamp(models.Model):
    """Changes whenever anything that scores rest on does: processes keep it all in memory until then."""

    organization = models.OneToOneField(Organization, models.CASCADE, primary_key=True, related_name="+")
    stamp = models.UUIDField(default=new_id)

    def __str__(self) -> str:
        return str(self.stamp)


class AgentRecord(models.Model):
    """How often a version of an agent was right in one capability, what is long ago counting less.

    `slope` and `shift` say how its stated confidence is read; empty while too little is known.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    agent = models.CharField(max_length=63)
    version = models.PositiveIntegerField()
    capability = models.CharField(max_length=63)
    successes = models.FloatField()
    failures = models.FloatField()
    # So many outcomes of this version, whatever they weigh.
    n = models.PositiveIntegerField()
    slope = models.FloatField(null=True)
    shift = models.FloatField(null=True)
    as_of = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "agent", "version", "capability"], name="agent_record_once")
        ]
        indexes = [models.Index(fields=["as_of"], name="agent_record_stale")]

    def __str__(self) -> str:
        return f"{self.agent} v{self.version} {self.capability}"


class UsualAct(models.Model):
    """How often an agent, or a workflow where no agent proposed it, called a tool, and what it mostly moved."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    who = models.CharField(max_length=80)
    tool = models.CharField(max_length=63)
    n = models.PositiveIntegerField()
    n_amounts = models.PositiveIntegerField()
    mean = models.FloatField()
    deviation = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "who", "tool"], name="usual_act_once")]

    def __str__(self) -> str:
        return f"{self.who} {self.tool}"
