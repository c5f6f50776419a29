"""Exercises look like real questions, never release anything, and tell how well people look."""

from datetime import timedelta
from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM, Actor
from coordination.approvals import selectors, services
from coordination.approvals.errors import ApprovalRefused, NothingAlike
from coordination.approvals.models import ApprovalRequest, Canary
from coordination.approvals.question import Manner
from coordination.audit.models import AuditEvent
from coordination.runs.services import answer_approval
from coordination.shared.clock import now
from coordination.shared.errors import NotFound
from coordination.shared.manifests import ManifestInvalid
from tests.integration.approvals.conftest import Ask, Cast

SPEC: dict[str, Any] = {
    "title": "Refund $900 to order 18",
    "operation": "payments.refund",
    "parameters": {"amount": 900},
    "evidence": [{"title": "Order 18", "text": "$9.00"}],
    "lesson": "The order was $9.00.",
}
LATER = timedelta(minutes=2)


@pytest.fixture
def placed(cast: Cast, ask: Ask) -> ApprovalRequest:
    ask(risk_band="medium", reasons=[{"policy": "refunds", "statement": "Any refund."}])
    services.save_exercise(cast.organization, "too-much", SPEC, Actor("user", "admin"))
    return services.place_exercise(cast.organization, "too-much")


def answer(request: ApprovalRequest, who: Any, verdict: str, **more: Any) -> ApprovalRequest:
    return answer_approval(who, request.pk, verdict, reason="Seen.", revision=1, manner=Manner(auth="session"), **more)


def test_an_exercise_looks_like_the_latest_real_question_about_the_same(cast: Cast, placed: ApprovalRequest) -> None:
    real = ApprovalRequest.objects.get(is_synthetic=False)
    alike = ("operation", "agent", "agent_version", "on_behalf_of", "reasons", "risk_band", "chain", "tool_version")
    assert {name: getattr(placed, name) for name in alike} == {name: getattr(real, name) for name in alike}
    assert placed.parameters == {"order": "17", "amount": 900}
    assert placed.subject.startswith("guard:")
    assert "exercise" not in str(placed.__dict__).lower()
    assert placed in selectors.pending_for(cast.reviewer)


def test_what_passed_never_releases_anything(cast: Cast, placed: ApprovalRequest) -> None:
    approved = answer(placed, cast.reviewer, "approve")
    assert approved.state == "approved"
    with pytest.raises(ApprovalRefused, match="exercise"):
        services.consume(placed.pk, placed.action_digest)


@pytest.mark.parametrize(("verdict", "result"), [("approve", "missed"), ("reject", "caught"), ("return", "caught")])
def test_an_answer_is_noted_and_explained_to_whoever_gave_it(
    cast: Cast, placed: ApprovalRequest, verdict: str, result: str
) -> None:
    assert selectors.lesson_for(placed, cast.reviewer) is None
    answered = answer(placed, cast.reviewer, verdict)
    lesson = selectors.lesson_for(answered, cast.reviewer)
    assert lesson is not None
    assert lesson.caught == (result == "caught")
    assert "The order was $9.00." in lesson.text
    assert selectors.lesson_for(answered, cast.second) is None
    assert Canary.objects.get().result == result
    assert AuditEvent.objects.filter(kind="ExerciseAnswered", stream="oversight", actor="user:reviewer").count() == 1


def test_asking_back_sees_it_and_ends_it(cast: Cast, placed: ApprovalRequest) -> None:
    services.request_info(placed, cast.reviewer, "Is it not $9?", 1)
    placed.refresh_from_db()
    assert (placed.state, Canary.objects.get().result) == ("cancelled", "caught")


def test_handing_it_on_is_no_answer(cast: Cast, placed: ApprovalRequest) -> None:
    services.decide(placed, cast.reviewer, "abstain", "", 1)
    placed.refresh_from_db()
    assert (placed.state, Canary.objects.get().result) == ("pending", "")
    answer(placed, cast.second, "reject")
    assert Canary.objects.get().answered_by == cast.second.user


