"""What a run was at an earlier moment, also where the record left something out because it is large."""

from datetime import timedelta
from typing import Any

import pytest

from coordination.accounts.actors import SYSTEM
from coordination.audit.models import AuditEvent
from coordination.runs.errors import TooLongToReplay
from coordination.runs.models import Run, Step
from coordination.runs.selectors import length_of, replaying, run_at
from coordination.runs.services import override_step, retry_step, signal_run, skip_step, sweep
from tests.integration.runs.conftest import World
from tests.working import claim, expire_leases

LONG = "word " * 5_000


def echo(key: str, *needs: str, **more: Any) -> dict[str, Any]:
    step = {"id": key, "needs": list(needs), "agent": {"capability": "work"}, "input": {"text": "${input.text}"}}
    return step | more


def statuses(run: Run, at: Any) -> dict[str, str]:
    return {step.key: str(step.status) for step in run_at(run, at).steps}


def number_of(run: Run, kind: str) -> int:
    return int(AuditEvent.objects.filter(stream=f"run:{run.pk}", kind=kind).earliest("stream_no").stream_no)


def test_a_run_is_seen_as_it_was_after_each_record(world: World) -> None:
    world.workflow(echo("a"), echo("b", "a"))
    run = world.run({"text": "hello"})
    assert statuses(run, 0) == {"a": "pending", "b": "pending"}
    assert statuses(run, 1) == {"a": "ready", "b": "pending"}
    assert statuses(run, 3) == {"a": "succeeded", "b": "ready"}
    past = run_at(run, 2)
    assert (past.run.status, past.run.steps_done, past.record and past.record.kind) == ("running", 0, "StepClaimed")
    assert [(step.agent, step.agent_version) for step in past.steps] == [("echo", 1), ("", None)]
    run.refresh_from_db()
    assert run.status == "succeeded"


def test_a_moment_is_the_last_record_before_it(world: World) -> None:
    world.workflow(echo("a"))
    run = world.run({"text": "hello"})
    claimed = AuditEvent.objects.get(stream=f"run:{run.pk}", kind="StepClaimed")
    assert run_at(run, claimed.occurred_at).number >= claimed.stream_no
    assert run_at(run, run.created_at - timedelta(days=1)).number == 0
    assert run_at(run, claimed.occurred_at + timedelta(days=1)).number == length_of(run)
    assert run_at(run, 10_000).run.status == "succeeded"


def test_a_long_text_that_the_record_left_out_is_taken_from_the_step(world: World) -> None:
    world.workflow(echo("a"), echo("b", "a", when="${size(steps.a.output.text) > 20000}"))
    run = world.run({"text": LONG})
    recorded = AuditEvent.objects.get(stream=f"run:{run.pk}", stream_no=number_of(run, "StepSucceeded")).data
    assert set(recorded["output"]["text"]) == {"sha256", "bytes"}
    past = run_at(run, length_of(run))
    assert past.gap is None
    assert past.steps[0].output == {"text": LONG}
    assert statuses(run, length_of(run)) == {"a": "succeeded", "b": "succeeded"}


def test_a_record_that_is_only_a_digest_is_replayed_with_the_output_of_the_step(world: World) -> None:
    texts = [f"{number} {LONG[:10_000]}" for number in range(40)]
    world.workflow(
        {"id": "a", "agent": {"capability": "work"}, "input": {"texts": "${input.texts}"}},
        {"id": "b", "needs": ["a"], "map": {"over": "${steps.a.output.texts}", "set": {"n": "${size(item)}"}}},
    )
    run = world.run({"texts": texts})
    assert set(AuditEvent.objects.get(stream=f"run:{run.pk}", kind="StepSucceeded").data) == {"sha256", "bytes"}
    past = run_at(run, length_of(run))
    assert past.gap is None
    assert len(past.inside("b", "succeeded")) == 40


