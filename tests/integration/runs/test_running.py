"""A run from its start to its end: steps, failures, fallbacks, data between steps."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coordination.accounts.actors import SYSTEM
from coordination.accounts.services import create_organization
from coordination.audit.models import AuditEvent
from coordination.audit.services import verify
from coordination.runs.errors import InputInvalid, NotPossibleNow, RunUnknown
from coordination.runs.models import Run, Step
from coordination.runs.queue import reserve
from coordination.runs.selectors import explain, get_run, overview
from coordination.runs.services import (
    cancel_run,
    override_step,
    pause_run,
    resume_run,
    retry_run,
    skip_step,
    start_run,
    sweep,
)
from coordination.workflows.errors import WorkflowUnknown
from tests.integration.runs.conftest import World
from tests.working import claim, expire_leases

Steps = dict[str, Any]


def work(step_id: str, *needs: str, **rest: Any) -> Steps:
    return {"id": step_id, "needs": list(needs), "agent": {"capability": "work"}, **rest}


def statuses(run: Run) -> dict[str, str]:
    return dict(Step.objects.filter(run=run).values_list("key", "status"))


def kinds(run: Run) -> list[str]:
    return list(AuditEvent.objects.filter(stream=f"run:{run.pk}").order_by("stream_no").values_list("kind", flat=True))


def test_outputs_flow_from_step_to_step_and_out(world: World) -> None:
    world.workflow(
        work("a", input={"n": "${input.n}"}),
        {"id": "b", "needs": ["a"], "set": {"twice": "${steps.a.output.n * 2}"}},
        output={"result": "${steps.b.output.twice}"},
    )
    run = world.run({"n": 21})
    assert (run.status, run.output, run.steps_done) == ("succeeded", {"result": 42}, 2)


def test_every_move_is_on_record_and_the_record_verifies(world: World) -> None:
    world.workflow(work("a"))
    run = world.run()
    assert kinds(run) == ["RunStarted", "StepClaimed", "StepSucceeded", "RunSucceeded"]
    assert verify(world.organization).first_bad is None


def test_input_that_breaks_the_schema_is_refused_with_the_place(world: World) -> None:
    world.workflow(work("a"), input={"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})
    with pytest.raises(InputInvalid) as refused:
        world.start({"n": "many"})
    assert refused.value.errors[0].pointer == "/input/n"
    assert not Run.objects.exists()


def test_an_unknown_workflow_is_refused(world: World) -> None:
    with pytest.raises(WorkflowUnknown, match="nowhere"):
        start_run(world.organization, "nowhere", {}, actor=SYSTEM)


@pytest.mark.parametrize(("does", "code"), [("fail", "broken"), ("crash", "agent-error"), ("garbage", "bad-result")])
def test_an_agent_that_misbehaves_fails_its_step_with_a_clear_reason(world: World, does: str, code: str) -> None:
    world.agent("bad", does)
    world.workflow({"id": "a", "agent": {"name": "bad"}})
    run = world.run()
    assert run.status == "failed"
    assert run.error["step"] == "a"
    assert run.error["message"]


def test_an_agent_that_hangs_past_its_timeout_fails_and_the_worker_goes_on(world: World) -> None:
    world.agent("slow", "hang")
    world.workflow({"id": "a", "agent": {"name": "slow"}, "timeout": "200ms"})
    run = world.run()
    assert (run.status, run.error["code"]) == ("failed", "timeout")


def test_a_fallback_takes_over_and_the_record_says_so(world: World) -> None:
    world.agent("bad", "fail")
    world.workflow({"id": "a", "agent": {"name": "bad", "fallback": [{"name": "echo"}]}}, output={"x": "${1}"})
    run = world.run()
    assert run.status == "succeeded"
    assert "StepRerouted" in kinds(run)
    assert [(a.agent, a.failed) for a in explain(run).agents] == [("bad", True), ("echo", False)]


def test_a_flaky_agent_is_tried_again(world: World) -> None:
    world.agent("flaky", "flaky")
    world.workflow(
        {"id": "a", "agent": {"name": "flaky"}, "retry": {"max": 1}}, output={"n": "${steps.a.output.attempt}"}
    )
    assert world.run().output == {"n": 2}


def test_nobody_able_fails_the_step(world: World) -> None:
    world.workflow({"id": "a", "agent": {"capability": "fly"}})
    run = world.run()
    assert run.error["code"] == "no-agent"


def test_a_suspended_agent_is_not_called(world: World) -> None:
    from coordination.agents.services import suspend_agent

    world.workflow(work("a"))
    suspend_agent(world.organization, "echo", SYSTEM, "odd answers")
    assert world.run().error["code"] == "no-agent"


def test_a_step_of_the_other_pool_is_left_to_it(world: World) -> None:
    world.agent("echo", pool="cpu")
    world.workflow(work("a"))
    world.start()
    assert reserve("w", "io", 5) == []
    assert [item.step_key for item in reserve("w", "cpu", 5)] == ["a"]


def test_two_workers_cannot_hold_one_step(world: World) -> None:
    world.workflow(work("a"))
    run = world.start()
    assert claim(run.pk, "a", "one") is not None
    assert claim(run.pk, "a", "two") is None


def test_a_late_result_is_refused(world: World) -> None:
    world.workflow(work("a"), work("b", "a"))
    run = world.start()
    held = claim(run.pk, "a", "one")
    assert held is not None
    expire_leases()
    sweep()
    assert claim(run.pk, "a", "two") is not None
    assert held.finish(keep=True) is None
    assert statuses(run) == {"a": "running"}


def test_pause_holds_the_run_and_resume_lets_it_go_on(world: World) -> None:
    world.workflow(work("a"), work("b", "a"))
    run = world.start()
    pause_run(world.organization, run.pk, SYSTEM, "look first")
    assert world.work(run).status == "paused"
    resume_run(world.organization, run.pk, SYSTEM)
    assert world.work(run).status == "succeeded"


def test_cancel_ends_the_run_and_refuses_what_still_works(world: World) -> None:
    world.workflow(work("a"))
    run = world.start()
    held = claim(run.pk, "a", "one")
    assert held is not None
    cancel_run(world.organization, run.pk, SYSTEM, "wrong customer")
    assert held.finish(keep=True) is None
    run.refresh_from_db()
    assert (run.status, run.stop_reason) == ("cancelled", "wrong customer")
    with pytest.raises(NotPossibleNow):
        cancel_run(world.organization, run.pk, SYSTEM)


def test_a_failed_run_can_be_retried_from_the_step_that_failed(world: World) -> None:
    world.agent("x", "fail")
    world.workflow(work("a", agent={"name": "echo"}), {"id": "b", "needs": ["a"], "agent": {"name": "x"}})
    run = world.run()
    assert run.status == "failed"
    world.agent("x", "echo")
    retry_run(world.organization, run.pk, SYSTEM)
    assert world.work(run).status == "succeeded"
    assert Step.objects.get(run=run, key="a").attempt == 1


def test_a_step_can_be_skipped_or_overridden_by_hand(world: World) -> None:
    world.agent("x", "fail")
    world.workflow({"id": "a", "agent": {"name": "x"}}, work("b", "a"), output={"a": "${steps.a.output}"})
    first, second = world.run(), world.run()
    skip_step(world.organization, first.pk, "a", SYSTEM, "not needed")
    assert world.work(first).output == {"a": {}}
    override_step(world.organization, second.pk, "a", {"by": "hand"}, "I know better", SYSTEM)
    assert world.work(second).output == {"a": {"by": "hand"}}


def test_another_organization_neither_sees_nor_moves_a_run(world: World) -> None:
    world.workflow(work("a"))
    run = world.start()
    other = create_organization("globex", "Globex")
    with pytest.raises(RunUnknown):
        get_run(other, run.pk)
    with pytest.raises(RunUnknown):
        cancel_run(other, run.pk, SYSTEM)


def test_explain_names_agents_times_decisions_and_why(world: World) -> None:
    world.workflow(work("a", title="First look"))
    told = explain(world.run())
    assert [(a.agent, a.version, a.attempts) for a in told.agents] == [("echo", 1, 1)]
    assert told.agents[0].worked_s >= 0
    assert told.agents[0].why == "First look: work"
    assert [d.outcome for d in told.decisions] == ["allow"]
    assert told.summary[0].startswith("1 agent worked")


def test_the_overview_counts_what_ended_and_what_runs(world: World) -> None:
    world.workflow(work("a"))
    world.run()
    world.start()
    seen = overview(world.organization)
    assert (seen.finished, seen.running, seen.without_help) == (1, 1, 1.0)
    assert sum(point.finished for point in seen.points) == 1


def test_a_claim_costs_the_same_number_of_statements_in_a_long_run(
    world: World, django_assert_num_queries: Any
) -> None:
    def chain(length: int, name: str) -> Run:
        steps = [work(f"s{i}", *([f"s{i - 1}"] if i else [])) for i in range(length)]
        world.workflow(*steps, name=name)
        return start_run(world.organization, name, {}, actor=SYSTEM)

    def counted(run: Run) -> int:
        held = claim(run.pk, "s0")
        assert held is not None
        with CaptureQueriesContext(connection) as captured:
            held.finish(keep=True)
        return len(captured)

    assert counted(chain(3, "short")) == counted(chain(30, "long"))
