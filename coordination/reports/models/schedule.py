"""When an organization's packs are made by themselves."""

from typing import cast

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from coordination.accounts.models import Organization
from coordination.engine.timetable.periods import Length


class Every(models.TextChoices):
    """How long the periods of scheduled packs are; each begins at midnight UTC."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"

    @property
    def length(self) -> Length:
        """Return it as the calendar has it."""
        return cast(Length, self.value)


class ReportSchedule(models.Model):
    """One pack after each period; `made_until` is the end of the last one that was asked for."""

    organization = models.OneToOneField(Organization, models.CASCADE, primary_key=True, related_name="+")
    is_active = models.BooleanField(default=False)
    every = models.CharField(max_length=10, choices=Every.choices, default=Every.MONTH)
    # So many packs keep their bytes, whatever they were made for.
    keep = models.PositiveSmallIntegerField(default=36, validators=[MinValueValidator(1), MaxValueValidator(500)])
    made_until = models.DateTimeField(null=True)
    changed_by = models.CharField(max_length=150, blank=True)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["made_until"], condition=models.Q(is_active=True), name="report_schedules")]

    def __str__(self) -> str:
        return f"every {self.every}"
