"""What one person decided is judged again, blind; where the two differ, a third settles it."""

from datetime import timedelta
from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.approvals import selectors, services
from coordination.approvals.errors import LookTaken, NotToLook, ReasonRequired, VerdictUnknown
from coordination.approvals.models import ApprovalRequest, SecondLook
from coordination.approvals.question import Stage
from coordination.audit.models import AuditEvent
from coordination.shared.clock import now
from coordination.shared.errors import NotFound
from tests.integration.approvals.conftest import Ask, Cast

LATER = timedelta(minutes=2)


@pytest.fixture
def everything(cast: Cast) -> None:
    """Everything that one person decides is looked at once more."""
    services.change_terms(cast.organization, {"second_looks": 1}, SYSTEM)
    services.draw_decided(now())


def decided(request: ApprovalRequest, who: Any, verdict: str = "approve") -> ApprovalRequest:
    return services.decide(request, who, verdict, "Seen.", request.revision)


@pytest.fixture
def look(cast: Cast, ask: Ask, everything: None) -> SecondLook:
    decided(ask(), cast.reviewer)
    services.draw_decided(now() + LATER)
    return SecondLook.objects.get()


def test_what_one_person_decided_waits_for_another(cast: Cast, look: SecondLook) -> None:
    assert (look.why, look.state, look.first, look.first_by) == ("single", "open", "approve", cast.reviewer.user)
    assert list(selectors.looks_for(cast.second)) == [look]


def test_whoever_had_a_part_in_it_does_not_look(cast: Cast, look: SecondLook) -> None:
    # The manager asked for it; the reviewer decided it.
    assert not selectors.looks_for(cast.reviewer).exists()
    with pytest.raises(NotToLook, match="had a part"):
        services.look_again(cast.reviewer, look.pk, "approve", "")
    with pytest.raises(NotToLook, match="role"):
        services.look_again(cast.manager, look.pk, "approve", "")


def test_who_answers_for_the_agent_does_not_look(cast: Cast, ask: Ask, everything: None) -> None:
    decided(ask(owners=["second"]), cast.reviewer)
    services.draw_decided(now() + LATER)
    look = SecondLook.objects.get()
    assert not selectors.looks_for(cast.second).exists()
    assert isinstance(selectors.may_look(look, cast.second), NotToLook)
    assert selectors.looks_for(cast.lead).exists()


def test_two_who_say_the_same_agree(cast: Cast, look: SecondLook) -> None:
    services.look_again(cast.second, look.pk, "approve", "")
    look.refresh_from_db()
    assert (look.state, look.second, look.second_by) == ("agreed", "approve", cast.second.user)
    with pytest.raises(LookTaken):
        services.look_again(cast.lead, look.pk, "approve", "")


def test_where_two_differ_a_third_who_may_settle_it_does(cast: Cast, look: SecondLook) -> None:
    with pytest.raises(ReasonRequired):
        services.look_again(cast.second, look.pk, "reject", " ")
    services.look_again(cast.second, look.pk, "reject", "The order is another one.")
    look.refresh_from_db()
    assert look.state == "split"
    third = cast.lead
    assert not selectors.looks_for(cast.second).exists()
    assert list(selectors.looks_for(third)) == [look]
    with pytest.raises(ReasonRequired):
        services.look_again(third, look.pk, "reject", "")
    services.look_again(third, look.pk, "reject", "Indeed.")
    look.refresh_from_db()
    assert (look.state, look.third, look.third_by) == ("settled", "reject", third.user)
    kinds = ["SecondLookDrawn", "SecondLookTaken", "SecondLookSettled"]
    assert list(AuditEvent.objects.filter(kind__in=kinds).order_by("stream_no").values_list("kind", flat=True)) == kinds


def test_an_ordinary_reviewer_does_not_settle(cast: Cast, look: SecondLook) -> None:
    services.look_again(cast.lead, look.pk, "reject", "No.")
    assert not selectors.looks_for(cast.second).exists()
    with pytest.raises(NotToLook, match="a lead or an admin"):
        services.look_again(cast.second, look.pk, "reject", "No.")
    services.look_again(cast.admin, look.pk, "approve", "It was right.")


def test_how_it_was_decided_is_told_only_to_whoever_may_know(cast: Cast, look: SecondLook) -> None:
    assert not selectors.sees_cases(look, cast.second)
    services.look_again(cast.second, look.pk, "reject", "No.")
    look.refresh_from_db()
    assert selectors.sees_cases(look, cast.lead)
    assert not selectors.sees_cases(look, cast.reviewer)
    services.look_again(cast.lead, look.pk, "approve", "It was right.")
    look.refresh_from_db()
    assert selectors.sees_cases(look, cast.reviewer)
    assert selectors.sees_cases(look, cast.second)
    assert [case["by"] for case in selectors.cases_of(look)] == ["reviewer", "second", "lead"]


def test_another_organization_knows_nothing_of_it(cast: Cast, look: SecondLook) -> None:
    assert not selectors.looks_for(cast.stranger).exists()
    with pytest.raises(NotFound):
        services.look_again(cast.stranger, look.pk, "approve", "")


def test_only_yes_or_no(cast: Cast, look: SecondLook) -> None:
    with pytest.raises(VerdictUnknown):
        services.look_again(cast.second, look.pk, "edit", "x")


def test_what_several_decided_or_is_still_open_is_not_drawn(cast: Cast, ask: Ask, everything: None) -> None:
    two = ask(stage=Stage(role="reviewer", n_required=2), subject="guard:two")
    decided(two, cast.reviewer)
    decided(selectors.get_request(cast.organization, two.pk), cast.second)
    waits = ask(stage=Stage(role="reviewer", n_required=2), subject="guard:waits")
    decided(waits, cast.reviewer)
    services.draw_decided(now() + LATER)
    assert not SecondLook.objects.exists()


def test_an_objection_is_looked_at_as_well_as_a_consent(cast: Cast, ask: Ask, everything: None) -> None:
    decided(ask(), cast.reviewer, "reject")
    services.draw_decided(now() + LATER)
    assert SecondLook.objects.get().first == "reject"


def test_what_was_decided_a_moment_ago_waits_until_all_of_it_is_there(cast: Cast, ask: Ask, everything: None) -> None:
    decided(ask(), cast.reviewer)
    assert services.draw_decided(now()) == 0


def test_every_band_has_its_share(cast: Cast, ask: Ask) -> None:
    services.change_terms(cast.organization, {"second_looks": 0.25}, SYSTEM)
    services.draw_decided(now())
    for band in ("low", "high"):
        for n in range(20):
            decided(ask(risk_band=band, subject=f"guard:{band}-{n}"), cast.reviewer)
    services.draw_decided(now() + LATER)
    for band in ("low", "high"):
        assert 4 <= SecondLook.objects.filter(risk_band=band).count() <= 6


def test_what_nobody_looks_at_lapses(cast: Cast, look: SecondLook) -> None:
    assert services.lapse_due(now()) == 0
    assert services.lapse_due(now() + timedelta(days=15)) == 1
    assert not selectors.looks_for(cast.second).exists()
    assert AuditEvent.objects.filter(kind="SecondLookLapsed").exists()
