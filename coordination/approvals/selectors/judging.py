"""What somebody thinks by themselves: is advice kept from them, and how hasty are they?"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from coordination.accounts.models import Membership, Organization
from coordination.accounts.rights import Right
from coordination.accounts.selectors import may
from coordination.approvals.models import (
    ApprovalDecision,
    ApprovalRequest,
    Band,
    Hurry,
    OversightTerms,
    OwnJudgement,
    Verdict,
)
from coordination.approvals.question import Manner
from coordination.approvals.selectors.authority import is_requester
from coordination.approvals.terms import DEFAULT, Terms

_GRAVE = (Band.HIGH, Band.CRITICAL)


@dataclass(frozen=True, slots=True)
class Shield:
    """Whether what the agent and others think of a question is kept from a member, and what they said themselves."""

    is_up: bool
    own: OwnJudgement | None = None


_DOWN = Shield(is_up=False)


def terms_of(organization: Organization) -> Terms:
    """Return the numbers that hold; the defaults until somebody changes them."""
    row = OversightTerms.objects.filter(organization=organization).first()
    return Terms.model_validate(row.spec) if row else DEFAULT


def shield(request: ApprovalRequest, membership: Membership) -> Shield:
    """Return whether this member is to judge by themselves first."""
    return shields([request], membership)[request.pk]


def shields(requests: Iterable[ApprovalRequest], membership: Membership) -> dict[UUID, Shield]:
    """Return it for several questions, in three statements however many there are.

    Whoever might come to decide a question is kept from advice, not only whom it asks at this moment.
    """
    found = list(requests)
    if not may(membership, Right.APPROVAL_DECIDE):
        return {one.pk: _DOWN for one in found}
    terms = terms_of(membership.organization)
    grave = [one for one in found if terms.asks_own_judgement(one.risk_band) and not is_requester(one, membership)]
    keys = [one.pk for one in grave]
    said, answered = _said(keys, membership), _answered(keys, membership)
    shielded = {}
    for one in grave:
        own = said.get((one.pk, one.revision))
        is_new = own is None and (one.pk, one.revision) not in answered
        shielded[one.pk] = Shield(is_up=is_new and one.is_open, own=own)
    return {one.pk: shielded.get(one.pk, _DOWN) for one in found}


def _said(requests: Collection[UUID], membership: Membership) -> dict[tuple[UUID, int], OwnJudgement]:
    if not requests:
        return {}
    rows = OwnJudgement.objects.filter(request__in=requests, user=membership.user_id)
    return {(row.request_id, row.revision): row for row in rows}


def _answered(requests: Collection[UUID], membership: Membership) -> set[tuple[UUID, int]]:
    """Return what the member has voted on: they have judged, and by themselves."""
    if not requests:
        return set()
    votes = ApprovalDecision.objects.filter(request__in=requests, actor=membership.user_id, is_counted=True)
    return set(votes.values_list("request_id", "revision"))


def without_advice(evidence: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return evidence without how sure anybody is of it."""
    return [{name: value for name, value in one.items() if name != "score"} for one in evidence]


def thought_first(request: ApprovalRequest, membership: Membership) -> str | None:
    """Return what the member said of this revision before they saw what others think of it."""
    said = OwnJudgement.objects.filter(request=request, revision=request.revision, user=membership.user_id)
    return said.values_list("judgement", flat=True).first()


def hurry_of(request: ApprovalRequest, membership: Membership, manner: Manner) -> str:
    """Return in which haste somebody approves; "" for none, and where nothing tells how long they looked."""
    if manner.dwell_ms is None:
        return ""
    terms = terms_of(membership.organization)
    if manner.dwell_ms >= terms.quick_s * 1000:
        return ""
    if request.risk_band in _GRAVE:
        return Hurry.GLANCE
    return Hurry.STREAK if _is_streak(request, membership, terms) else ""


def _is_streak(request: ApprovalRequest, membership: Membership, terms: Terms) -> bool:
    """Tell whether everything that they said lately was a quick approval too, since they were last told."""
    before = terms.quick_in_a_row - 1
    held = _held_by(request, membership)
    rows = (
        ApprovalDecision.objects.filter(actor=membership.user_id, request__organization=membership.organization_id)
        .order_by("-created_at", "-id")
        .values_list("verdict", "dwell_ms", "hurry")[: max(0, before - len(held))]
    )
    latest = [*held, *rows][:before]
    return len(latest) == before and all(
        verdict == Verdict.APPROVE and dwell is not None and dwell < terms.quick_s * 1000 and not hurry
        for verdict, dwell, hurry in latest
    )


def _held_by(request: ApprovalRequest, membership: Membership) -> list[tuple[str, int | None, str]]:
    """Return the answers of theirs that count in a moment."""
    others = ApprovalRequest.objects.filter(
        organization=membership.organization_id, held_until__isnull=False, held__user_id=membership.user_id
    ).exclude(pk=request.pk)
    held = [one.held for one in others.only("held") if one.held]
    return [
        (one["verdict"], one["manner"].get("dwell_ms"), Hurry.STREAK if one["manner"].get("is_confirmed") else "")
        for one in held
    ]
