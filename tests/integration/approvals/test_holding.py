"""An answer that can be undone: nothing has happened for five seconds, and then exactly what was said."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from coordination.approvals.errors import (
    AlreadyDecided,
    AnswerHeld,
    NotYours,
    ReasonRequired,
    StaleRevision,
    TakenBackTooLate,
)
from coordination.approvals.held import HeldAnswer
from coordination.approvals.models import ApprovalDecision, ApprovalRequest
from coordination.approvals.selectors import held_due, pending_for
from coordination.approvals.services import take_back
from coordination.audit.models import AuditEvent
from coordination.runs.models import Run
from coordination.runs.services import answer, take_held
from coordination.shared.clock import now
from tests.integration.approvals.desk import SIGNED_IN, Desk
from tests.integration.runs.conftest import make_world


@pytest.fixture
def desk(db: None, settings: Any) -> Desk:
    return Desk(make_world(settings))


def hold(desk: Desk, run: Run, who: str = "ann", verdict: str = "approve", **more: Any) -> ApprovalRequest:
    asked = desk.question(run)
    said: dict[str, Any] = {"reason": "Seen.", "revision": asked.revision, "manner": SIGNED_IN, "undoable": True}
    return answer(desk.person(who), asked.pk, verdict, **said | more)


def let_pass(asked: ApprovalRequest, by: timedelta = timedelta(seconds=6)) -> None:
    """Let the seconds pass."""
    ApprovalRequest.objects.filter(pk=asked.pk).update(held_until=now() - by + timedelta(seconds=5))


def kinds() -> list[str]:
    return [kind for kind in AuditEvent.objects.order_by("id").values_list("kind", flat=True) if "pproval" in kind]


def test_nothing_happens_before_the_seconds_are_over_and_then_the_run_goes_on(desk: Desk) -> None:
    run = desk.asked()
    asked = hold(desk, run)
    assert take_held() == 0
    assert not ApprovalDecision.objects.exists()
    assert ApprovalRequest.objects.get(pk=asked.pk).state == "pending"
    let_pass(asked)
    assert take_held() == 1
    assert desk.world.work(run).status == "succeeded"
    decided = ApprovalDecision.objects.get()
    assert (decided.actor.username, decided.verdict, decided.actor_auth) == ("ann", "approve", "session")
    assert kinds() == ["ApprovalAsked", "ApprovalAnswerHeld", "ApprovalDecided", "ApprovalConsumed"]
    assert take_held() == 0


def test_what_is_taken_back_never_happens_and_can_be_answered_anew(desk: Desk) -> None:
    run = desk.asked()
    asked = hold(desk, run)
    take_back(asked, desk.person("ann"))
    assert take_held() == 0
    assert not ApprovalDecision.objects.exists()
    assert desk.world.work(run).status == "waiting"
    assert kinds() == ["ApprovalAsked", "ApprovalAnswerHeld", "ApprovalAnswerTakenBack"]
    desk.answer(run, desk.person("ann"), "reject")
    assert desk.world.work(run).status == "failed"


def test_it_cannot_be_taken_back_once_it_counts(desk: Desk) -> None:
    asked = hold(desk, desk.asked())
    let_pass(asked)
    take_held()
    with pytest.raises(TakenBackTooLate):
        take_back(asked, desk.person("ann"))


def test_nobody_takes_back_the_answer_of_another(desk: Desk) -> None:
    asked = hold(desk, desk.asked())
    with pytest.raises(NotYours):
        take_back(asked, desk.person("bob"))


def test_while_it_is_held_nobody_answers_again_from_another_tab_or_another_desk(desk: Desk) -> None:
    run = desk.asked()
    hold(desk, run)
    for who in ("ann", "bob"):
        with pytest.raises(AnswerHeld):
            hold(desk, run, who, "reject")
        with pytest.raises(AnswerHeld):
            desk.answer(run, desk.person(who), "reject")
        assert not pending_for(desk.person(who)).exists()


def test_a_late_answer_is_refused_on_record(desk: Desk) -> None:
    run = desk.asked()
    asked = hold(desk, run)
    with pytest.raises(AnswerHeld):
        hold(desk, run, "bob", "reject")
    let_pass(asked)
    take_held()
    with pytest.raises(AlreadyDecided):
        hold(desk, run, "bob", "reject")
    refused = AuditEvent.objects.filter(kind="ApprovalAnswerRefused").order_by("id")
    assert [(str(one.actor), one.data["code"]) for one in refused] == [
        ("user:bob", "answer-held"),
        ("user:bob", "already-decided"),
    ]


def test_a_lost_worker_gives_others_their_say_after_a_minute(desk: Desk) -> None:
    run = desk.asked()
    asked = hold(desk, run)
    let_pass(asked, timedelta(minutes=2))
    assert pending_for(desk.person("bob")).get() == asked
    desk.answer(run, desk.person("bob"), "reject")
    assert take_held() == 0
    assert [one.actor.username for one in ApprovalDecision.objects.all()] == ["bob"]


def test_of_two_workers_one_carries_it_out(desk: Desk) -> None:
    run = desk.asked()
    asked = hold(desk, run)
    held = HeldAnswer.of(asked)
    assert held
    let_pass(asked)
    seen_by_the_other = list(held_due(now()))
    take_held()
    assert len(seen_by_the_other) == 1
    with pytest.raises(AlreadyDecided), transaction.atomic():
        answer(desk.person("ann"), asked.pk, held.verdict, revision=held.revision, manner=held.given())
    assert ApprovalDecision.objects.count() == 1


def test_a_held_answer_is_refused_at_once_for_what_it_lacks(desk: Desk) -> None:
    run = desk.asked()
    with pytest.raises(ReasonRequired):
        hold(desk, run, verdict="reject", reason=" ")
    with pytest.raises(StaleRevision):
        hold(desk, run, revision=7)
    assert desk.question(run).held is None


def test_a_critical_risk_waits_for_no_second_thought(desk: Desk) -> None:
    run = desk.asked()
    ApprovalRequest.objects.update(risk_band="critical")
    assert hold(desk, run).held is None
    assert desk.question(run).state == "approved"


def test_where_time_would_run_out_meanwhile_the_answer_counts_now(desk: Desk) -> None:
    run = desk.asked()
    ApprovalRequest.objects.update(expires_at=now() + timedelta(seconds=3))
    assert hold(desk, run).state == "approved"


def test_an_answer_that_cannot_be_carried_out_any_more_is_dropped_in_words(desk: Desk) -> None:
    run = desk.asked()
    asked = hold(desk, run)
    member = desk.person("ann")
    member.roles = ["auditor"]
    member.save()
    let_pass(asked)
    take_held()
    asked = desk.question(run)
    assert (asked.held, asked.state) == (None, "pending")
    assert "The answer of ann could not be carried out" in asked.messages.get().text
    assert kinds()[-1] == "ApprovalAnswerDropped"
    assert desk.answer(run, desk.person("bob")).state == "approved"
