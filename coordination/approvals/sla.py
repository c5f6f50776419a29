"""How soon a question must be seen, decided, and when it lapses, by how much is at risk."""

from dataclasses import dataclass
from datetime import timedelta

from coordination.approvals.models import Band

CLAIM_LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Sla:
    """Time to acknowledge, to decide, and until an undecided request counts as denied."""

    acknowledge: timedelta
    decide: timedelta
    expire: timedelta


SLA: dict[str, Sla] = {
    Band.CRITICAL: Sla(timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1)),
    Band.HIGH: Sla(timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4)),
    Band.MEDIUM: Sla(timedelta(hours=1), timedelta(hours=8), timedelta(hours=24)),
    Band.LOW: Sla(timedelta(hours=4), timedelta(hours=24), timedelta(hours=72)),
}
