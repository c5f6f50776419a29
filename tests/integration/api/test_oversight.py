"""Judgement, exercises, second looks and figures, over the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coordination.approvals import services
from coordination.approvals.models import ApprovalRequest, Canary, SecondLook
from coordination.runs.models import Run
from coordination.shared.clock import now
from tests.integration.api.support import Caller

Question = dict[str, Any]
LATER = timedelta(minutes=2)
EXERCISE = {
    "title": "Send a letter to nobody", "operation": "mail.send", "parameters": {"text": "nobody"},
    "evidence": [{"title": "Sender", "text": "somebody"}], "lesson": "Nobody wrote.",
}  # fmt: skip


@pytest.fixture
def question(admin: Caller, manager: Caller, reviewer: Caller, work: Callable[[str], Run]) -> Question:
    """Return a question at which people are to judge by themselves first, with something to be swayed by."""
    assert admin.put("oversight/terms/", {"own_judgement_from": "low", "second_looks": 1}).status_code == 200
    work(manager.start("Refund me").json()["id"])
    (found,) = reviewer.get("approvals/?assigned=me").json()["results"]
    evidence = [{"title": "Sure", "text": "Yes.", "score": 0.99}]
    ApprovalRequest.objects.filter(pk=found["id"]).update(confidence=0.97, evidence=evidence)
    services.draw_decided(now())
    return dict(found)


def test_advice_is_withheld_until_they_said_what_they_think(
    question: Question, reviewer: Caller, calls: Callable[..., Caller]
) -> None:
    second, address = calls("second"), f"approvals/{question['id']}"
    second.post(f"{address}/request-info/", {"reason": "Is it not too much?", "revision": 1})
    listed = reviewer.get("approvals/?status=open").json()["results"][0]
    shown = reviewer.get(f"{address}/").json()
    for one in (listed, shown):
        assert one["advice_withheld"] is True
        assert (one["confidence"], one["decisions"], one["evidence"]) == (None, [], [{"title": "Sure", "text": "Yes."}])
    assert (shown["messages"], {stage["votes"] for stage in shown["stages"]}) == ([], {None})
    said = reviewer.post(f"{address}/own-judgement/", {"judgement": "unsure", "revision": 1})
    assert said.status_code == 200, said.content
    told = said.json()
    assert (told["advice_withheld"], told["own_judgement"], told["confidence"]) == (False, "unsure", 0.97)
    assert (len(told["decisions"]), len(told["messages"]), told["evidence"][0]["score"]) == (1, 1, 0.99)
    again = reviewer.post(f"{address}/own-judgement/", {"judgement": "approve", "revision": 1})
    assert (again.status_code, again.json()["code"]) == (409, "already-judged")


def test_who_decides_nothing_sees_all_of_it(question: Question, manager: Caller) -> None:
    shown = manager.get(f"approvals/{question['id']}/").json()
    assert (shown["advice_withheld"], shown["confidence"]) == (False, 0.97)


def test_who_is_quick_at_much_is_asked_once(question: Question, reviewer: Caller) -> None:
    ApprovalRequest.objects.filter(pk=question["id"]).update(risk_band="high")
    answer = {"reason": "Yes.", "revision": 1, "dwell_ms": 900}
    refused = reviewer.post(f"approvals/{question['id']}/approve/", answer)
    assert (refused.status_code, refused.json()["code"]) == (409, "look-again")
    assert reviewer.post(f"approvals/{question['id']}/approve/", {**answer, "confirmed": True}).status_code == 200


def test_an_exercise_is_written_placed_answered_and_explained(
    question: Question, admin: Caller, reviewer: Caller
) -> None:
    assert admin.post("oversight/exercises/", {**EXERCISE, "key": "nobody"}).status_code == 201
    placed = admin.post("oversight/exercises/nobody/place/").json()["approval"]
    shown = reviewer.get(f"approvals/{placed}/").json()
    assert shown["parameters"] == {"text": "nobody"}
    assert "exercise" not in str({**shown, "lesson": ""}).lower()
    done = reviewer.post(f"approvals/{placed}/reject/", {"reason": "To nobody?", "revision": 1}).json()
    assert (done["status"], "Nobody wrote." in done["lesson"]) == ("rejected", True)
    assert Canary.objects.get().result == "caught"
    assert reviewer.get(f"approvals/{question['id']}/").json()["lesson"] is None


def test_a_catalogue_is_for_admins(question: Question, admin: Caller, reviewer: Caller) -> None:
    assert reviewer.get("oversight/exercises/").status_code == 403
    listed = {one["key"]: one for one in admin.get("oversight/exercises/").json()}
    assert listed["refund-ten-times"]["is_ready"] is True
    turned = admin.patch("oversight/exercises/refund-ten-times/", {"active": False})
    assert turned.json()["is_active"] is False
    assert admin.put("oversight/exercises/nobody/", EXERCISE).status_code == 404
    changed = admin.put("oversight/exercises/refund-ten-times/", EXERCISE)
    assert (changed.json()["title"], changed.json()["is_ready"]) == ("Send a letter to nobody", False)
    wrong = admin.put("oversight/exercises/refund-ten-times/", {**EXERCISE, "lesson": ""})
    assert wrong.status_code == 422
    unlike = admin.post("oversight/exercises/refund-twice/place/")
    assert (unlike.status_code, unlike.json()["code"]) == (422, "nothing-alike")


def test_everybody_reads_the_numbers_and_admins_change_them(admin: Caller, reviewer: Caller) -> None:
    assert reviewer.get("oversight/terms/").json()["exercises"] == 0
    assert reviewer.put("oversight/terms/", {}).status_code == 403
    wrong = admin.put("oversight/terms/", {"exercises": 0.5, "fist_actions": 3})
    assert wrong.status_code == 422
    assert {error["pointer"] for error in wrong.json()["errors"]} == {"/exercises", "/fist_actions"}


def test_a_second_look_is_blind_and_a_third_settles_it(
    question: Question, reviewer: Caller, calls: Callable[..., Caller], admin: Caller
) -> None:
    reviewer.post(f"approvals/{question['id']}/approve/", {"reason": "Fine by me.", "revision": 1})
    services.draw_decided(now() + LATER)
    second = calls("second")
    (waits,) = second.get("oversight/second-looks/?assigned=me").json()["results"]
    address = f"oversight/second-looks/{waits['id']}/"
    shown = second.get(address).json()
    assert (shown["first"], shown["first_by"], shown["cases"], shown["you_may_look"]) == (None, None, [], True)
    assert "Fine by me." not in str(shown)
    assert reviewer.get(address).json()["you_may_look"] is False
    assert second.post(address, {"verdict": "reject"}).status_code == 422
    assert second.post(address, {"verdict": "reject", "reason": "Wrong order."}).json()["state"] == "split"
    assert second.get(address).json()["cases"] == []
    assert [case["by"] for case in admin.get(address).json()["cases"]] == ["reviewer", "second"]
    settled = admin.post(address, {"verdict": "approve", "reason": "It is the right one."}).json()
    assert (settled["state"], settled["first"], settled["third"]) == ("settled", "approve", "approve")
    assert reviewer.get("oversight/second-looks/").json()["results"][0]["second_reason"] == "Wrong order."
    assert calls("third").get("oversight/second-looks/").json()["results"] == []


def test_figures_are_ones_own_or_everybodys(question: Question, reviewer: Caller, manager: Caller) -> None:
    reviewer.post(f"approvals/{question['id']}/approve/", {"reason": "Fine by me.", "revision": 1})
    (own,) = reviewer.get("oversight/reviewers/").json()["reviewers"]
    assert (own["username"], own["n"], own["kappa"]["value"]) == ("reviewer", 1, None)
    assert len(manager.get("oversight/reviewers/?days=30").json()["reviewers"]) > 1
    assert manager.get("oversight/reviewers/reviewer/").json()["became"] == []
    assert reviewer.get("oversight/reviewers/admin/").status_code == 404


def test_a_list_of_questions_costs_as_much_for_ten_as_for_twenty(question: Question, reviewer: Caller) -> None:
    costs = []
    original = ApprovalRequest.objects.get(pk=question["id"])
    for begin in (0, 10):
        for n in range(begin, begin + 10):
            original.pk, original.subject, original._state.adding = None, f"guard:{n}", True
            original.save(force_insert=True)
        with CaptureQueriesContext(connection) as captured:
            assert len(reviewer.get("approvals/?limit=100").json()["results"]) == begin + 11
        costs.append(len(captured))
    assert costs[0] == costs[1]
    assert not SecondLook.objects.exists()
