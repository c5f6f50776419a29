"""People say what they think before they are advised, and are asked once more where they are in haste."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coordination.accounts.actors import SYSTEM
from coordination.approvals import selectors, services
from coordination.approvals.errors import AlreadyDecided, AlreadyJudged, LookAgain, OwnRequest, StaleRevision
from coordination.approvals.models import ApprovalDecision, ApprovalRequest, Hurry
from coordination.approvals.question import Manner
from coordination.approvals.services import change_terms
from coordination.audit.models import AuditEvent
from coordination.shared.errors import NotFound
from tests.integration.approvals.conftest import Ask, Cast

QUICK = Manner(auth="session", dwell_ms=1_200)
CALM = Manner(auth="session", dwell_ms=40_000)


def approve(request: ApprovalRequest, who: Any, manner: Manner) -> ApprovalRequest:
    return services.decide(request, who, "approve", "Seen.", request.revision, manner=manner)


def test_at_a_high_risk_advice_is_kept_back_until_somebody_said_what_they_think(cast: Cast, ask: Ask) -> None:
    request = ask(risk_band="high")
    assert selectors.shield(request, cast.reviewer).is_up
    services.judge_first(request, cast.reviewer, "reject", 1, "Too much.")
    down = selectors.shield(request, cast.reviewer)
    assert (down.is_up, down.own and down.own.judgement) == (False, "reject")
    assert selectors.shield(request, cast.second).is_up


@pytest.mark.parametrize("band", ["low", "medium"])
def test_at_a_lower_risk_nothing_is_kept_back(cast: Cast, ask: Ask, band: str) -> None:
    assert not selectors.shield(ask(risk_band=band), cast.reviewer).is_up


def test_who_decides_nothing_and_who_asked_are_kept_from_nothing(cast: Cast, ask: Ask) -> None:
    request = ask(risk_band="critical", on_behalf_of="user:lead")
    assert not selectors.shield(request, cast.manager).is_up
    assert not selectors.shield(request, cast.lead).is_up
    with pytest.raises(OwnRequest):
        services.judge_first(request, cast.lead, "approve", 1)


def test_an_edit_asks_for_a_judgement_of_what_it_is_now(cast: Cast, ask: Ask) -> None:
    request = ask(risk_band="high")
    services.judge_first(request, cast.reviewer, "approve", 1)
    services.decide(request, cast.second, "edit", "Less.", 1, parameters={"order": "17", "amount": 5})
    request = selectors.get_request(cast.organization, request.pk)
    assert selectors.shield(request, cast.reviewer).is_up
    with pytest.raises(StaleRevision):
        services.judge_first(request, cast.reviewer, "approve", 1)


def test_a_judgement_is_said_once(cast: Cast, ask: Ask) -> None:
    request = ask(risk_band="high")
    services.judge_first(request, cast.reviewer, "approve", 1)
    with pytest.raises(AlreadyJudged):
        services.judge_first(request, cast.reviewer, "reject", 1)


def test_what_is_settled_is_kept_from_nobody(cast: Cast, ask: Ask) -> None:
    request = ask(risk_band="high")
    approve(request, cast.reviewer, CALM)
    request = selectors.get_request(cast.organization, request.pk)
    assert not selectors.shield(request, cast.second).is_up
    with pytest.raises(AlreadyDecided):
        services.judge_first(request, cast.second, "approve", 1)


def test_nobody_judges_for_another_organization(cast: Cast, ask: Ask) -> None:
    with pytest.raises(NotFound):
        services.judge_first(ask(risk_band="high"), cast.stranger, "approve", 1)


def test_a_decision_keeps_what_was_thought_first_whatever_it_claims(cast: Cast, ask: Ask) -> None:
    request = ask(risk_band="high")
    services.judge_first(request, cast.reviewer, "reject", 1)
    approve(request, cast.reviewer, Manner(auth="session", own_judgement="approve"))
    assert ApprovalDecision.objects.get(request=request).own_judgement == "reject"


def test_a_judgement_is_in_the_record_but_not_in_that_of_the_run(cast: Cast, ask: Ask) -> None:
    request = ask(risk_band="high")
    services.judge_first(request, cast.reviewer, "reject", 1)
    event = AuditEvent.objects.get(kind="OwnJudgementGiven")
    assert (event.stream, event.actor) == ("oversight", "user:reviewer")


def test_an_organization_says_from_which_band_on(cast: Cast, ask: Ask) -> None:
    change_terms(cast.organization, {"own_judgement_from": "low"}, SYSTEM)
    assert selectors.shield(ask(risk_band="low"), cast.reviewer).is_up
    change_terms(cast.organization, {"own_judgement_from": "never"}, SYSTEM)
    assert not selectors.shield(ask(risk_band="critical"), cast.reviewer).is_up


def test_a_list_costs_as_much_for_ten_questions_as_for_twenty(cast: Cast, ask: Ask) -> None:
    made = [
        ask(risk_band="high", subject=f"run:0199a0c4-0000-7000-8000-0000000000{n}/step:send") for n in range(10, 30)
    ]
    costs = []
    for some in (made[:10], made):
        with CaptureQueriesContext(connection) as captured:
            selectors.shields(some, cast.reviewer)
        costs.append(len(captured))
    assert costs[0] == costs[1] <= 3


def test_a_glance_at_a_high_risk_is_asked_about_once_and_never_forbidden(cast: Cast, ask: Ask) -> None:
    request = ask(risk_band="high")
    with pytest.raises(LookAgain, match="looked at it for 1 s"):
        approve(request, cast.reviewer, QUICK)
    approve(request, cast.reviewer, Manner(auth="session", dwell_ms=1_900, is_confirmed=True))
    assert ApprovalDecision.objects.get(request=request).hurry == Hurry.GLANCE


@pytest.mark.parametrize("band", ["low", "medium"])
def test_one_quick_approval_of_little_risk_is_nothing(cast: Cast, ask: Ask, band: str) -> None:
    request = ask(risk_band=band)
    approve(request, cast.reviewer, QUICK)
    assert ApprovalDecision.objects.get(request=request).hurry == ""


def test_objecting_is_never_too_quick(cast: Cast, ask: Ask) -> None:
    request = ask(risk_band="critical")
    services.decide(request, cast.reviewer, "reject", "No.", 1, manner=QUICK)
    assert ApprovalDecision.objects.get(request=request).verdict == "reject"


def test_who_does_not_tell_how_long_they_looked_is_not_asked(cast: Cast, ask: Ask) -> None:
    request = ask(risk_band="critical")
    approve(request, cast.reviewer, Manner(auth="session"))


def _approved(ask: Ask, who: Any, count: int, manner: Manner, first: int = 0) -> None:
    for n in range(first, first + count):
        approve(ask(subject=f"run:0199a0c4-0000-7000-8000-0000000001{n:02}/step:send"), who, manner)


def test_the_fifth_quick_approval_in_a_row_is_asked_about_and_then_the_count_begins_anew(cast: Cast, ask: Ask) -> None:
    _approved(ask, cast.reviewer, 4, QUICK)
    fifth = ask()
    with pytest.raises(LookAgain, match="5 approvals in a row"):
        approve(fifth, cast.reviewer, QUICK)
    approve(fifth, cast.reviewer, Manner(auth="session", dwell_ms=2_500, is_confirmed=True))
    assert ApprovalDecision.objects.get(request=fifth).hurry == Hurry.STREAK
    _approved(ask, cast.reviewer, 4, QUICK, first=10)


def test_one_that_was_looked_at_breaks_the_row(cast: Cast, ask: Ask) -> None:
    _approved(ask, cast.reviewer, 3, QUICK)
    _approved(ask, cast.reviewer, 1, CALM, first=10)
    _approved(ask, cast.reviewer, 4, QUICK, first=20)


def test_what_somebody_else_approves_quickly_is_not_theirs(cast: Cast, ask: Ask) -> None:
    _approved(ask, cast.reviewer, 4, QUICK)
    _approved(ask, cast.second, 1, QUICK, first=10)


def test_answers_that_wait_to_be_taken_back_count_in_the_row(cast: Cast, ask: Ask) -> None:
    for n in range(4):
        request = ask(subject=f"run:0199a0c4-0000-7000-8000-0000000002{n:02}/step:send")
        services.hold(request, cast.reviewer, "approve", "", 1, manner=QUICK)
    with pytest.raises(LookAgain):
        services.hold(ask(), cast.reviewer, "approve", "", 1, manner=QUICK)
