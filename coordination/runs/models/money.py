"""What may be spent, and what is."""

from django.db import models

from coordination.accounts.models import Organization
from coordination.engine.flow.budget import Amounts
from coordination.runs.models.run import Run
from coordination.shared.ids import new_id


class Budget(models.Model):
    """What an organization, or all runs of one of its workflows, may spend in a day (UTC)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    # Empty for the whole organization.
    workflow = models.CharField(max_length=63, blank=True)
    limits = models.JSONField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "workflow"], name="budget_once")]

    def __str__(self) -> str:
        return self.workflow or "all runs"


class Purse(models.Model):
    """What is spent and reserved of one budget: of a run, of a step in it, or of a day."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    scope = models.CharField(max_length=200)
    day = models.DateField(null=True)
    spent_cost_microusd = models.BigIntegerField(default=0)
    spent_tokens = models.BigIntegerField(default=0)
    spent_calls = models.BigIntegerField(default=0)
    reserved_cost_microusd = models.BigIntegerField(default=0)
    reserved_tokens = models.BigIntegerField(default=0)
    reserved_calls = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "scope"], name="purse_once")]

    def __str__(self) -> str:
        return self.scope

    @property
    def spent(self) -> Amounts:
        """Return what calls took."""
        return Amounts(self.spent_cost_microusd, self.spent_tokens, self.spent_calls)

    @property
    def reserved(self) -> Amounts:
        """Return what is put aside for calls that are under way."""
        return Amounts(self.reserved_cost_microusd, self.reserved_tokens, self.reserved_calls)


class CountedCost(models.Model):
    """How much of the cost of a run within a run the one above has counted; only that one writes here."""

    run = models.OneToOneField(Run, models.CASCADE, primary_key=True, related_name="+")
    cost_microusd = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.run_id} {self.cost_microusd}"
