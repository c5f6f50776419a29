"""What must never fail about approvals while several act at the same time, or a machine fails."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis

from coordination.accounts.actors import SYSTEM
from coordination.approvals import services
from coordination.approvals.models import ApprovalRequest, State
from coordination.runs.models import Run, ToolCall
from coordination.runs.services import guard_action, sweep
from tests import acting
from tests.integration.approvals.desk import Desk
from tests.integration.processes.conftest import Start, kill, start, worker
from tests.integration.runs.conftest import make_world
from tests.together import at_once
from tests.working import claim, work_off

__all__ = ["start"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(transactional_db: None, settings: Any) -> Desk:
    return Desk(make_world(settings))


def test_of_two_workers_that_race_for_one_approval_exactly_one_runs_the_action(desk: Desk) -> None:
    run = desk.asked()
    desk.answer(run, desk.person("ann"))

    def carry(name: str) -> bool:
        held = claim(run.pk, "send", name)
        if held is None:
            return False
        held.finish()
        return True

    done = at_once(*(lambda name=name: carry(name) for name in ("one", "two", "three")))
    assert [one for one in done if one is True] == [True]
    work_off(run)
    assert len(acting.sent) == 1
    assert ToolCall.objects.filter(run=run).count() == 1
    assert desk.question(run).state == State.CONSUMED


def test_of_two_agents_elsewhere_that_race_for_one_approval_exactly_one_may_act(desk: Desk) -> None:
    args = {"text": "x", "amount": 99}

    def ask() -> str:
        return guard_action(desk.world.organization, "planner", "mail.send", args, {}, SYSTEM).decision

    assert ask() == "pending"
    services.decide(ApprovalRequest.objects.get(), desk.person("ann"), "approve", "Yes.", 1)
    assert sorted(at_once(ask, ask, ask, ask))[0] == "allow"
    assert ApprovalRequest.objects.filter(state=State.CONSUMED).count() == 1


def test_of_two_people_who_decide_at_once_one_is_told_that_it_is_settled(desk: Desk) -> None:
    run = desk.asked()
    ann, bob = desk.person("ann"), desk.person("bob")
    yes, no = at_once(lambda: desk.answer(run, ann), lambda: desk.answer(run, bob, "reject"))
    refused = [one for one in (yes, no) if isinstance(one, Exception)]
    assert [getattr(one, "code", repr(one)) for one in refused] == ["already-decided"]
    work_off(run)
    assert len(acting.sent) == (desk.question(run).state == State.CONSUMED)


@pytest.mark.xdist_group("processes")
def test_a_restart_in_the_middle_of_the_wait_loses_nothing(desk: Desk, start: Start, settings: Any) -> None:
    first = worker(start)
    run = desk.world.start()
    _until(lambda: Run.objects.get(pk=run.pk).status == "waiting")
    before = desk.question(run)
    kill(first)
    first.wait()
    Redis.from_url(settings.REDIS_URL).flushdb()
    desk.answer(run, desk.person("ann"))
    worker(start)
    _until(lambda: bool(sweep()) or Run.objects.get(pk=run.pk).status == "succeeded")
    _until(lambda: Run.objects.get(pk=run.pk).status == "succeeded")
    assert ToolCall.objects.get(run=run).approval_id == before.pk
    assert desk.question(run).state == State.CONSUMED


def _until(holds: Callable[[], bool], most_s: float = 60) -> None:
    until = time.monotonic() + most_s
    while not holds():
        assert time.monotonic() < until, "It never came to that."
        time.sleep(0.1)
