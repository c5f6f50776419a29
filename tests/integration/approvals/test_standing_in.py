"""B decides for A: while a rule holds, within its scope, and never more than both of them may."""

from datetime import timedelta
from typing import Any

import pytest

from coordination.accounts.errors import RightMissing
from coordination.accounts.models import Membership
from coordination.approvals import services
from coordination.approvals.errors import (
    AlreadyVoted,
    DelegationOver,
    DelegationUnfit,
    EditedByYou,
    NotAsked,
    OwnAgent,
    SameUnit,
)
from coordination.approvals.models import ApprovalRequest, DelegationRule, State
from coordination.approvals.question import Manner, Stage
from coordination.approvals.selectors import delegations_of, get_request, may_decide, pending_for
from coordination.audit.models import AuditEvent
from coordination.shared.clock import now
from coordination.shared.errors import NotFound
from tests.factories import make_member
from tests.integration.approvals.conftest import Ask, Cast, stand_in

LEADS = Stage(role="reviewer", group="lead")


def fresh(membership: Membership) -> Membership:
    """Return the member as the next request of theirs finds them."""
    return Membership.objects.select_related("organization", "user").get(pk=membership.pk)


def refusal(request: ApprovalRequest, who: Membership, manner: Manner | None = None) -> type[Exception] | None:
    """Return why somebody may not approve, after checking that their queue says the same."""
    found = may_decide(get_request(request.organization, request.pk), fresh(who), manner=manner)
    if manner is None:
        assert pending_for(fresh(who)).filter(pk=request.pk).exists() == (found is None)
    return type(found) if found else None


def test_whoever_stands_in_decides_and_the_record_says_for_whom(cast: Cast, ask: Ask) -> None:
    request = ask(stage=LEADS)
    assert refusal(request, cast.reviewer) is NotAsked
    stand_in(cast.lead, cast.reviewer)
    assert refusal(request, cast.reviewer) is None
    decided = services.decide(request, cast.reviewer, "approve", "Fine.", 1)
    assert decided.state == State.APPROVED
    kept = decided.decisions.get()
    assert (kept.actor, kept.for_user) == (cast.reviewer.user, cast.lead.user)
    event = AuditEvent.objects.get(kind="ApprovalDecided")
    assert (event.actor, event.data["for"]) == ("user:reviewer", "lead")


def test_who_is_asked_too_decides_for_themselves_unless_they_say_otherwise(cast: Cast, ask: Ask) -> None:
    stand_in(cast.reviewer, cast.second)
    own = services.decide(ask(), cast.second, "approve", "", 1)
    assert own.decisions.get().for_user is None
    manner = Manner(for_user_id=cast.reviewer.user_id)
    other = services.decide(ask(subject="run:1/step:b"), cast.second, "approve", "", 1, manner=manner)
    assert other.decisions.get().for_user == cast.reviewer.user


@pytest.mark.parametrize(
    ("changes", "stands_in"),
    [
        ({}, True),
        ({"starts_at": timedelta(hours=1)}, False),
        ({"bands": ["low", "medium"]}, True),
        ({"bands": ["high"]}, False),
        ({"operations": ["payments.refund"]}, True),
        ({"operations": ["mail.send"]}, False),
        ({"agents": ["writer"], "bands": ["low"]}, True),
        ({"agents": ["writer"], "bands": ["high"]}, False),
    ],
)
def test_a_rule_holds_within_its_time_and_scope(cast: Cast, ask: Ask, changes: dict[str, Any], stands_in: bool) -> None:
    if "starts_at" in changes:
        changes = {"starts_at": now() + changes["starts_at"]}
    stand_in(cast.lead, cast.reviewer, **changes)
    assert refusal(ask(stage=LEADS), cast.reviewer) is (None if stands_in else NotAsked)


def test_a_rule_that_is_over_or_was_ended_gives_nothing(cast: Cast, ask: Ask) -> None:
    request, rule = ask(stage=LEADS), stand_in(cast.lead, cast.reviewer)
    DelegationRule.objects.update(starts_at=now() - timedelta(days=2), ends_at=now() - timedelta(days=1))
    assert refusal(request, cast.reviewer) is NotAsked
    DelegationRule.objects.update(ends_at=now() + timedelta(days=1))
    assert refusal(request, cast.reviewer) is None
    services.end_delegation(cast.reviewer, rule)
    assert refusal(request, cast.reviewer) is NotAsked
    with pytest.raises(DelegationOver):
        services.end_delegation(cast.lead, rule)


def test_what_was_read_for_a_page_is_read_again_for_the_answer(cast: Cast, ask: Ask) -> None:
    request, rule = ask(stage=LEADS), stand_in(cast.lead, cast.reviewer)
    reader = fresh(cast.reviewer)
    assert may_decide(request, reader) is None
    services.end_delegation(cast.lead, rule)
    with pytest.raises(NotAsked):
        services.decide(request, reader, "approve", "", 1)


