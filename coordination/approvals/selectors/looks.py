"""What is to be looked at once more, and by whom."""

from uuid import UUID

from django.db.models import Q, QuerySet

from coordination.accounts.models import MemberRole, Membership, Organization
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.approvals.errors import LookTaken, NotToLook, Refusal
from coordination.approvals.models import ApprovalDecision, SecondLook
from coordination.approvals.question import LEAD
from coordination.shared.errors import NotFound

_DONE = (SecondLook.State.AGREED, SecondLook.State.SETTLED)
_WAITING = (SecondLook.State.OPEN, SecondLook.State.SPLIT)


def looks(organization: Organization) -> QuerySet[SecondLook]:
    """Return every second look, the newest first."""
    people = ("first_by", "second_by", "third_by")
    return SecondLook.objects.filter(organization=organization).select_related("request", *people).order_by("-id")


def looks_for(membership: Membership) -> QuerySet[SecondLook]:
    """Return what this member may look at now, what is due first coming first: `may_look` in SQL."""
    found = looks(membership.organization).order_by("due_at", "id")
    if not may(membership, Right.APPROVAL_DECIDE):
        return found.none()
    person = membership.user_id
    states = _WAITING if settles(membership) else (SecondLook.State.OPEN,)
    return (
        found.filter(state__in=states)
        .exclude(kept_out__contains=[person])
        .exclude(first_by=person)
        .exclude(second_by=person, second_by__isnull=False)
        .exclude(Q(request__owners__contains=[membership.user.username]))
    )


def looks_seen_by(membership: Membership) -> QuerySet[SecondLook]:
    """Return the second looks that this member may know of: all, or those that they had a part in."""
    found = looks(membership.organization)
    if may_see_reviewers(membership):
        return found
    person = membership.user_id
    return found.filter(Q(first_by=person) | Q(second_by=person) | Q(third_by=person))


def sees_cases(look: SecondLook, membership: Membership) -> bool:
    """Tell whether the member sees who said what: whoever settles it; afterwards whom it is about, and leads."""
    if look.state == SecondLook.State.SPLIT:
        return may_look(look, membership) is None
    part = {look.first_by_id, look.second_by_id, look.third_by_id}
    return look.state in _DONE and (membership.user_id in part or may_see_reviewers(membership))


def get_look(organization: Organization, look_id: UUID) -> SecondLook:
    """Return one second look of the organization; raises NotFound."""
    found = looks(organization).filter(pk=look_id).first()
    if found is None:
        raise NotFound(kind="second look", name=look_id)
    return found


def may_look(look: SecondLook, membership: Membership) -> Refusal | None:
    """Return why this member may not look now, or None: nobody looks at what they had a part in."""
    if not may(membership, Right.APPROVAL_DECIDE):
        return NotToLook(problem="your role does not decide approvals")
    if look.state not in _WAITING:
        return LookTaken()
    if membership.user_id in {*look.kept_out, look.first_by_id, look.second_by_id}:
        return NotToLook(problem="you had a part in it")
    if look.request is not None and membership.user.username in look.request.owners:
        return NotToLook(problem="you answer for this agent")
    if look.state == SecondLook.State.SPLIT and not settles(membership):
        return NotToLook(problem="two people differ about it, and a lead or an admin settles it")
    return None


def may_see_reviewers(membership: Membership) -> bool:
    """Tell whether the member sees how others judge; everybody sees how they judge themselves."""
    return may(membership, Right.OVERSIGHT_READ) or (
        may(membership, Right.APPROVAL_DECIDE) and LEAD.group in membership.groups
    )


def settles(membership: Membership) -> bool:
    """Tell whether the member decides where two people differ."""
    return LEAD.group in membership.groups or MemberRole.ADMIN in membership.roles


def cases_of(look: SecondLook) -> list[dict[str, str]]:
    """Return what each side said and why: the first, the second, and the third where there was one."""
    sides = [(look.first, look.first_by, _first_reason(look))]
    if look.second:
        sides.append((look.second, look.second_by, look.second_reason))
    if look.third:
        sides.append((look.third, look.third_by, look.third_reason))
    return [
        {"verdict": said, "by": person.username if person else "policy", "reason": reason}
        for said, person, reason in sides
    ]


def _first_reason(look: SecondLook) -> str:
    if look.request_id is None or look.first_by_id is None:
        return ""
    said = ApprovalDecision.objects.filter(request=look.request_id, actor=look.first_by_id, verdict=look.first)
    return said.values_list("reason", flat=True).first() or ""
