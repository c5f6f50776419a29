"""How does an organization's queue keep time, and whom does a question ask?"""

from collections.abc import Sequence
from uuid import UUID

from coordination.accounts.models import Membership, Organization
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may, members
from coordination.approvals.manifest import DEFAULT, Rules
from coordination.approvals.models import ApprovalRequest, QueueRules
from coordination.approvals.selectors.authority import has_abstained, is_requester, place_of
from coordination.approvals.selectors.away import Substitution, delegations, holding, with_givers
from coordination.shared.clock import now


def rules_of(organization_id: UUID) -> Rules:
    """Return what holds; the defaults until somebody changes them."""
    spec = QueueRules.objects.filter(pk=organization_id).values_list("spec", flat=True).first()
    return DEFAULT if spec is None else Rules.model_validate(spec)


def rules_version(organization: Organization) -> QueueRules | None:
    """Return the rules with who changed them last; None while nobody has."""
    return QueueRules.objects.filter(pk=organization.pk).first()


def people_asked(request: ApprovalRequest) -> list[Membership]:
    """Return who may decide a request by now: in person, or for somebody who is away."""
    people = list(members(request.organization).filter(user__is_active=True))
    found = substitutes(request.organization)
    return [one for one in people if is_fit(request, one, found.get(one.user_id, ()))]


def substitutes(organization: Organization) -> dict[int, list[Substitution]]:
    """Return in whose place each person may decide now."""
    found: dict[int, list[Substitution]] = {}
    for known in with_givers(organization, list(holding(delegations(organization), now()))):
        found.setdefault(known.rule.taker_id, []).append(known)
    return found


def is_fit(request: ApprovalRequest, member: Membership, known: Sequence[Substitution] = ()) -> bool:
    """Tell whether a member is asked, may decide at all, and has no part in the request."""
    asked = may(member, Right.APPROVAL_DECIDE) and place_of(request, member, substitutions=known) is not None
    return asked and not is_requester(request, member) and not has_abstained(request, member)