def test_nothing_is_passed_on(cast: Cast, ask: Ask) -> None:
    stand_in(cast.lead, cast.reviewer)
    stand_in(cast.reviewer, cast.admin)
    assert refusal(ask(stage=LEADS), cast.admin) is NotAsked
    # What was handed to somebody for this question alone stays with them.
    handed = ask(subject="run:1/step:b", stage=LEADS)
    services.delegate(handed, cast.lead, "second", "yours", 1)
    stand_in(cast.second, cast.admin)
    assert refusal(handed, cast.admin) is NotAsked


def test_nobody_gives_what_they_could_not_decide_themselves(cast: Cast, ask: Ask) -> None:
    stand_in(cast.lead, cast.reviewer)
    assert refusal(ask(stage=LEADS, on_behalf_of="user:lead"), cast.reviewer) is NotAsked
    assert (
        refusal(ask(subject="run:1/step:b", stage=LEADS, requested_by_id=cast.lead.user_id), cast.reviewer) is NotAsked
    )
    owned = ask(subject="run:1/step:c", stage=LEADS, risk_band="high", owners=["lead"])
    assert refusal(owned, cast.reviewer) is OwnAgent
    left = ask(subject="run:1/step:d", stage=LEADS)
    services.decide(left, cast.lead, "abstain", "", 1)
    assert refusal(left, cast.reviewer) is NotAsked


def test_what_the_absent_edited_nobody_approves_for_them(cast: Cast, ask: Ask) -> None:
    request = ask(stage=LEADS)
    services.decide(request, cast.lead, "edit", "less", 1, parameters={"order": "17", "amount": 5})
    stand_in(cast.lead, cast.reviewer)
    assert refusal(request, cast.reviewer) is EditedByYou


def test_both_of_them_count_once_together(cast: Cast, ask: Ask) -> None:
    request = ask(stage=Stage(role="reviewer", group="lead", n_required=2))
    stand_in(cast.lead, cast.reviewer)
    services.decide(request, cast.lead, "approve", "", 1)
    assert refusal(request, cast.reviewer) is AlreadyVoted


def test_a_voice_stands_for_the_units_of_both(cast: Cast, ask: Ask) -> None:
    ann = make_member(cast.organization, "ann", groups=["sales", "board"])
    bob = make_member(cast.organization, "bob", groups=["sales", "board"])
    helper = make_member(cast.organization, "helper", groups=["legal"])
    request = ask(stage=Stage(group="board", n_required=2, distinct_units=True))
    services.decide(request, ann, "approve", "", 1)
    stand_in(bob, helper)
    assert refusal(request, helper) is SameUnit


def test_where_the_absent_lost_the_right_there_is_nothing_to_give(cast: Cast, ask: Ask) -> None:
    stand_in(cast.lead, cast.reviewer)
    Membership.objects.filter(pk=cast.lead.pk).update(roles=["manager"])
    assert refusal(ask(stage=Stage(group="lead")), cast.reviewer) is NotAsked


def test_whoever_only_takes_needs_the_right_as_well(cast: Cast, ask: Ask) -> None:
    stand_in(cast.lead, cast.reviewer)
    Membership.objects.filter(pk=cast.reviewer.pk).update(roles=["manager"])
    assert refusal(ask(stage=LEADS), cast.reviewer) is NotAsked


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"taker": "lead"}, "/to"),
        ({"taker": "manager"}, "/to"),
        ({"taker": "stranger"}, "/to"),
        ({"taker": ""}, "/to"),
        ({"reason": "  "}, "/reason"),
        ({"ends_at": now() - timedelta(minutes=1)}, "/end"),
        ({"ends_at": now() + timedelta(days=400)}, "/end"),
        ({"bands": ["grave"]}, "/bands"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_beside_its_field(
    cast: Cast, changes: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(DelegationUnfit) as refused:
        stand_in(cast.lead, **({"taker": cast.reviewer} | changes))
    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_only_admins_let_others_stand_in_for_somebody_else(cast: Cast) -> None:
    wish = services.Wish(
        giver="lead",
        taker="reviewer",
        starts_at=now(),
        ends_at=now() + timedelta(days=1),
        reason="She is ill.",
    )
    with pytest.raises(RightMissing):
        services.make_delegation(cast.second, wish)
    rule = services.make_delegation(cast.admin, wish)
    with pytest.raises(RightMissing):
        services.end_delegation(cast.second, rule)
    services.end_delegation(cast.admin, rule)
    kinds = AuditEvent.objects.filter(stream="queue").order_by("stream_no").values_list("kind", "actor")
    assert list(kinds) == [("DelegationMade", "user:admin"), ("DelegationEnded", "user:admin")]


def test_another_organization_sees_and_ends_nothing(cast: Cast) -> None:
    rule = stand_in(cast.lead, cast.reviewer)
    assert not delegations_of(cast.stranger).exists()
    with pytest.raises(NotFound):
        services.end_delegation(cast.stranger, rule)


def test_handing_on_for_somebody_says_so_too(cast: Cast, ask: Ask) -> None:
    stand_in(cast.lead, cast.reviewer)
    services.delegate(ask(stage=LEADS), cast.reviewer, "second", "yours", 1)
    assert AuditEvent.objects.get(kind="ApprovalDelegated").data["for"] == "lead"
