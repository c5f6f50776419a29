"""No run may come to stand where nothing moves it again, and nothing may happen twice on the way."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError

from coordination.accounts.actors import SYSTEM
from coordination.agents.models import Agent
from coordination.approvals.models import ApprovalRequest
from coordination.audit.services import verify
from coordination.engine.flow import events as ev
from coordination.engine.keepable import LARGEST_BYTES
from coordination.runs.carrier import Carrier
from coordination.runs.errors import InputInvalid, NotPossibleNow
from coordination.runs.loading import Loaded
from coordination.runs.models import Run, Step, ToolCall, WorkItem
from coordination.runs.performing import perform
from coordination.runs.queue import renew, reserve, waiting_pools
from coordination.runs.services import (
    cancel_run,
    guard_action,
    pause_run,
    resume_run,
    retry_run,
    retry_step,
    skip_step,
    sweep,
)
from coordination.runs.services.advancing import Advancer, Finished
from coordination.runs.services.claiming import Hand
from coordination.runs.services.setbacks import MOST_TRIES
from coordination.runs.services.sweeping import MOST_LOST
from coordination.shared.clock import now
from coordination.workflows.models import WorkflowVersion
from tests import acting
from tests.integration.runs.conftest import World
from tests.integration.runs.test_guard import ROBOT
from tests.integration.runs.test_oversight import answer, question
from tests.working import claim, expire_leases, work_off

SEND: dict[str, Any] = {"id": "send", "action": {"tool": "mail.send", "args": {"text": "hi"}}}
ASKED: dict[str, Any] = {"hooks": ["agent.call"], "when": "true", "effect": "require_approval"}
ASK_BEFORE_CALLS = {**ASKED, "approval": {"role": "reviewer"}}
ANYTHING: dict[str, Any] = {"when": "true", "effect": "allow"}


def step_of(run: Run, key: str) -> Step:
    return Step.objects.get(run=run, key=key)


def lose(run: Run, key: str) -> None:
    """Let a worker claim the step and die."""
    assert claim(run.pk, key, "dead") is not None
    expire_leases()
    sweep()
    run.refresh_from_db()


# --- what goes wrong while a step begins or ends -----------------------------------------------------------------


def test_a_step_that_cannot_even_begin_fails_instead_of_being_offered_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.workflow({"id": "a", "agent": {"name": "echo"}})
    run = world.start()
    monkeypatch.setattr("coordination.runs.services.begin_call.judge_agent_call", lambda *_, **__: 1 / 0)
    work_off(run)
    run.refresh_from_db()
    assert (run.status, run.error["code"]) == ("failed", "internal-error")


@pytest.mark.parametrize("expression", ["'\\u0000'", "0.0 / 0.0"])
@pytest.mark.parametrize("kind", ["args", "input", "facts", "set", "show"])
def test_a_value_that_cannot_be_kept_fails_the_step_that_made_it(world: World, expression: str, kind: str) -> None:
    value = {"x": f"${{{expression}}}"}
    steps: dict[str, dict[str, Any]] = {
        "args": {"action": {"tool": "mail.send", "args": value}},
        "input": {"agent": {"name": "echo"}, "input": value},
        "facts": {"agent": {"name": "echo"}, "facts": value},
        "set": {"set": value},
        "show": {"approval": {"role": "reviewer", "title": "Well?", "show": value}},
    }
    world.workflow({"id": "before", "agent": {"name": "echo"}}, {"id": "bad", "needs": ["before"], **steps[kind]})
    run = world.start()
    work_off(run)
    run.refresh_from_db()
    assert (run.status, run.error["step"]) == ("failed", "bad")
    assert step_of(run, "before").status == "succeeded"


def test_steps_that_double_a_text_are_stopped_before_they_fill_the_memory(world: World) -> None:
    steps: list[dict[str, Any]] = [{"id": "s0", "set": {"x": "ab" * 1000}}]
    for n in range(1, 40):
        before = f"${{steps.s{n - 1}.output.x}}"
        steps.append({"id": f"s{n}", "needs": [f"s{n - 1}"], "set": {"x": before + before}})
    world.workflow(*steps)
    run = world.start()
    assert run.status == "failed"
    assert f"{LARGEST_BYTES:,}" in run.error["message"]


@pytest.mark.parametrize("value", ["a\x00b", "\ud800", float("nan"), float("inf")])
def test_input_that_cannot_be_kept_is_refused(world: World, value: Any) -> None:
    world.workflow({"id": "a", "agent": {"name": "echo"}})
    with pytest.raises(InputInvalid):
        world.start({"x": value})


def test_what_goes_wrong_with_the_next_step_does_not_cost_the_result_of_this_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.workflow({"id": "a", "agent": {"name": "echo"}}, {"id": "b", "needs": ["a"], "agent": {"name": "echo"}})
    run = world.start()
    held = claim(run.pk, "a")
    assert held is not None
    monkeypatch.setattr("coordination.runs.services.begin_call.judge_agent_call", lambda *_, **__: 1 / 0)
    held.finish(keep=True)
    work_off(run)
    run.refresh_from_db()
    assert step_of(run, "a").status == "succeeded"
    assert (run.error["step"], run.error["code"]) == ("b", "internal-error")


def test_a_result_that_cannot_be_taken_fails_its_step(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    take = Loaded.take

    def picky(loaded: Loaded, event: ev.Event, *args: Any, **details: Any) -> list[ev.Effect]:
        if isinstance(event, ev.StepSucceeded):
            raise ZeroDivisionError
        return take(loaded, event, *args, **details)

    world.workflow({"id": "a", "agent": {"name": "echo"}})
    run = world.start()
    monkeypatch.setattr(Loaded, "take", picky)
    work_off(run)
    run.refresh_from_db()
    assert (run.status, run.error["code"]) == ("failed", "internal-error")


def test_a_result_is_written_down_although_the_database_was_away_for_a_moment(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.policy("free", **ANYTHING)
    world.workflow(SEND)
    run = world.start()
    held = claim(run.pk, "send")
    assert held is not None
    answers = iter([OperationalError("deadlock detected")])
    advance = Advancer.advance

    def shaky(*args: Any, **options: Any) -> Any:
        if error := next(answers, None):
            raise error
        return advance(*args, **options)

    monkeypatch.setattr(Advancer, "advance", shaky)
    monkeypatch.setattr("coordination.runs.carrier._PAUSES_S", (0.0,))
    monkeypatch.setattr("coordination.runs.carrier.connection.close", lambda: None)
    carrier = Carrier("io", 1)
    monkeypatch.setattr(carrier._advancer, "hand", Hand(held.worker, "io"))
    carrier._advanced([Finished(held.item, held.work, perform(held.work))], ending=False)
    run.refresh_from_db()
    assert (run.status, len(acting.sent)) == ("succeeded", 1)


def test_a_transaction_that_was_committed_though_it_seemed_to_fail_leaves_no_step_behind(world: World) -> None:
    world.workflow({"id": "a", "agent": {"name": "echo"}}, {"id": "b", "needs": ["a"], "agent": {"name": "echo"}})
    run = world.start()
    held = claim(run.pk, "a")
    assert held is not None
    finished = Finished(held.item, held.work, perform(held.work))
    advancer = Advancer(Hand(held.worker, "io"))
    assert [work.step_key for _, work in advancer.advance([finished])] == ["b"]
    advancer.forget()
    assert advancer.advance([finished]) == []
    item = WorkItem.objects.get(run=run, step_key="b", kind="perform")
    # Nobody is busy with it: its lease runs out, and then others take it.
    assert renew(held.worker, []) == set()
    assert renew(held.worker, [item.pk]) == {item.pk}
    expire_leases()
    sweep()
    assert world.work(run).status == "succeeded"


def test_a_step_that_takes_its_worker_down_each_time_fails_in_the_end(world: World) -> None:
    world.workflow({"id": "a", "agent": {"name": "echo"}})
    run = world.start()
    for n in range(MOST_LOST):
        assert run.status == "running", n
        lose(run, "a")
    assert (run.status, run.error["code"]) == ("failed", "worker-lost")
    retry_run(world.organization, run.pk, SYSTEM)
    lose(run, "a")
    assert world.work(run).status == "succeeded"


# --- what comes by itself and cannot be taken --------------------------------------------------------------------


class Trouble:
    """Makes the taking of some kinds of events go wrong, so many times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *kinds: type, times: int) -> None:
        self.times = times
        take = Loaded.take

        def picky(loaded: Loaded, event: ev.Event, *args: Any, **details: Any) -> list[ev.Effect]:
            if isinstance(event, kinds) and self.times > 0:
                self.times -= 1
                raise ZeroDivisionError
            return take(loaded, event, *args, **details)

        monkeypatch.setattr(Loaded, "take", picky)


