"""What is drawn of what people decided: second looks, and after which of them an exercise comes."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Prefetch

from coordination.accounts.models import Organization
from coordination.approvals.models import ApprovalDecision, ApprovalRequest, SampleCount, SecondLook, State, Verdict
from coordination.approvals.services.exercising import place_drawn
from coordination.approvals.services.looking import Drawn, put_up
from coordination.approvals.services.terms import drawing_of
from coordination.approvals.terms import Terms
from coordination.engine.trust.sampling import draw_of, is_drawn
from coordination.shared.ids import new_id

# What was written may be seen only after what was written later: so long after, everything is there.
SETTLED_AFTER: Final = timedelta(minutes=1)
_DECISIONS: Final = "decisions"
_AT_ONCE: Final = 500
_VERDICTS: Final = (Verdict.APPROVE, Verdict.REJECT)
_CLOSED: Final = (State.APPROVED, State.CONSUMED, State.REJECTED)


class Strata:
    """The strata of one organization: how many of each went by, and which of them are drawn."""

    def __init__(self, organization: Organization) -> None:
        row = drawing_of(organization)
        self.organization, self.secret = organization, row.secret
        self.terms = Terms.model_validate(row.spec)
        self.counts: dict[str, SampleCount] = {}

    def place(self, of: str) -> int:
        """Count one more of a stratum, and return the place that it has."""
        count = self.counts.get(of)
        if count is None:
            count, _ = SampleCount.objects.get_or_create(organization=self.organization, of=of)
            self.counts[of] = count
        count.n += 1
        return count.n - 1

    def is_drawn(self, of: str, share: float) -> bool:
        """Count one more of a stratum, and tell whether it is drawn."""
        return is_drawn(self.place(of), share, lambda turn: draw_of(self.secret, of, turn))

    def draw(self, *names: object) -> float:
        """Return a number from 0 up to 1 that nobody can foresee."""
        return draw_of(self.secret, *names)

    def save(self) -> None:
        """Keep what was counted."""
        SampleCount.objects.bulk_update(self.counts.values(), ["n"])


def held_place(of: str) -> SampleCount | None:
    """Return up to where something was read, locked; None while another reads. What was there before is left alone."""
    SampleCount.objects.get_or_create(organization=None, of=of, defaults={"last_id": new_id()})
    return SampleCount.objects.select_for_update(skip_locked=True).filter(organization=None, of=of).first()


def draw_decided(moment: datetime) -> int:
    """Go through what people decided since the last time; return how many second looks and exercises come of it."""
    made = 0
    while True:
        with transaction.atomic():
            place = held_place(_DECISIONS)
            batch = _decided_after(place, moment) if place else []
            if place is None or not batch:
                return made
            made += _drawn_of(batch)
            place.last_id = batch[-1].pk
            place.save(update_fields=["last_id"])


def _decided_after(place: SampleCount, moment: datetime) -> list[ApprovalDecision]:
    everything = Prefetch("request__decisions", ApprovalDecision.objects.order_by("id"))
    found = ApprovalDecision.objects.filter(
        pk__gt=place.last_id, created_at__lt=moment - SETTLED_AFTER, verdict__in=_VERDICTS, is_counted=True
    )
    return list(found.select_related("request__organization").prefetch_related(everything).order_by("pk")[:_AT_ONCE])


def _drawn_of(batch: Sequence[ApprovalDecision]) -> int:
    by_organization: dict[Organization, list[ApprovalDecision]] = defaultdict(list)
    for decision in batch:
        if not decision.request.is_synthetic:
            by_organization[decision.request.organization].append(decision)
    return sum(_of_one(organization, said) for organization, said in by_organization.items())


def _of_one(organization: Organization, decisions: Sequence[ApprovalDecision]) -> int:
    strata = Strata(organization)
    looks: list[Drawn] = []
    placed = 0
    for decision in decisions:
        request = decision.request
        if _is_single(request) and strata.is_drawn(f"single:{request.risk_band}", strata.terms.second_looks):
            looks.append(_look_at(decision))
        if strata.is_drawn("exercise", strata.terms.exercises):
            placed += place_drawn(organization, strata.draw("which", decision.pk)) is not None
    strata.save()
    return put_up(organization, looks, timedelta(days=strata.terms.look_within_days)) + placed


def _is_single(request: ApprovalRequest) -> bool:
    """Tell whether one person alone decided a question about an action."""
    about_an_action = request.subject.startswith(("run:", "guard:"))
    by_rule = request.is_glass_broken or request.is_unattended
    if request.state not in _CLOSED or by_rule or not about_an_action:
        return False
    said = [one for one in request.decisions.all() if one.is_counted and one.verdict in _VERDICTS]
    return len(said) == 1 and request.revision == 1


def _look_at(decision: ApprovalDecision) -> Drawn:
    request = decision.request
    near = {one.actor_id for one in request.decisions.all()} | {request.requested_by_id, decision.for_user_id}
    return Drawn(
        source=f"approval:{request.pk}",
        why=SecondLook.Why.SINGLE,
        subject=request.subject,
        operation=request.operation,
        risk_band=request.risk_band,
        first=decision.verdict,
        agent=request.agent,
        request_id=request.pk,
        first_by_id=decision.actor_id,
        kept_out=[one for one in near if one is not None],
    )
