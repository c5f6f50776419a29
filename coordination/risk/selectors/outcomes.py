"""What came of answers and acts, for holding scores and confidence against it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from coordination.accounts.models import Organization
from coordination.engine.trust.calibration import Forecast
from coordination.engine.trust.intervals import wilson
from coordination.engine.trust.risk import Band
from coordination.engine.trust.tables import Bands
from coordination.risk.errors import OutcomeUnknown
from coordination.risk.models import Kind, Outcome

# A diagram says no more with more cases; the newest count.
MOST = 20_000
# Answers whose stated confidence is this near count as given with the same confidence.
AS_SURE = 0.05


@dataclass(frozen=True, slots=True)
class BandOutcomes:
    """How many acts a band held, and how many of them turned out wrong."""

    band: Band
    n: int
    n_wrong: int

    @property
    def share(self) -> float | None:
        """Return how many of them went wrong."""
        return self.n_wrong / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        """Return what that share may be."""
        return wilson(self.n_wrong, self.n)


def outcome_of(organization: Organization, run_id: UUID, step_key: str) -> Outcome:
    """Return the newest outcome of a step; raises OutcomeUnknown."""
    found = outcomes_of_run(organization, [run_id]).filter(step_key=step_key).order_by("-happened_at", "-id").first()
    if found is None:
        raise OutcomeUnknown(name=f"the step {step_key}")
    return found


def outcomes_of_run(organization: Organization, run_ids: Iterable[UUID]) -> QuerySet[Outcome]:
    """Return what came of everything in these runs."""
    found = Outcome.objects.filter(organization=organization, run_id__in=list(run_ids))
    return found.order_by("happened_at", "id")


def forecasts_of_likelihood(organization: Organization, since: datetime) -> list[Forecast]:
    """Return how likely harm was taken to be before each act, and whether it went wrong."""
    return _forecasts(_since(organization, Kind.ACT, since), "likelihood")


def forecasts_of_confidence(organization: Organization, since: datetime, agent: str = "") -> list[Forecast]:
    """Return how sure agents said they were of each answer, and whether it was right."""
    found = _since(organization, Kind.ANSWER, since)
    pairs = _forecasts(found.filter(who=agent) if agent else found, "confidence")
    return [(said, not wrong) for said, wrong in pairs]


def answers_as_sure(organization: Organization, agent: str, stated: float, since: datetime) -> tuple[int, int]:
    """Return how many answers the agent gave when it was about as sure, and how many of them were right."""
    alike = _since(organization, Kind.ANSWER, since).filter(
        who=agent, confidence__gte=stated - AS_SURE, confidence__lte=stated + AS_SURE
    )
    found = alike.order_by().aggregate(n=Count("id"), n_right=Count("id", filter=Q(is_wrong=False)))
    return found["n"], found["n_right"]


def shares_by_band(organization: Organization, since: datetime, bands: Bands) -> list[BandOutcomes]:
    """Return how many acts of each band went wrong, the gravest band first; one statement."""
    floors: list[tuple[Band, int, int]] = [
        ("critical", bands.critical, 101),
        ("high", bands.high, bands.critical),
        ("medium", bands.medium, bands.high),
        ("low", 0, bands.medium),
    ]
    counts = {
        f"{name}_{what}": Count("id", filter=Q(score__gte=low, score__lt=high) & condition)
        for name, low, high in floors
        for what, condition in (("n", Q()), ("wrong", Q(is_wrong=True)))
    }
    found = _since(organization, Kind.ACT, since).order_by().aggregate(**counts)
    return [BandOutcomes(name, found[f"{name}_n"], found[f"{name}_wrong"]) for name, _, _ in floors]


def _since(organization: Organization, kind: str, since: datetime) -> QuerySet[Outcome]:
    found = Outcome.objects.filter(organization=organization, kind=kind, happened_at__gte=since)
    return found.order_by("-happened_at")


def _forecasts(found: QuerySet[Outcome], said: str) -> list[Forecast]:
    return list(found.exclude(**{said: None}).values_list(said, "is_wrong")[:MOST])
