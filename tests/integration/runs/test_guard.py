"""Agents that run elsewhere ask before they act."""

from typing import Any

import pytest

from coordination.accounts.actors import Actor
from coordination.agents.errors import AgentUnknown
from coordination.approvals.models import ApprovalRequest
from coordination.approvals.services import decide
from coordination.audit.models import AuditEvent
from coordination.runs.services import guard_action
from coordination.runs.services.guarding import Answer
from tests.integration.runs.conftest import World

ROBOT = Actor("token", "robot")


def asks(world: World, action: str = "mail.send", **args: Any) -> Answer:
    return guard_action(world.organization, "echo", action, args, {"mood": "calm"}, ROBOT)


def test_an_act_that_policy_allows_is_allowed_and_on_record(world: World) -> None:
    world.policy("calm", when="facts.mood == 'calm'", effect="allow")
    assert asks(world).decision == "allow"
    assert AuditEvent.objects.get(kind="ActGuarded").data["decision"] == "allow"


@pytest.mark.parametrize("action", ["no.such", "pay.refund"])
def test_an_unknown_tool_or_one_beyond_the_role_is_denied(world: World, action: str) -> None:
    world.policy("generous", when="true", effect="allow")
    world.agent("echo", never=["pay.refund"])
    world.tool("pay.refund")
    assert asks(world, action).decision == "deny"


def test_an_unknown_agent_is_refused(world: World) -> None:
    with pytest.raises(AgentUnknown):
        guard_action(world.organization, "stranger", "mail.send", {}, {}, ROBOT)


def test_an_act_that_needs_people_waits_and_is_then_allowed_once(world: World) -> None:
    assert [asks(world, n=1).decision, asks(world, n=1).decision] == ["pending", "pending"]
    request = ApprovalRequest.objects.get()
    decide(request, world.member("reviewer", "reviewer"), "approve", "fine", request.revision)
    assert asks(world, n=2).decision == "pending"
    assert asks(world, n=1).decision == "allow"
    assert asks(world, n=1).decision == "pending"


def test_what_people_changed_before_they_agreed_is_all_that_may_be_done_and_once(world: World) -> None:
    assert asks(world, n=1).decision == "pending"
    request = ApprovalRequest.objects.get()
    decide(request, world.member("editor", "reviewer"), "edit", "less", 1, parameters={"n": 0})
    decide(request, world.member("reviewer", "reviewer"), "approve", "fine", 2)
    allowed = asks(world, n=1)
    assert (allowed.decision, allowed.args) == ("allow", {"n": 0})
    assert asks(world, n=1).decision == "pending"


def test_what_people_changed_is_judged_by_the_policies_of_the_moment(world: World) -> None:
    asks(world, n=1)
    request = ApprovalRequest.objects.get()
    decide(request, world.member("editor", "reviewer"), "edit", "less", 1, parameters={"n": 0})
    decide(request, world.member("reviewer", "reviewer"), "approve", "fine", 2)
    world.policy("never", hooks=["tool.call"], when="action.args.n == 0", effect="deny")
    assert asks(world, n=1).decision == "deny"


def test_what_people_sent_back_is_denied_with_their_reason(world: World) -> None:
    asks(world, n=1)
    decide(ApprovalRequest.objects.get(), world.member("reviewer", "reviewer"), "return", "Ask the customer.", 1)
    denied = asks(world, n=1)
    assert (denied.decision, "Ask the customer." in denied.reasons[0].message) == ("deny", True)
