from datetime import UTC, datetime, timedelta

from coordination.runs.models import Step
from coordination.web.contexts.run_timeline import Timeline

START = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


def at(seconds):
    return START + timedelta(seconds=seconds)


def attempt(agent, start_s, end_s, error=None):
    made = {"agent": agent, "started_at": at(start_s).isoformat(), "finished_at": at(end_s).isoformat()}
    if error:
        return {**made, "status": "failed", "error": {"code": "timeout", "message": error}}
    return {**made, "status": "succeeded"}


def test_each_agent_has_a_lane_in_the_order_of_work():
    steps = [
        Step(key="compose", attempts=[attempt("writer", 1, 3)]),
        Step(key="classify", attempts=[attempt("intent", 0, 1)]),
    ]
    timeline = Timeline.of(steps, at(9))
    assert [lane.agent for lane in timeline.lanes] == ["intent", "writer"]
    assert [(bar.left, bar.width) for lane in timeline.lanes for bar in lane.bars] == [(0, 33.33), (33.33, 66.67)]


def test_a_failed_attempt_says_why_and_stays_beside_the_next_agent():
    attempts = [attempt("llm", 0, 1, "timed out after 20 s"), attempt("writer", 1, 2)]
    failed, done = Timeline.of([Step(key="compose", attempts=attempts)], at(9)).lanes
    assert (failed.bars[0].tone, failed.bars[0].said) == ("bad", "timed out after 20 s")
    assert (done.bars[0].tone, done.bars[0].said) == ("ok", "")


def test_a_step_that_runs_reaches_until_now():
    step = Step(key="compose", agent="writer", status="running", started_at=START)
    (lane,) = Timeline.of([step], at(5)).lanes
    assert (lane.bars[0].tone, lane.bars[0].width) == ("run", 100)


def test_a_long_wait_is_left_out_and_named():
    steps = [Step(key="a", attempts=[attempt("one", 0, 1)]), Step(key="b", attempts=[attempt("two", 601, 602)])]
    timeline = Timeline.of(steps, at(700))
    assert [cut.said for cut in timeline.cuts] == ["10 min"]
    assert timeline.worked == "2.0 s"


def test_an_attempt_too_short_to_see_is_drawn_thin_and_stays_inside():
    steps = [Step(key="a", attempts=[attempt("slow", 0, 100)]), Step(key="b", attempts=[attempt("quick", 99.99, 100)])]
    bar = Timeline.of(steps, at(100)).lanes[1].bars[0]
    assert bar.width >= 0.8
    assert bar.left + bar.width <= 100


def test_before_anyone_worked_there_are_no_lanes():
    assert Timeline.of([Step(key="a")], START).lanes == ()