def test_a_real_question_has_no_lesson(cast: Cast, ask: Ask) -> None:
    assert selectors.lesson_for(ask(), cast.reviewer) is None


def test_without_a_real_question_about_the_same_there_is_nothing_to_look_like(cast: Cast) -> None:
    services.save_exercise(cast.organization, "too-much", SPEC, SYSTEM)
    with pytest.raises(NothingAlike, match="payments"):
        services.place_exercise(cast.organization, "too-much")


def test_figures_and_similar_questions_leave_exercises_out(cast: Cast, placed: ApprovalRequest, ask: Ask) -> None:
    answer(placed, cast.reviewer, "approve")
    board = selectors.board_of(cast.organization, now() - timedelta(days=1))
    assert {one.username: one.n for one in board.reviewers}["reviewer"] == 0
    assert selectors.similar_to(ask(subject="guard:x")).n == 0


def test_a_ready_set_comes_with_the_product_and_an_admin_changes_it(cast: Cast) -> None:
    ready = selectors.exercise_named(cast.organization, "refund-ten-times")
    assert (ready.is_ready, ready.is_active) == (True, True)
    services.turn_exercise(cast.organization, "refund-ten-times", False, Actor("user", "admin"))
    turned = selectors.exercise_named(cast.organization, "refund-ten-times")
    assert (turned.is_active, turned.spec) == (False, ready.spec)
    assert AuditEvent.objects.filter(kind="ExerciseTurned").exists()


def test_a_catalogue_is_an_organizations_own(cast: Cast) -> None:
    services.save_exercise(cast.organization, "too-much", SPEC, SYSTEM)
    with pytest.raises(NotFound):
        selectors.exercise_named(cast.stranger.organization, "too-much")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"lesson": ""}, "/lesson"),
        ({"confidence": 2}, "/confidence"),
        ({"more": 1}, "/more"),
        ({"title": ""}, "/title"),
    ],
)
def test_an_exercise_that_says_too_little_is_refused(cast: Cast, wrong: dict[str, Any], pointer: str) -> None:
    with pytest.raises(ManifestInvalid) as refused:
        services.save_exercise(cast.organization, "too-much", {**SPEC, **wrong}, SYSTEM)
    assert [error.pointer for error in refused.value.errors] == [pointer]


def _decide_many(cast: Cast, ask: Ask, count: int) -> None:
    for n in range(count):
        request = ask(subject=f"run:0199a0c4-0000-7000-8000-00000000{n:04}/step:send")
        services.decide(request, cast.reviewer, "approve", "", 1)


def test_exercises_come_by_themselves_only_once_an_admin_turned_them_on(cast: Cast, ask: Ask) -> None:
    services.draw_decided(now())
    _decide_many(cast, ask, 45)
    services.draw_decided(now() + LATER)
    assert not Canary.objects.exists()
    services.change_terms(cast.organization, {"exercises": 0.05}, Actor("user", "admin"))
    for n in range(60):
        request = ask(subject=f"run:0199a0c4-0000-7000-8000-00000001{n:04}/step:send")
        services.decide(request, cast.reviewer, "approve", "", 1)
    services.draw_decided(now() + LATER)
    # One in every twenty, at a place that nobody can foresee; those before were counted, so there are three of sixty.
    assert 2 <= Canary.objects.count() <= 4
    assert len(set(Canary.objects.values_list("key", flat=True))) == Canary.objects.count()


def test_nothing_is_drawn_twice(cast: Cast, ask: Ask) -> None:
    services.change_terms(cast.organization, {"exercises": 0.05, "second_looks": 1}, SYSTEM)
    services.draw_decided(now())
    _decide_many(cast, ask, 25)
    made = services.draw_decided(now() + LATER)
    assert made >= 25
    assert services.draw_decided(now() + LATER) == 0


def test_an_exercise_that_was_answered_draws_nothing(cast: Cast, placed: ApprovalRequest) -> None:
    services.change_terms(cast.organization, {"second_looks": 1}, SYSTEM)
    services.draw_decided(now())
    answer(placed, cast.reviewer, "approve")
    assert services.draw_decided(now() + LATER) == 0
