"""What policy allowed is looked at too, and whoever approves learns what became of it."""

from datetime import timedelta
from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM, Actor
from coordination.accounts.models import Membership
from coordination.approvals import services
from coordination.approvals.models import SecondLook
from coordination.insights.selectors import became_of, looked_at, outcomes_by_reviewer
from coordination.insights.services import collect_outcomes, draw_allowed, mark_outcome
from coordination.runs.models import Run
from coordination.runs.services import answer_approval
from coordination.shared.clock import now
from tests.integration.runs.conftest import World, make_world

LATER = timedelta(minutes=2)
SINCE = timedelta(days=1)
PLAN: dict[str, Any] = {"id": "plan", "agent": {"name": "planner"}}
SEND: dict[str, Any] = {"id": "send", "needs": ["plan"], "action": {"tool": "mail.send", "args": {"text": "hi"}}}


@pytest.fixture
def world(db: None, settings: Any) -> World:
    made = make_world(settings)
    made.agent("planner", "propose")
    made.tool("mail.send", summary="Send ${args.text}")
    made.workflow(PLAN, SEND)
    return made


def allowed(world: World, n: int) -> None:
    world.policy("fine", when="true", effect="allow")
    draw_allowed(now())
    for _ in range(n):
        assert world.run().status == "succeeded"


def test_all_that_an_agent_does_at_first_is_looked_at_and_then_a_part(world: World) -> None:
    services.change_terms(world.organization, {"first_actions": 3, "second_looks_at_allowed": 0.5}, SYSTEM)
    allowed(world, 7)
    draw_allowed(now() + LATER)
    assert SecondLook.objects.filter(why="first").count() == 3
    assert 1 <= SecondLook.objects.filter(why="allowed").count() <= 3
    one = SecondLook.objects.filter(why="first").first()
    assert one is not None
    assert (one.first, one.first_by, one.agent, one.operation) == ("approve", None, "planner", "mail.send")


def test_nothing_is_drawn_twice_or_too_soon(world: World) -> None:
    allowed(world, 2)
    assert draw_allowed(now()) == 0
    assert draw_allowed(now() + LATER) == 2
    assert draw_allowed(now() + LATER) == 0


def test_what_only_reads_is_not_looked_at(world: World) -> None:
    world.tool("mail.send", effect="read")
    allowed(world, 2)
    assert draw_allowed(now() + LATER) == 0


def test_what_was_before_the_first_time_is_left_alone(world: World) -> None:
    world.policy("fine", when="true", effect="allow")
    world.run()
    assert draw_allowed(now() + LATER) == 0


def test_whoever_looks_sees_what_was_done(world: World) -> None:
    allowed(world, 1)
    draw_allowed(now() + LATER)
    seen = looked_at(SecondLook.objects.get())
    assert (seen.title, seen.operation, seen.parameters, seen.is_there) == (
        "Send hi",
        "mail.send",
        {"text": "hi"},
        True,
    )


def test_what_is_not_kept_any_more_says_so(world: World) -> None:
    allowed(world, 1)
    draw_allowed(now() + LATER)
    Run.objects.all().delete()
    assert not looked_at(SecondLook.objects.get()).is_there


def approved(world: World, who: Membership) -> Run:
    run = world.run()
    answer_approval(who, run_question(run), "approve", reason="Seen.", revision=1)
    return world.work(run)


def run_question(run: Run) -> Any:
    from coordination.approvals.models import ApprovalRequest

    return ApprovalRequest.objects.get(subject=f"run:{run.pk}/step:send").pk


def test_whoever_approved_learns_what_became_of_it(world: World) -> None:
    world.policy("ask", when="true", effect="require_approval", approval={"role": "reviewer"})
    ann, bob = world.member("ann", "reviewer"), world.member("bob", "reviewer")
    wrong, right = approved(world, ann), approved(world, ann)
    assert right.status == "succeeded"
    collect_outcomes()
    mark_outcome(world.organization, wrong.pk, "send", True, "It went to the wrong person.", Actor("user", "ann"))
    counted = outcomes_by_reviewer(world.organization, now() - SINCE)
    assert (counted[ann.user_id].n, counted[ann.user_id].n_wrong, counted[ann.user_id].share) == (2, 1, None)
    assert bob.user_id not in counted
    first, second = became_of(world.organization, ann.user_id, now() - SINCE)
    assert (first.is_wrong, first.why, second.is_wrong) == (True, "It went to the wrong person.", False)
    assert first.request_id == run_question(wrong)


def test_what_became_of_it_is_told_of_one_organization_only(world: World, settings: Any) -> None:
    world.policy("ask", when="true", effect="require_approval", approval={"role": "reviewer"})
    ann = world.member("ann", "reviewer")
    approved(world, ann)
    collect_outcomes()
    other = make_world(settings, "globex")
    assert outcomes_by_reviewer(other.organization, now() - SINCE) == {}
    assert became_of(other.organization, ann.user_id, now() - SINCE) == []
