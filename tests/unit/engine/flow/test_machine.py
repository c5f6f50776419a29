"""The run machine, alone: no database, no clock, no chance."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination.engine.flow import events as ev
from coordination.engine.flow import machine
from coordination.engine.flow.definition import WorkflowSpec
from coordination.engine.flow.graph import Plan
from coordination.engine.flow.state import STEP_ENDED, RunState, RunStatus, StepStatus


def plan(*steps: dict[str, Any], **rest: Any) -> Plan:
    return Plan(WorkflowSpec.model_validate({"steps": list(steps), **rest}))


def agent(step_id: str, *needs: str, **rest: Any) -> dict[str, Any]:
    return {"id": step_id, "needs": list(needs), "agent": {"capability": "work"}, **rest}


def started(a_plan: Plan, value: Any = None) -> tuple[RunState, list[ev.Effect]]:
    state = machine.begin(a_plan, value or {}, {})
    return state, machine.apply(a_plan, state, ev.RunStarted()).effects


def claim(a_plan: Plan, state: RunState, step: str) -> None:
    machine.apply(a_plan, state, ev.StepClaimed(step))


def succeed(a_plan: Plan, state: RunState, step: str, output: Any = None) -> list[ev.Effect]:
    claim(a_plan, state, step)
    return machine.apply(a_plan, state, ev.StepSucceeded(step, output or {})).effects


def fail(a_plan: Plan, state: RunState, step: str, *, retryable: bool = False) -> machine.Transition:
    claim(a_plan, state, step)
    return machine.apply(a_plan, state, ev.StepFailed(step, "broken", "It broke.", retryable=retryable))


def test_steps_without_needs_are_offered_together() -> None:
    _, effects = started(plan(agent("a"), agent("b"), agent("c", "a", "b")))
    assert effects == [ev.Offer("a"), ev.Offer("b")]


def test_a_step_opens_when_all_its_needs_are_done() -> None:
    p = plan(agent("a"), agent("b"), agent("c", "a", "b"))
    state, _ = started(p)
    assert succeed(p, state, "a") == []
    assert succeed(p, state, "b") == [ev.Offer("c")]


def test_join_any_opens_at_the_first_success() -> None:
    p = plan(agent("a"), agent("b"), agent("c", "a", "b", join="any"))
    state, _ = started(p)
    assert succeed(p, state, "a") == [ev.Offer("c")]
    assert succeed(p, state, "b") == []


def test_a_run_ends_with_its_output_when_nothing_is_left() -> None:
    p = plan(agent("a"), output={"said": "${steps.a.output.word}"})
    state, _ = started(p)
    assert succeed(p, state, "a", {"word": "yes"}) == [ev.EndRun()]
    assert (state.status, state.output) == (RunStatus.SUCCEEDED, {"said": "yes"})


def test_a_condition_that_does_not_hold_skips_the_step_and_the_run_goes_on() -> None:
    p = plan(agent("a", when="${input.n > 5}"), agent("b", "a"))
    state, effects = started(p, {"n": 1})
    assert state.steps["a"].status is StepStatus.SKIPPED
    assert effects == [ev.Offer("b")]


def test_a_set_step_needs_no_worker() -> None:
    p = plan({"id": "a", "set": {"twice": "${input.n * 2}"}}, agent("b", "a"))
    state, effects = started(p, {"n": 21})
    assert state.steps["a"].output == {"twice": 42}
    assert effects == [ev.Offer("b")]


def test_an_expression_without_a_value_fails_the_step_and_the_run_with_the_reason() -> None:
    p = plan({"id": "a", "set": {"x": "${1 / input.n}"}})
    state, _ = started(p, {"n": 0})
    assert state.status is RunStatus.FAILED
    assert state.error is not None
    assert "divide by zero" in state.error["message"]


def test_a_retryable_failure_is_repeated_after_its_backoff_and_then_gives_up() -> None:
    p = plan(agent("a", retry={"max": 1, "backoff": "4s"}))
    state, _ = started(p)
    assert fail(p, state, "a", retryable=True).effects == [ev.Offer("a", 4.0)]
    assert fail(p, state, "a", retryable=True).effects == [ev.EndRun()]
    assert state.steps["a"].attempt == 2


def test_a_failure_that_cannot_be_retried_goes_to_the_fallback() -> None:
    p = plan({"id": "a", "agent": {"name": "first", "fallback": [{"name": "second"}]}, "retry": {"max": 3}})
    state, _ = started(p)
    transition = fail(p, state, "a")
    assert transition.effects == [ev.Offer("a")]
    assert [note.kind for note in transition.notes] == ["StepRerouted"]
    assert machine.target_of(p, state, "a").name == "second"


def test_failing_ends_the_run_and_cancels_what_is_open() -> None:
    p = plan(agent("a"), agent("b"), agent("c", "a"))
    state, _ = started(p)
    fail(p, state, "a")
    assert state.status is RunStatus.FAILED
    assert {s.id: s.status for s in state.steps.values()} == {
        "a": StepStatus.FAILED,
        "b": StepStatus.CANCELLED,
        "c": StepStatus.CANCELLED,
    }


def test_a_failure_that_may_happen_lets_the_run_go_on() -> None:
    p = plan(agent("a", on_error="continue"), agent("b", "a"))
    state, _ = started(p)
    assert fail(p, state, "a").effects == [ev.Offer("b")]


def test_an_approval_step_asks_and_its_answer_is_its_output() -> None:
    p = plan({"id": "ask", "approval": {"role": "reviewer", "title": "May we?"}}, agent("b", "ask"))
    state, effects = started(p)
    assert effects == [ev.AskHuman("ask")]
    assert state.status is RunStatus.WAITING
    effects = machine.apply(p, state, ev.StepApproved("ask", {"by": "r"})).effects
    assert effects == [ev.Offer("b")]
    assert state.steps["ask"].output == {"by": "r"}


def test_a_held_step_is_offered_again_once_people_agree() -> None:
    p = plan(agent("a"))
    state, _ = started(p)
    machine.apply(p, state, ev.StepHeld("a"))
    assert state.status is RunStatus.WAITING
    assert machine.apply(p, state, ev.StepApproved("a", {})).effects == [ev.Offer("a")]
    assert state.steps["a"].approved


def test_a_rejected_step_fails_the_run() -> None:
    p = plan(agent("a"))
    state, _ = started(p)
    machine.apply(p, state, ev.StepHeld("a"))
    machine.apply(p, state, ev.StepRejected("a", "rejected", "No."))
    assert state.status is RunStatus.FAILED


def test_a_lost_lease_offers_the_step_again_without_using_up_a_retry() -> None:
    p = plan(agent("a", retry={"max": 0}))
    state, _ = started(p)
    claim(p, state, "a")
    assert machine.apply(p, state, ev.LeaseExpired("a")).effects == [ev.Offer("a")]
    succeed(p, state, "a")
    assert state.status is RunStatus.SUCCEEDED


def test_a_paused_run_finishes_what_runs_and_starts_nothing() -> None:
    p = plan(agent("a"), agent("b", "a"))
    state, _ = started(p)
    claim(p, state, "a")
    machine.apply(p, state, ev.RunPaused())
    assert machine.apply(p, state, ev.StepSucceeded("a", {})).effects == []
    with pytest.raises(machine.ImpossibleEvent):
        claim(p, state, "b")
    assert machine.apply(p, state, ev.RunResumed()).effects == [ev.Offer("b")]


def test_cancelling_refuses_late_results() -> None:
    p = plan(agent("a"))
    state, _ = started(p)
    claim(p, state, "a")
    machine.apply(p, state, ev.RunCancelled("enough"))
    with pytest.raises(machine.ImpossibleEvent):
        machine.apply(p, state, ev.StepSucceeded("a", {}))
    assert state.status is RunStatus.CANCELLED


def test_retrying_a_step_repeats_it_and_all_that_follows_but_nothing_else() -> None:
    p = plan(agent("a"), agent("b", "a"), agent("c", "b"), agent("d", "a"))
    state, _ = started(p)
    succeed(p, state, "a")
    succeed(p, state, "d")
    fail(p, state, "b")
    assert machine.apply(p, state, ev.StepRetried("b")).effects == [ev.Offer("b")]
    assert state.status is RunStatus.RUNNING
    succeed(p, state, "b")
    succeed(p, state, "c")
    assert state.status is RunStatus.SUCCEEDED
    assert state.steps["d"].attempt == 1


def test_overriding_a_failed_step_revives_the_run() -> None:
    p = plan(agent("a"), agent("b", "a"))
    state, _ = started(p)
    fail(p, state, "a")
    assert machine.apply(p, state, ev.StepOverridden("a", {"by": "hand"})).effects == [ev.EndRun(), ev.Offer("b")][1:]
    succeed(p, state, "b")
    assert state.status is RunStatus.SUCCEEDED


def test_skipping_a_waiting_step_withdraws_its_question() -> None:
    p = plan({"id": "ask", "approval": {"role": "reviewer", "title": "May we?"}}, agent("b", "ask"))
    state, _ = started(p)
    effects = machine.apply(p, state, ev.StepSkipped("ask", "not needed")).effects
    assert effects == [ev.WithdrawQuestion("ask"), ev.Offer("b")]


@st.composite
def graphs(draw: st.DrawFn) -> Plan:
    count = draw(st.integers(1, 8))
    steps = []
    for index in range(count):
        earlier = [f"s{i}" for i in range(index)]
        needs = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=3)) if earlier else []
        steps.append(
            agent(
                f"s{index}",
                *needs,
                join=draw(st.sampled_from(["all", "any"])),
                on_error=draw(st.sampled_from(["fail", "continue"])),
                retry={"max": draw(st.integers(0, 2))},
            )
        )
    return plan(*steps)


@settings(max_examples=300, deadline=None)
@given(graphs(), st.data())
def test_every_run_ends_in_any_order_of_events_and_no_step_succeeds_twice(a_plan: Plan, data: st.DataObject) -> None:
    state, effects = started(a_plan)
    offered = [effect.step for effect in effects if isinstance(effect, ev.Offer)]
    succeeded: list[str] = []
    running: list[str] = []
    for _ in range(500):
        if state.ended:
            break
        assert offered or running, "a run that has not ended must have something to do"
        if running and (not offered or data.draw(st.booleans())):
            step = running.pop(data.draw(st.integers(0, len(running) - 1)))
            fate = data.draw(st.sampled_from(["done", "fail", "flaky", "crash"]))
            if fate == "done":
                succeeded.append(step)
                event: ev.Event = ev.StepSucceeded(step, {})
            elif fate == "crash":
                event = ev.LeaseExpired(step)
            else:
                event = ev.StepFailed(step, "x", "x", retryable=fate == "flaky")
        else:
            step = offered.pop(data.draw(st.integers(0, len(offered) - 1)))
            running.append(step)
            event = ev.StepClaimed(step)
        for effect in machine.apply(a_plan, state, event).effects:
            if isinstance(effect, ev.Offer):
                offered.append(effect.step)
    else:
        # Only crashes repeat without limit; draw no more of them and the run ends.
        return
    assert len(succeeded) == len(set(succeeded))
    assert all(step.status in STEP_ENDED for step in state.steps.values())
