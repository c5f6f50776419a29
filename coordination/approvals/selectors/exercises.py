"""The catalogue of exercises, and how they went."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, Q

from coordination.accounts.models import Membership, Organization
from coordination.approvals.exercise import Entry, ExerciseSpec, ready
from coordination.approvals.models import ApprovalRequest, Canary, Exercise
from coordination.shared.errors import NotFound

_LATEST: Final = 20


@dataclass(frozen=True, slots=True)
class Lesson:
    """What somebody is told once they have answered an exercise."""

    caught: bool
    text: str


def exercises_of(organization: Organization) -> list[Entry]:
    """Return the catalogue by key: the organization's own, and what comes with the product and nobody changed."""
    rows = Exercise.objects.filter(organization=organization)
    own = {row.key: Entry(row.key, ExerciseSpec.model_validate(row.spec), is_active=row.is_active) for row in rows}
    return [one for _, one in sorted(({entry.key: entry for entry in ready()} | own).items())]


def exercise_named(organization: Organization, key: str) -> Entry:
    """Return one exercise of the catalogue; raises NotFound."""
    for entry in exercises_of(organization):
        if entry.key == key:
            return entry
    raise NotFound(kind="exercise", name=key)


def operations_asked(organization: Organization) -> list[str]:
    """Return what people were ever asked about in earnest: only of that can an exercise be made."""
    asked = ApprovalRequest.objects.filter(organization=organization, is_synthetic=False)
    return sorted(asked.order_by().values_list("operation", flat=True).distinct())


def exercise_results(organization: Organization) -> dict[str, tuple[int, int]]:
    """Return, by exercise, how often it was placed and how often it passed."""
    rows = Canary.objects.filter(organization=organization).order_by().values("key")
    counted = rows.annotate(placed=Count("pk"), missed=Count("pk", filter=Q(result=Canary.Result.MISSED)))
    return {row["key"]: (row["placed"], row["missed"]) for row in counted}


def exercises_answered(organization: Organization, user_id: int, since: datetime) -> list[Canary]:
    """Return the exercises that somebody answered since a moment, the latest first."""
    answered = Canary.objects.filter(organization=organization, answered_by=user_id, answered_at__gte=since)
    return list(answered.select_related("request").order_by("-answered_at")[:_LATEST])


def lesson_for(request: ApprovalRequest, membership: Membership) -> Lesson | None:
    """Return what the member is told of an exercise that they answered; None for every real question."""
    if not request.is_synthetic:
        return None
    canary = Canary.objects.filter(request=request, answered_by=membership.user_id).exclude(result="").first()
    if canary is None:
        return None
    caught = canary.result == Canary.Result.CAUGHT
    begin = "This was an exercise, and you saw it." if caught else "This was an exercise, and it should not pass."
    return Lesson(caught, f"{begin} {canary.lesson}")
