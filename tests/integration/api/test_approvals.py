"""People answer, and what they may not answer is refused with a reason."""

from collections.abc import Callable
from typing import Any

import pytest

from coordination.runs.models import Run
from tests import acting
from tests.integration.api.support import Caller

Question = dict[str, Any]


@pytest.fixture
def question(manager: Caller, reviewer: Caller, work: Callable[[str], Run]) -> Question:
    run_id = manager.start("Refund me").json()["id"]
    work(run_id)
    (found,) = reviewer.get("approvals/?assigned=me").json()["results"]
    return {**found, "run_id": run_id}


def test_an_edit_makes_a_new_revision_that_someone_else_must_approve(
    question: Question, reviewer: Caller, calls: Callable[..., Caller], work: Callable[[str], Run]
) -> None:
    address = f"approvals/{question['id']}"
    edited = reviewer.post(f"{address}/edit/", {"reason": "Softer.", "revision": 1, "parameters": {"text": "Sorry"}})
    assert edited.status_code == 200, edited.content
    assert (edited.json()["revision"], edited.json()["you_may_approve"]) == (2, False)
    own = reviewer.post(f"{address}/approve/", {"reason": "Mine.", "revision": 2})
    assert (own.status_code, own.json()["code"]) == (403, "edited-by-you")
    second = calls("second")
    stale = second.post(f"{address}/approve/", {"reason": "Yes.", "revision": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale-revision")
    assert second.post(f"{address}/approve/", {"reason": "Yes.", "revision": 2}).status_code == 200
    work(question["run_id"])
    assert [args for _, args in acting.sent] == [{"text": "Sorry"}]


def test_an_edit_that_the_tool_could_not_take_is_refused(question: Question, reviewer: Caller) -> None:
    refused = reviewer.post(
        f"approvals/{question['id']}/edit/", {"reason": "x", "revision": 1, "parameters": {"text": 5}}
    )
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/parameters/text"


def test_a_decided_question_is_closed(question: Question, reviewer: Caller) -> None:
    answer = {"reason": "Yes.", "revision": 1}
    assert reviewer.post(f"approvals/{question['id']}/approve/", answer).status_code == 200
    again = reviewer.post(f"approvals/{question['id']}/approve/", answer)
    assert (again.status_code, again.json()["code"]) == (409, "already-decided")


def test_what_a_reject_lacks_is_told(question: Question, reviewer: Caller) -> None:
    address = f"approvals/{question['id']}/reject/"
    assert reviewer.post(address, {"revision": 1}).json()["code"] == "reason-required"
    assert reviewer.post(address, {"reason": "No."}).json()["errors"][0]["pointer"] == "/revision"


def test_claim_delegate_escalate_and_ask_back(
    question: Question, reviewer: Caller, calls: Callable[..., Caller]
) -> None:
    address = f"approvals/{question['id']}"
    claimed = reviewer.post(f"{address}/claim/").json()
    assert (claimed["status"], claimed["claimed_by"]) == ("claimed", "reviewer")
    other = calls("second")
    assert other.get(f"{address}/").json()["why_not"].startswith("reviewer is working on this")
    assert other.post(f"{address}/approve/", {"reason": "Yes.", "revision": 1}).json()["code"] == "claimed"
    asked = reviewer.post(f"{address}/request-info/", {"reason": "Which order?", "revision": 1}).json()
    assert asked["status"] == "info_requested"
    delegated = reviewer.post(f"{address}/delegate/", {"to": "second", "reason": "You know it.", "revision": 1})
    assert delegated.status_code == 200, delegated.content
    assert reviewer.post(f"{address}/escalate/", {"reason": "Too big.", "revision": 1}).status_code in (200, 422)


def test_who_started_the_run_cannot_approve_what_it_does(
    calls: Callable[..., Caller], work: Callable[[str], Run]
) -> None:
    both = calls("both")
    both.member.roles = ["manager", "reviewer"]
    both.member.save()
    run_id = both.start().json()["id"]
    work(run_id)
    (request,) = both.get("approvals/").json()["results"]
    assert both.get("approvals/?assigned=me").json()["results"] == []
    refused = both.post(f"approvals/{request['id']}/approve/", {"reason": "Mine.", "revision": 1})
    assert (refused.status_code, refused.json()["code"]) == (403, "own-request")


def test_the_list_is_filtered(question: Question, reviewer: Caller, manager: Caller) -> None:
    def ids(query: str) -> list[str]:
        return [request["id"] for request in reviewer.get(f"approvals/?{query}").json()["results"]]

    assert ids("status=pending") == ids("status=open") == ids("") == ids("operation=mail.send") == [question["id"]]
    assert ids("status=approved") == ids("operation=else") == ids("risk=critical") == []
    assert manager.get("approvals/?assigned=me").json()["results"] == []
    reviewer.post(f"approvals/{question['id']}/approve/", {"reason": "Yes.", "revision": 1})
    assert ids("status=approved") == [question["id"]]
    assert ids("status=open") == []


def test_a_token_without_the_scope_sees_that_it_may_not(question: Question, calls: Callable[..., Caller]) -> None:
    narrow = calls("reviewer", scopes=("read",))
    seen = narrow.get(f"approvals/{question['id']}/").json()
    assert seen["you_may_approve"] is False
    assert "scope approval.decide" in seen["why_not"]


def test_reading_never_decides(question: Question, reviewer: Caller) -> None:
    assert reviewer.get(f"approvals/{question['id']}/approve/").status_code == 405
    assert reviewer.get(f"approvals/{question['id']}/").json()["status"] == "pending"


def test_an_answer_counts_at_once_unless_it_is_to_be_undoable_and_then_it_can_be_undone(
    question: Question, reviewer: Caller, calls: Callable[..., Caller], work: Callable[[str], Run]
) -> None:
    address, yes = f"approvals/{question['id']}", {"reason": "Yes.", "revision": 1}
    held = reviewer.post(f"{address}/approve/", {**yes, "undoable": True}).json()
    assert (held["status"], held["held_by"], held["decisions"]) == ("pending", "reviewer", [])
    other = calls("second")
    late = other.post(f"{address}/reject/", {"reason": "No.", "revision": 1})
    assert (late.status_code, late.json()["code"]) == (409, "answer-held")
    not_theirs = other.post(f"{address}/undo/")
    assert (not_theirs.status_code, not_theirs.json()["code"]) == (403, "not-yours")
    undone = reviewer.post(f"{address}/undo/").json()
    assert (undone["status"], undone["held_by"]) == ("pending", None)
    work(question["run_id"])
    assert acting.sent == []
    assert reviewer.post(f"{address}/approve/", yes).json()["status"] == "approved"
    again = reviewer.post(f"{address}/undo/")
    assert (again.status_code, again.json()["code"]) == (409, "too-late")
