"""Agents that run elsewhere ask before they act."""

from tests.integration.api.support import Caller

ACT = {"agent": "echo", "action": "mail.send", "args": {"text": "hi"}, "context": {"mood": "calm"}}


def test_an_act_waits_for_people_and_is_then_allowed_once(manager: Caller, reviewer: Caller) -> None:
    asked = manager.post("guard/", ACT).json()
    assert (asked["decision"], asked["reasons"][0]["rule"], asked["redactions"]) == ("pending", "ask", [])
    address = f"approvals/{asked['approval']['id']}/approve/"
    assert reviewer.post(address, {"reason": "Fine.", "revision": 1}).status_code == 200
    assert [manager.post("guard/", ACT).json()["decision"] for _ in range(2)] == ["allow", "pending"]


def test_an_unknown_tool_is_denied_and_an_unknown_agent_refused(manager: Caller) -> None:
    assert manager.post("guard/", {**ACT, "action": "no.such"}).json()["decision"] == "deny"
    assert manager.post("guard/", {**ACT, "agent": "stranger"}).status_code == 404


def test_the_guard_answers_only_who_may_start_acts(reviewer: Caller) -> None:
    assert reviewer.post("guard/", ACT).status_code == 403
