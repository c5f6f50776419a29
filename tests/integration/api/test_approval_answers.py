"""What people answer beside yes and no, and what the API tells of a question."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from coordination.approvals.models import ApprovalDecision, ApprovalRequest
from coordination.runs.models import Run
from coordination.runs.services import inquire
from tests import acting
from tests.integration.api.support import Caller
from tests.passkeys import confirm

Question = dict[str, Any]
YES = {"reason": "Yes.", "revision": 1}


@pytest.fixture
def question(manager: Caller, reviewer: Caller, work: Callable[[str], Run]) -> Question:
    run_id = manager.start("Refund me").json()["id"]
    work(run_id)
    (found,) = reviewer.get("approvals/?assigned=me").json()["results"]
    return {**found, "run_id": run_id}


def test_a_question_tells_of_its_stages_its_revisions_and_its_thread(question: Question, reviewer: Caller) -> None:
    address = f"approvals/{question['id']}"
    reviewer.post(f"{address}/request-info/", {"reason": "Why?", "revision": 1})
    reviewer.post(f"{address}/edit/", {"reason": "Softer.", "revision": 1, "parameters": {"text": "Sorry"}})
    told = reviewer.get(f"{address}/").json()
    assert [(one["no"], one["state"], one["asked"], one["votes"], one["needed"]) for one in told["stages"]] == [
        (0, "open", "any reviewer", 0, 1)
    ]
    assert [(one["number"], one["parameters"]["text"], one["edited_by"]) for one in told["revisions"]] == [
        (1, "Refund me", None), (2, "Sorry", "reviewer"),
    ]  # fmt: skip
    assert [(one["author"], one["text"]) for one in told["messages"]] == [("user:reviewer", "Why?")]


def test_how_someone_came_to_an_answer_is_kept_but_not_how_they_say_they_signed_in(
    question: Question, reviewer: Caller
) -> None:
    told = {"dwell_ms": 4200, "evidence_opened": ["read"], "own_judgement": "unsure", "reason_code": "fine"}
    assert reviewer.post(f"approvals/{question['id']}/approve/", YES | told).status_code == 200
    kept = ApprovalDecision.objects.get()
    assert (kept.dwell_ms, kept.evidence_opened, kept.own_judgement, kept.reason_code) == (
        4200,
        ["read"],
        "unsure",
        "fine",
    )
    assert kept.actor_auth == "token"
    refused = reviewer.post(f"approvals/{question['id']}/approve/", YES | {"auth": "webauthn"})
    assert refused.status_code == 422


def test_what_is_returned_is_closed_and_planned_again(
    question: Question, reviewer: Caller, work: Callable[[str], Run]
) -> None:
    address = f"approvals/{question['id']}/return/"
    assert reviewer.post(address, {"revision": 1}).json()["code"] == "reason-required"
    returned = reviewer.post(address, {"reason": "Too harsh.", "revision": 1})
    assert (returned.status_code, returned.json()["status"]) == (200, "returned")
    assert work(question["run_id"]).status == "waiting"
    (anew,) = reviewer.get("approvals/?assigned=me").json()["results"]
    assert anew["id"] != question["id"]
    assert acting.sent == []


def test_who_steps_back_is_not_asked_again(question: Question, reviewer: Caller, calls: Callable[..., Caller]) -> None:
    assert reviewer.post(f"approvals/{question['id']}/abstain/", {"revision": 1}).status_code == 200
    assert reviewer.get("approvals/?assigned=me").json()["results"] == []
    assert reviewer.post(f"approvals/{question['id']}/approve/", YES).json()["code"] == "abstained"
    assert calls("second").post(f"approvals/{question['id']}/approve/", YES).status_code == 200


def test_what_is_asked_back_is_answered_by_the_agent_or_by_who_is_in_charge(
    question: Question, reviewer: Caller, manager: Caller, auditor: Caller
) -> None:
    address = f"approvals/{question['id']}"
    reviewer.post(f"{address}/request-info/", {"reason": "Why?", "revision": 1})
    assert inquire(reviewer.member.organization, ApprovalRequest.objects.get().pk)
    assert reviewer.get(f"{address}/").json()["messages"][-1]["author"] == "agent:echo@1"
    reviewer.post(f"{address}/request-info/", {"reason": "And why now?", "revision": 1})
    assert auditor.post(f"{address}/answer/", {"text": "x"}).json()["code"] == "not-to-answer"
    answered = manager.post(f"{address}/answer/", {"text": "They wrote twice."})
    assert (answered.status_code, answered.json()["status"]) == (200, "pending")


def test_the_glass_is_broken_with_a_passkey_not_by_a_token_or_a_mere_session(
    question: Question, admin: Caller, work: Callable[[str], Run]
) -> None:
    address = f"approvals/{question['id']}/break-glass/"
    assert admin.post(address, YES).json()["code"] == "sign-in-too-weak"
    browser = Client()
    browser.force_login(admin.member.user)
    weak = browser.post(f"/api/v1/{address}", YES, content_type="application/json")
    assert (weak.status_code, weak.json()["code"]) == (403, "sign-in-too-weak")
    confirm(browser)
    broken = browser.post(f"/api/v1/{address}", YES, content_type="application/json")
    assert (broken.status_code, broken.json()["is_glass_broken"]) == (200, True)
    assert work(question["run_id"]).status == "succeeded"
    review = ApprovalRequest.objects.get(subject=f"review:{question['id']}")
    own = admin.post(f"approvals/{review.pk}/approve/", YES)
    assert own.json()["code"] in ("not-asked", "own-request")


def test_an_edit_that_policies_refuse_is_told_in_their_words(
    question: Question, reviewer: Caller, admin: Caller
) -> None:
    rule = {
        "key": "no-shouting", "title": "No shouting", "statement": "Nobody shouts.", "hooks": ["action"],
        "when": "action.args.text == 'NOW'", "effect": "deny",
    }  # fmt: skip
    body = {"apiVersion": "coordination/v1", "kind": "Policy", "metadata": {"name": "calm"}, "spec": {"rules": [rule]}}
    from coordination.accounts.actors import SYSTEM
    from coordination.engine.manifest import Manifest
    from coordination.policies import services as policies

    saved = policies.save_draft(admin.member.organization, Manifest.model_validate(body), SYSTEM)
    policies.publish(saved.policy, saved.number, SYSTEM)
    refused = reviewer.post(
        f"approvals/{question['id']}/edit/", {"reason": "x", "revision": 1, "parameters": {"text": "NOW"}}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "edit-denied")
    assert "Nobody shouts." in refused.json()["detail"]
