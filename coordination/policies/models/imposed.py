"""Rules that are in no policy: another room imposes them for as long as it must."""

from django.db import models

from coordination.accounts.models import Organization
from coordination.shared.ids import new_id


class ImposedRule(models.Model):
    """A rule that holds beside the enforced policies until whoever imposed it lifts it; `source` says who that is."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    source = models.CharField(max_length=100)
    rule = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "source"], name="imposed_rule_once")]

    def __str__(self) -> str:
        return self.source