def try_once(run: Run) -> WorkItem:
    """Let a worker take what the run waits for, whenever it is due, and return it as it lies there afterwards."""
    item = WorkItem.objects.get(run=run, worker="")
    WorkItem.objects.filter(pk=item.pk).update(due_at=now() - timedelta(seconds=1))
    sweep()
    Advancer(Hand("w", item.pool)).advance(reserve("w", item.pool, 5))
    return WorkItem.objects.filter(pk=item.pk).first() or item


@pytest.mark.parametrize("kind", ["pause", "time limit", "run within a run"])
def test_what_a_step_waits_for_is_tried_again_when_taking_it_goes_wrong(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    run = started(world, kind)
    Trouble(monkeypatch, ev.TimerFired, ev.ChildEnded, times=2)
    pauses = []
    for _ in range(2):
        item = try_once(run)
        pauses.append((item.due_at - now()).total_seconds())
    assert (item.setbacks, item.worker) == (2, "")
    assert 1 < pauses[0] < 2.1
    assert 7 < pauses[1] < 8.1
    try_once(run)
    step = step_of(run, "it")
    assert step.status == ("failed" if kind == "time limit" else "succeeded")
    assert (step.error or {"code": "timeout"})["code"] == "timeout"


@pytest.mark.parametrize("kind", ["pause", "time limit", "run within a run"])
def test_a_step_whose_time_cannot_be_taken_does_not_wait_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    run = started(world, kind)
    Trouble(monkeypatch, ev.TimerFired, ev.ChildEnded, times=100)
    for _ in range(MOST_TRIES):
        assert step_of(run, "it").status in {"waiting", "running"}
        try_once(run)
    run.refresh_from_db()
    assert (run.status, run.error["code"], run.error["step"]) == ("failed", "internal-error", "it")
    assert f"went wrong {MOST_TRIES} times" in run.stop_reason
    assert not WorkItem.objects.filter(run=run).exists()


def test_what_cannot_even_fail_is_kept_and_tried_again_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run = started(world, "pause")
    Trouble(monkeypatch, ev.TimerFired, ev.StepGivenUp, times=MOST_TRIES + 3)
    for _ in range(MOST_TRIES):
        item = try_once(run)
    assert timedelta(minutes=8) < item.due_at - now() < timedelta(minutes=9)
    assert try_once(run).setbacks == MOST_TRIES + 1
    try_once(run)
    run.refresh_from_db()
    assert run.status == "succeeded"


def test_the_end_of_a_run_that_was_cancelled_from_above_is_tried_again_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = started(world, "run within a run", ends=False)
    cancel_run(world.organization, run.pk, SYSTEM)
    child = Run.objects.get(parent=run)
    Trouble(monkeypatch, ev.RunCancelled, times=1)
    cancelling = WorkItem.objects.get(kind="cancel")
    WorkItem.objects.exclude(pk=cancelling.pk).delete()
    assert try_once(child).setbacks == 1
    try_once(child)
    child.refresh_from_db()
    assert child.status == "cancelled"


def test_a_result_that_can_neither_be_taken_nor_refused_is_left_to_the_sweep_and_costs_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.workflow({"id": "a", "agent": {"name": "echo"}})
    run, other = world.start(), world.start()
    held = [claim(one.pk, "a") for one in (run, other)]
    take = Loaded.take

    def picky(loaded: Loaded, event: ev.Event, *args: Any, **details: Any) -> list[ev.Effect]:
        if loaded.run.pk == run.pk and isinstance(event, ev.StepSucceeded | ev.StepFailed):
            raise ZeroDivisionError
        return take(loaded, event, *args, **details)

    with monkeypatch.context() as patched:
        patched.setattr(Loaded, "take", picky)
        Advancer(Hand("test", "io")).advance([Finished(one.item, one.work, perform(one.work)) for one in held if one])
    assert step_of(other, "a").status == "succeeded"
    sweep()
    assert step_of(run, "a").status == "ready"
    assert world.work(run).status == "succeeded"


def test_work_of_a_dead_worker_that_cannot_be_given_to_others_yet_is_looked_at_again_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.workflow({"id": "a", "agent": {"name": "echo"}})
    run = world.start()
    claim(run.pk, "a", "dead")
    expire_leases()
    Trouble(monkeypatch, ev.LeaseExpired, times=1)
    sweep()
    item = WorkItem.objects.get(run=run)
    assert (item.setbacks, item.worker) == (1, "dead")
    assert item.until is not None
    assert item.until > now()
    expire_leases()
    sweep()
    assert step_of(run, "a").status == "ready"


def started(world: World, kind: str, *, ends: bool = True) -> Run:
    """Start a run whose only step waits for something that comes by itself, and is there already."""
    inner: dict[str, Any] = {"set": {"x": 1}} if ends else {"wait": {"signal": "go"}}
    world.workflow({"id": "inner", **inner}, name="inner")
    steps: dict[str, dict[str, Any]] = {
        "pause": {"wait": {"for": "1h"}},
        "time limit": {"wait": {"signal": "paid"}, "timeout": "1h"},
        "run within a run": {"workflow": {"name": "inner"}},
    }
    world.workflow({"id": "it", **steps[kind]})
    return world.start()


# --- the sweep ---------------------------------------------------------------------------------------------------


def test_one_run_that_cannot_be_helped_does_not_keep_the_sweep_from_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from coordination.runs.services import sweeping

    world.workflow({"id": "a", "agent": {"name": "echo"}})
    broken, sound = world.start(), world.start()
    for run in (broken, sound):
        claim(run.pk, "a", "dead")
    expire_leases()
    lock = sweeping.lock

    def failing(run_id: Any) -> Any:
        if run_id == broken.pk:
            raise ValueError
        return lock(run_id)

    monkeypatch.setattr(sweeping, "lock", failing)
    sweep()
    assert step_of(sound, "a").status == "ready"


def test_a_question_of_the_guard_that_expires_does_not_keep_the_others_open(world: World) -> None:
    guard_action(world.organization, "echo", "mail.send", {}, {}, ROBOT)
    world.workflow(SEND)
    run = world.run()
    ApprovalRequest.objects.update(expires_at=now() - timedelta(seconds=1))
    sweep()
    run.refresh_from_db()
    assert set(ApprovalRequest.objects.values_list("state", flat=True)) == {"expired"}
    assert run.status == "failed"


def test_the_stop_switch_off_again_lets_everything_go_on(world: World) -> None:
    world.workflow({"id": "a", "agent": {"name": "echo"}})
    run = world.start()
    world.organization.halted_at = now()
    world.organization.save()
    assert claim(run.pk, "a") is None
    assert (waiting_pools(), reserve("w", "io", 5)) == ([], [])
    world.organization.halted_at = None
    world.organization.save()
    assert waiting_pools() == ["io"]
    assert world.work(run).status == "succeeded"


# --- pause, retry, skip, override --------------------------------------------------------------------------------


def test_a_step_that_waits_for_its_retry_while_the_run_is_paused_goes_on_when_it_resumes(world: World) -> None:
    world.agent("flaky", "flaky")
    world.workflow({"id": "a", "agent": {"name": "flaky"}, "retry": {"max": 1}})
    run = world.start()
    held = claim(run.pk, "a")
    assert held is not None
    pause_run(world.organization, run.pk, SYSTEM)
    held.finish(keep=True)
    assert not WorkItem.objects.exists()
    resume_run(world.organization, run.pk, SYSTEM)
    assert world.work(run).status == "succeeded"


def test_skipping_a_step_behind_a_failure_does_not_make_the_run_succeed(world: World) -> None:
    world.agent("broken", "fail")
    world.workflow(
        {"id": "a", "agent": {"name": "broken"}},
        {"id": "b", "needs": ["a"], "agent": {"name": "echo"}},
        {"id": "c", "needs": ["b"], "agent": {"name": "echo"}},
    )
    run = world.run()
    skip_step(world.organization, run.pk, "b", SYSTEM, "not needed")
    run = world.work(run)
    assert (run.status, run.error["step"]) == ("failed", "a")


def test_a_run_without_a_failed_step_says_that_there_is_nothing_to_retry(world: World) -> None:
    world.workflow({"id": "a", "agent": {"name": "echo"}})
    run = world.start()
    cancel_run(world.organization, run.pk, SYSTEM)
    with pytest.raises(NotPossibleNow):
        retry_run(world.organization, run.pk, SYSTEM)


def test_an_approval_step_that_is_repeated_knows_its_new_question(world: World) -> None:
    world.workflow({"id": "ask", "approval": {"role": "reviewer", "title": "Well?"}})
    run = world.run()
    answer(world, run, world.member("reviewer", "reviewer"), "reject")
    retry_step(world.organization, run.pk, "ask", SYSTEM)
    assert step_of(run, "ask").approval_id == question(run).pk


def test_an_action_revived_after_an_override_is_rendered_and_asked_about_afresh(world: World) -> None:
    world.agent("broken", "fail")
    world.workflow(
        {"id": "a", "agent": {"name": "echo"}, "input": {"text": "first"}},
        {"id": "send", "needs": ["a"], "action": {"tool": "mail.send", "args": {"text": "${steps.a.output.text}"}}},
        {"id": "z", "needs": ["a"], "agent": {"name": "echo"}},
    )
    run = world.run()
    answer(world, run, world.member("reviewer", "reviewer"))
    cancel_run(world.organization, run.pk, SYSTEM)
    retry_step(world.organization, run.pk, "z", SYSTEM)
    assert world.work(run).status == "waiting"
    assert acting.sent == []


def test_repeating_a_step_does_not_repeat_an_action_beside_it(world: World) -> None:
    world.agent("broken", "fail")
    world.policy("free", **ANYTHING)
    world.workflow(SEND, {"id": "a", "agent": {"name": "broken"}})
    run = world.start()
    held = claim(run.pk, "send")
    assert held is not None
    failing = claim(run.pk, "a")
    assert failing is not None
    failing.finish()
    held.finish()
    assert ToolCall.objects.get().status == "succeeded"
    world.agent("broken", "echo")
    retry_run(world.organization, run.pk, SYSTEM)
    run = world.work(run)
    assert len(acting.sent) == 1
    assert (run.status, run.error["code"]) == ("failed", "already-released")
    assert verify().first_bad is None


# --- approvals ---------------------------------------------------------------------------------------------------


def test_an_approved_action_that_failed_for_a_moment_is_tried_again_under_the_same_approval(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def busy_once(args: dict[str, Any], context: Any) -> dict[str, Any]:
        tried.append(context.idempotency_key)
        if len(tried) == 1:
            raise acting.AgentFailed("busy", "Come back later.", retryable=True)
        return {"sent": True}

    monkeypatch.setattr(acting, "send", acting.tool(busy_once))
    world.workflow({**SEND, "retry": {"max": 1}})
    run = world.run()
    answer(world, run, world.member("reviewer", "reviewer"))
    assert world.work(run).status == "succeeded"
    assert len(set(tried)) == 1


def test_an_action_that_was_not_waited_for_any_longer_is_not_repeated(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "send", acting.tool(lambda *_: acting.time.sleep(5) or {}))
    world.policy("free", **ANYTHING)
    world.workflow({**SEND, "timeout": "1s", "retry": {"max": 3}})
    run = world.run()
    assert (run.status, run.error["code"]) == ("failed", "outcome-unknown")
    assert ToolCall.objects.get().status == "unknown"


def test_a_fallback_needs_an_approval_of_its_own(world: World) -> None:
    world.agent("broken", "fail")
    world.policy("ask", **ASK_BEFORE_CALLS)
    world.workflow({"id": "a", "agent": {"name": "broken", "fallback": [{"name": "echo"}]}})
    run, reviewer = world.run(), world.member("reviewer", "reviewer")
    answer(world, run, reviewer)
    assert world.work(run).status == "waiting"
    assert question(run).agent == "echo"
    answer(world, run, reviewer)
    assert world.work(run).status == "succeeded"
    assert set(ApprovalRequest.objects.values_list("state", flat=True)) == {"consumed"}


def test_an_agent_that_was_changed_after_the_approval_is_asked_about_again(world: World) -> None:
    world.policy("ask", **ASK_BEFORE_CALLS)
    world.workflow({"id": "a", "agent": {"name": "echo"}})
    run, reviewer = world.run(), world.member("reviewer", "reviewer")
    answer(world, run, reviewer)
    world.agent("echo", config={"new": True})
    assert world.work(run).status == "waiting"


def test_an_approved_call_that_is_tried_again_does_not_ask_again(world: World) -> None:
    world.agent("flaky", "flaky")
    world.policy("ask", **ASK_BEFORE_CALLS)
    world.workflow({"id": "a", "agent": {"name": "flaky"}, "retry": {"max": 1}})
    run = world.run()
    answer(world, run, world.member("reviewer", "reviewer"))
    assert world.work(run).status == "succeeded"


def test_an_agent_is_called_with_what_people_edited(world: World) -> None:
    world.policy("ask", **ASK_BEFORE_CALLS)
    world.workflow({"id": "a", "agent": {"name": "echo"}, "input": {"x": 1}})
    run = world.run()
    answer(world, run, world.member("one", "reviewer"), "edit", parameters={"x": 2})
    answer(world, run, world.member("two", "reviewer"))
    world.work(run)
    assert step_of(run, "a").output == {"x": 2}


def test_what_was_agreed_for_a_call_that_policy_now_puts_to_others_does_not_count(world: World) -> None:
    world.policy("ask", **ASK_BEFORE_CALLS)
    world.workflow({"id": "a", "agent": {"name": "echo"}})
    run = world.run()
    answer(world, run, world.member("reviewer", "reviewer"))
    world.policy("ask", **ASKED, approval={"role": "reviewer", "group": "lead"})
    assert world.work(run).status == "waiting"


# --- limits of policies ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", ["500", True, [500], {"usd": 500}])
def test_an_amount_that_is_not_a_number_is_not_taken_for_nothing(world: World, amount: Any) -> None:
    world.policy("small", when="action.amount < 100.0", effect="allow")
    world.workflow({"id": "send", "action": {"tool": "mail.send", "args": {"amount": amount}}})
    run = world.run()
    assert (run.status, run.error["code"]) == ("failed", "policy-denied")


def test_an_action_of_an_agent_that_is_gone_is_not_released(world: World) -> None:
    world.agent("pushy", "propose")
    world.workflow({"id": "a", "agent": {"name": "pushy"}}, {**SEND, "needs": ["a"]})
    run = world.run()
    answer(world, run, world.member("reviewer", "reviewer"))
    Agent.objects.filter(name="pushy").delete()
    assert world.work(run).error["code"] == "agent-unknown"
    assert acting.sent == []


def test_the_guard_refuses_arguments_that_the_tool_could_not_take(world: World) -> None:
    world.tool("mail.send", input={"type": "object", "required": ["text"]})
    world.policy("free", **ANYTHING)
    assert guard_action(world.organization, "echo", "mail.send", {}, {}, ROBOT).decision == "deny"


def test_the_guard_passes_a_no_on(world: World) -> None:
    from coordination.approvals.services import decide

    guard_action(world.organization, "echo", "mail.send", {}, {}, ROBOT)
    asked = ApprovalRequest.objects.get()
    decide(asked, world.member("reviewer", "reviewer"), "reject", "no", asked.revision)
    answered = guard_action(world.organization, "echo", "mail.send", {}, {}, ROBOT)
    assert (answered.decision, ApprovalRequest.objects.count()) == ("deny", 1)


def test_the_guard_asks_again_when_the_tool_changed_after_the_approval(world: World) -> None:
    from coordination.approvals.services import decide

    guard_action(world.organization, "echo", "mail.send", {}, {}, ROBOT)
    asked = ApprovalRequest.objects.get()
    decide(asked, world.member("reviewer", "reviewer"), "approve", "yes", asked.revision)
    world.tool("mail.send", "refuse")
    assert guard_action(world.organization, "echo", "mail.send", {}, {}, ROBOT).decision == "pending"


@pytest.mark.parametrize("elsewhere", ["http://127.0.0.1:9/schema", "#", "#/$defs/none"])
def test_a_schema_that_leads_elsewhere_fits_nothing_and_fetches_nothing(world: World, elsewhere: str) -> None:
    world.workflow({"id": "a", "agent": {"name": "echo"}})
    # Nobody can save such a schema any more, but one may have been saved before.
    WorkflowVersion.objects.update(spec={"steps": [{"id": "a", "set": {}}], "input": {"$ref": elsewhere}})
    with pytest.raises(InputInvalid):
        world.start({})
