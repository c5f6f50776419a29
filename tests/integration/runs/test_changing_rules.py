"""Rules change while a run waits for a person because of them: it goes on by what holds then, and never breaks."""

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.approvals.models import ApprovalRequest, State
from coordination.policies import services as policies
from coordination.policies.models import Policy
from coordination.runs.models import Run
from coordination.runs.services import answer_approval
from tests import acting
from tests.integration.runs.conftest import World

STEPS = (
    {"id": "send", "action": {"tool": "mail.send", "args": {"text": "hi"}}},
    {"id": "after", "set": {"done": True}, "needs": ["send"]},
)


def waiting(world: World, **rule: object) -> tuple[Run, ApprovalRequest]:
    """Return a run that waits for a person because of the policy `careful`."""
    world.policy("careful", **{"when": "true", "effect": "require_approval", "approval": {"role": "reviewer"}, **rule})
    world.workflow(*STEPS)
    run = world.run()
    assert run.status == "waiting"
    return run, ApprovalRequest.objects.get(state=State.PENDING)


def test_a_policy_disabled_while_a_run_waits_on_it_leaves_the_question_open(world: World) -> None:
    run, asked = waiting(world)
    policies.disable(Policy.objects.get(name="careful"), SYSTEM)
    answer_approval(world.member("rita", "reviewer"), asked.pk, "approve", revision=1)
    assert world.work(run).status == "succeeded"
    assert len(acting.sent) == 1


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_a_policy_that_denies_by_now_stops_what_it_only_asked_about(world: World, verdict: str) -> None:
    run, asked = waiting(world)
    world.policy("careful", when="true", effect="deny")
    answer_approval(world.member("rita", "reviewer"), asked.pk, verdict, reason="so be it", revision=1)
    assert world.work(run).status == "failed"
    assert acting.sent == []


def test_a_policy_that_asks_others_by_now_asks_them(world: World) -> None:
    run, asked = waiting(world)
    world.policy("careful", when="true", effect="require_approval", approval={"role": "reviewer", "n_required": 2})
    answer_approval(world.member("rita", "reviewer"), asked.pk, "approve", revision=1)
    world.work(run)
    assert acting.sent == []
    again = ApprovalRequest.objects.filter(state=State.PENDING).get()
    assert again.needed == 2
