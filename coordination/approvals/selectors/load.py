"""How much has each person before them, and who has more than they can look at?"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Count, QuerySet

from coordination.accounts.models import Membership, Organization
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may, members
from coordination.approvals.manifest import DEFAULT, Rules
from coordination.approvals.models import OPEN, ApprovalDecision, ApprovalRequest, QueueRules, Verdict
from coordination.approvals.selectors.queue import open_requests, pending_for, put_first_to
from coordination.approvals.selectors.rules import is_fit, rules_of, substitutes
from coordination.shared.clock import now
from coordination.shared.ids import new_id_at

HOUR: Final = timedelta(hours=1)
# Machines' clocks differ a little.
_SLACK: Final = timedelta(minutes=1)
_ANSWERS: Final = (Verdict.APPROVE, Verdict.REJECT, Verdict.EDIT, Verdict.RETURN)
_LOOKED_AT: Final = 500


@dataclass(frozen=True, slots=True)
class Load:
    """What one person has before them and did in the last hour, and the most that one can look at well."""

    open: int
    last_hour: int
    with_others: int
    most_open: int
    most_in_an_hour: int

    @property
    def is_over(self) -> bool:
        """Tell whether it is more than one person can look at."""
        return self.open > self.most_open or self.last_hour > self.most_in_an_hour


@dataclass(slots=True)
class Crowd:
    """The people of an organization, what each of them may decide now, and how many they decided in the last hour.

    `open` is what each has before them, `own` what of it nobody else has.
    """

    rules: Rules
    people: dict[int, Membership]
    fit: dict[UUID, list[int]]
    rows: dict[UUID, ApprovalRequest]
    last_hour: Counter[int]
    open: Counter[int] = field(default_factory=Counter)
    own: Counter[int] = field(default_factory=Counter)

    def is_over(self, person: int) -> bool:
        """Tell whether somebody has more than one person can look at."""
        most = self.rules.load
        return self.open[person] > most.open or self.last_hour[person] > most.decisions_per_hour


def load_of(membership: Membership) -> Load:
    """Return what a member has before them."""
    most = rules_of(membership.organization_id).load
    counts = pending_for(membership).aggregate(open=Count("pk", filter=put_first_to(membership)), all=Count("pk"))
    return Load(
        open=counts["open"],
        last_hour=_decided(membership.organization, now()).filter(actor=membership.user_id).count(),
        with_others=counts["all"] - counts["open"],
        most_open=most.open,
        most_in_an_hour=most.decisions_per_hour,
    )


def crowd_of(organization: Organization, moment: datetime) -> Crowd:
    """Return how the open questions of an organization lie upon its people, the most urgent ones looked at."""
    deciders = [one for one in members(organization).filter(user__is_active=True) if may(one, Right.APPROVAL_DECIDE)]
    known = substitutes(organization)
    free = open_requests(organization).filter(claimed_by=None, held_until=None, expires_at__gt=moment)
    rows = {one.pk: one for one in free[:_LOOKED_AT]}
    fit = {
        pk: [one.user_id for one in deciders if is_fit(row, one, known.get(one.user_id, ()))]
        for pk, row in rows.items()
    }
    counted = _decided(organization, moment).values_list("actor").annotate(n=Count("pk"))
    found = Crowd(rules_of(organization.pk), {one.user_id: one for one in deciders}, fit, rows, Counter(dict(counted)))
    for pk, row in rows.items():
        before = [row.assigned_to_id] if row.assigned_to_id else fit[pk]
        found.open.update(before)
        if len(before) == 1:
            found.own.update(before)
    return found


def busy_organizations(moment: datetime) -> list[Organization]:
    """Return the organizations some of whose people may have more than they can look at."""
    queues = ApprovalRequest.objects.filter(state__in=OPEN).values_list("organization").annotate(n=Count("pk"))
    by_person = _answers(moment).values_list("request__organization", "actor").annotate(n=Count("pk"))
    n_open = dict(queues)
    most: dict[UUID, int] = {}
    for organization_id, _, n in by_person:
        most[organization_id] = max(n, most.get(organization_id, 0))
    kept = QueueRules.objects.in_bulk([*n_open])
    found = []
    for organization_id, n in n_open.items():
        limits = (Rules.model_validate(kept[organization_id].spec) if organization_id in kept else DEFAULT).load
        if n > limits.open or most.get(organization_id, 0) > limits.decisions_per_hour:
            found.append(organization_id)
    return list(Organization.objects.filter(pk__in=found).order_by("pk"))


def _decided(organization: Organization, moment: datetime) -> QuerySet[ApprovalDecision]:
    """Return what people of an organization answered within the last hour."""
    return _answers(moment).filter(request__organization=organization)


def _answers(moment: datetime) -> QuerySet[ApprovalDecision]:
    """Return what people answered within the last hour; identifiers are in the order of time and have an index."""
    since = moment - HOUR
    earliest = new_id_at(int((since - _SLACK).timestamp() * 1_000_000_000))
    return ApprovalDecision.objects.filter(pk__gte=earliest, created_at__gt=since, verdict__in=_ANSWERS)
