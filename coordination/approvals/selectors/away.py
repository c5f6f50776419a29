"""Who answers in whose place?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from coordination.accounts.models import Membership, Organization
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.approvals.errors import DelegationUnknown
from coordination.approvals.models import ApprovalRequest, DelegationRule
from coordination.shared.clock import now

# Where what was read once is kept on a membership, so that a list of questions costs one statement.
_KEPT = "_answers_for"


@dataclass(frozen=True, slots=True)
class Substitution:
    """A rule that holds now, and the member in whose place it lets somebody decide."""

    rule: DelegationRule
    giver: Membership

    def covers(self, request: ApprovalRequest) -> bool:
        """Tell whether a request lies within the scope of the rule."""
        rule = self.rule
        return (
            (not rule.bands or request.risk_band in rule.bands)
            and (not rule.operations or request.operation in rule.operations)
            and (not rule.agents or request.agent in rule.agents)
        )

    def scope(self) -> Q:
        """Return `covers` in SQL."""
        rule, found = self.rule, Q()
        if rule.bands:
            found &= Q(risk_band__in=rule.bands)
        if rule.operations:
            found &= Q(operation__in=rule.operations)
        if rule.agents:
            found &= Q(agent__in=rule.agents)
        return found


def delegations(organization: Organization) -> QuerySet[DelegationRule]:
    """Return every rule of the organization, those that end last first."""
    found = DelegationRule.objects.filter(organization=organization).select_related("giver", "taker")
    return found.order_by("-ends_at", "-id")


def delegations_of(membership: Membership) -> QuerySet[DelegationRule]:
    """Return the rules by which a member gives or takes."""
    person = membership.user_id
    return delegations(membership.organization).filter(Q(giver=person) | Q(taker=person))


def get_delegation(organization: Organization, rule_id: UUID) -> DelegationRule:
    """Return one rule; raises DelegationUnknown."""
    found = delegations(organization).filter(pk=rule_id).first()
    if found is None:
        raise DelegationUnknown(name=rule_id)
    return found


def holding(rules: QuerySet[DelegationRule], moment: datetime) -> QuerySet[DelegationRule]:
    """Return those of the rules that hold at a moment."""
    return rules.filter(starts_at__lte=moment, ends_at__gt=moment, ended_at=None)


def answers_for(membership: Membership) -> Sequence[Substitution]:
    """Return in whose place a member may decide now; read once for each object that is the membership."""
    kept: Sequence[Substitution] | None = vars(membership).get(_KEPT)
    if kept is None:
        found = holding(delegations(membership.organization), now()).filter(taker=membership.user_id)
        kept = vars(membership)[_KEPT] = with_givers(membership.organization, list(found))
    return kept


def known_for(membership: Membership, known: Sequence[Substitution]) -> None:
    """Spare a membership the look-up, where the rules of all people were read at once."""
    vars(membership)[_KEPT] = known


def read_afresh(membership: Membership) -> None:
    """Let the next question read the rules again: for whoever is about to decide."""
    vars(membership).pop(_KEPT, None)


def with_givers(organization: Organization, rules: Sequence[DelegationRule]) -> list[Substitution]:
    """Return rules with the members who gave them and may decide themselves: authority is what both of them have."""
    if not rules:
        return []
    wanted = organization.memberships.filter(user__is_active=True, user_id__in={rule.giver_id for rule in rules})
    givers = {one.user_id: one for one in wanted.select_related("user") if may(one, Right.APPROVAL_DECIDE)}
    return [Substitution(rule, givers[rule.giver_id]) for rule in rules if rule.giver_id in givers]