def test_where_what_was_left_out_is_gone_the_replay_says_so(world: World) -> None:
    world.workflow(echo("a"), echo("b", "a", when="${size(steps.a.output.text) > 20000}"))
    run = world.run({"text": LONG})
    Step.objects.filter(run=run, key="a").update(output={"text": "another"})
    done = number_of(run, "StepSucceeded")
    assert run_at(run, done - 1).gap is None
    assert run_at(run, done).gap == done
    past = run_at(run, length_of(run))
    assert (past.number < length_of(run), past.gap) == (True, done)
    assert past.steps[0].output["text"].keys() == {"sha256", "bytes"}


def test_an_output_that_only_its_digest_is_left_of_is_not_mixed_up_with_a_later_one(world: World) -> None:
    texts = [f"{number} {LONG[:10_000]}" for number in range(40)]
    world.workflow({"id": "a", "agent": {"capability": "work"}, "input": {"texts": "${input.texts}"}})
    run = world.run({"texts": texts})
    assert run_at(run, length_of(run)).gap is None
    retry_step(world.organization, run.pk, "a", SYSTEM)
    assert run_at(run, length_of(run)).gap == number_of(run, "StepSucceeded")


def test_what_people_did_is_replayed(world: World) -> None:
    wait = {"id": "w", "wait": {"signal": "paid", "payload": {"type": "object"}}}
    world.workflow(wait, echo("a", "w"), echo("b", "a"), echo("c", "b"))
    run = world.run({"text": "hello"})
    signal_run(world.organization, run.pk, "paid", {"note": LONG}, SYSTEM)
    override_step(world.organization, run.pk, "a", {"text": "by hand"}, "I know it.", SYSTEM)
    skip_step(world.organization, run.pk, "b", SYSTEM, "Not needed.")
    run = world.work(run)
    retry_step(world.organization, run.pk, "b", SYSTEM)
    run = world.work(run)
    past = run_at(run, length_of(run))
    assert past.gap is None
    assert [step.output for step in past.steps[:2]] == [{"note": LONG}, {"text": "by hand"}]
    before = run_at(run, number_of(run, "StepRepeated") - 1)
    assert {step.key: str(step.status) for step in before.steps} == {
        "w": "succeeded", "a": "succeeded", "b": "skipped", "c": "succeeded",
    }  # fmt: skip


def test_a_lost_worker_is_an_attempt_of_the_past_too(world: World) -> None:
    world.workflow(echo("a"))
    run = world.start({"text": "hello"})
    assert claim(run.pk, "a") is not None
    expire_leases()
    sweep()
    run = world.work(run)
    (step,) = run_at(run, length_of(run)).steps
    kept = run.steps.get(key="a")
    assert [attempt["status"] for attempt in step.attempts] == ["lost", "succeeded"]
    assert [attempt["number"] for attempt in step.attempts] == [one["number"] for one in kept.attempts]


def test_items_are_told_page_by_page_as_they_were(world: World) -> None:
    world.workflow(
        {"id": "m", "map": {"over": "${input.items}", "concurrency": 2, "agent": {"capability": "work"}, "input": {}}}
    )
    run = world.run({"items": list(range(5))})
    middle = run_at(run, number_of(run, "StepSucceeded"))
    assert middle.counts("m") == {"succeeded": 1, "ready": 2, "pending": 2}
    assert middle.inside("m", "succeeded") == ["m[0]"]
    item = middle.step("m[4]")
    assert item is not None
    assert (item.item, item.parent, str(item.status)) == (4, "m", "pending")
    assert middle.step("nothing") is None
    assert middle.steps[0].progress["done"] == 1


def test_only_the_first_so_many_records_are_replayed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.workflow(echo("a"), echo("b", "a"))
    run = world.run({"text": "hello"})
    monkeypatch.setattr(replaying, "MOST_RECORDS", 3)
    assert run_at(run, 3).run.status == "running"
    with pytest.raises(TooLongToReplay, match="first 3 records"):
        run_at(run, 4)
