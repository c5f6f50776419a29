"""What runs that have ended say about those who answered and about what was done."""

from datetime import timedelta

import pytest

from coordination.accounts.actors import Actor
from coordination.accounts.services import create_organization
from coordination.agents.models import Agent
from coordination.audit.models import AuditEvent
from coordination.insights.services import collect_outcomes, mark_outcome
from coordination.risk.errors import OutcomeUnknown
from coordination.risk.models import AgentRecord, Outcome, OutcomeCursor, UsualAct
from coordination.risk.selectors import records_of_agent
from coordination.risk.services import refresh_stale
from coordination.runs.errors import RunUnknown
from coordination.runs.models import Run
from coordination.shared.clock import now
from tests.integration.risk.conftest import rejected, value
from tests.integration.runs.conftest import World
from tests.integration.runs.test_oversight import answer


def of(run: Run, kind: str) -> Outcome:
    return Outcome.objects.get(run_id=run.pk, kind=kind)


def test_a_run_that_went_well_counts_for_its_agent_and_its_action(desk: World) -> None:
    run = desk.run(value())
    assert collect_outcomes() == 2
    answered, act = of(run, "answer"), of(run, "act")
    assert (answered.who, answered.version, answered.what, answered.is_wrong) == ("writer", 1, "work", False)
    assert (act.who, act.what, act.amount, act.is_wrong) == ("writer", "mail.send", 5, False)
    assert act.score == run.risk
    assert act.likelihood is not None


def test_what_was_seen_is_counted_once_however_often_it_is_looked_at(desk: World) -> None:
    desk.run(value())
    collect_outcomes()
    OutcomeCursor.objects.all().delete()
    assert collect_outcomes() == 0
    assert Outcome.objects.count() == 2
    assert AgentRecord.objects.get(capability="work").n == 1


def test_what_was_committed_a_moment_late_is_not_missed(desk: World) -> None:
    late, early = desk.run(value()), desk.run(value())
    Run.objects.filter(pk=late.pk).update(finished_at=None)
    collect_outcomes()
    Run.objects.filter(pk=late.pk).update(finished_at=now() - timedelta(seconds=30))
    collect_outcomes()
    assert {row.run_id for row in Outcome.objects.all()} == {late.pk, early.pk}


def test_a_run_that_is_repeated_and_ends_again_is_looked_at_again(desk: World) -> None:
    run = desk.run(value())
    collect_outcomes()
    Run.objects.filter(pk=run.pk).update(finished_at=now())
    Outcome.objects.update(found_wrong=True, is_wrong=True)
    assert collect_outcomes() == 2
    assert not Outcome.objects.filter(is_wrong=True).exists()


def test_a_rejected_proposal_counts_against_who_made_it(desk: World) -> None:
    run = rejected(desk)
    collect_outcomes()
    assert (of(run, "act").is_wrong, of(run, "act").why) == (True, "rejected")
    assert (of(run, "answer").is_wrong, of(run, "answer").why) == (True, "rejected")


def test_an_edited_proposal_counts_against_who_made_it(desk: World) -> None:
    editor, approver = desk.member("reviewer", "reviewer"), desk.member("lead", "reviewer")
    run = desk.run(value(500))
    answer(desk, run, editor, "edit", parameters={"text": "hi", "amount": 250})
    answer(desk, run, approver)
    desk.work(run)
    collect_outcomes()
    assert of(run, "act").why == of(run, "answer").why == "edited"


def test_a_tool_that_fails_does_not_count_against_the_agent(desk: World) -> None:
    desk.tool("mail.send", "refuse")
    run = desk.run(value())
    collect_outcomes()
    assert of(run, "act").why == "failed"
    assert not of(run, "answer").is_wrong


def test_an_agent_that_fails_is_wrong_also_when_another_took_over(world: World) -> None:
    world.agent("broken", "fail", priority=90)
    world.workflow({"id": "a", "agent": {"name": "broken", "fallback": [{"name": "echo"}]}})
    run = world.run()
    collect_outcomes()
    found = {row.who: row.is_wrong for row in Outcome.objects.filter(run_id=run.pk)}
    assert found == {"broken": True, "echo": False}


def test_what_policy_stopped_says_nothing_about_anyone(desk: World) -> None:
    desk.policy("never", when="true", effect="deny")
    run = desk.run(value())
    collect_outcomes()
    assert not Outcome.objects.filter(run_id=run.pk, kind="act").exists()
    assert not of(run, "answer").is_wrong


def test_a_run_that_is_open_says_nothing_yet(desk: World) -> None:
    desk.run(value(500))
    assert collect_outcomes() == 0


def test_what_a_person_says_later_counts_more_than_what_was_found(desk: World) -> None:
    run = desk.run(value())
    collect_outcomes()
    before = AgentRecord.objects.get(capability="work")
    judge = Actor.of(desk.member("judge", "reviewer"))
    mark_outcome(desk.organization, run.pk, "think", True, "It was about somebody else.", judge)
    OutcomeCursor.objects.all().delete()
    collect_outcomes()
    assert of(run, "answer").is_wrong
    assert AgentRecord.objects.get(capability="work").failures > before.failures
    marked = AuditEvent.objects.get(kind="OutcomeMarked")
    assert (marked.actor, marked.data["wrong"]) == ("user:judge", True)


def test_a_run_that_just_ended_can_be_marked_at_once(desk: World) -> None:
    run = desk.run(value())
    mark_outcome(desk.organization, run.pk, "send", True, "", Actor.of(desk.member("judge", "reviewer")))
    assert of(run, "act").why == "marked"


def test_what_has_no_outcome_cannot_be_marked(desk: World) -> None:
    judge = Actor.of(desk.member("judge", "reviewer"))
    with pytest.raises(OutcomeUnknown):
        mark_outcome(desk.organization, desk.run(value(500)).pk, "think", True, "", judge)
    with pytest.raises(RunUnknown):
        mark_outcome(create_organization("globex", "G"), desk.run(value()).pk, "think", True, "", judge)


def test_a_new_version_inherits_half_of_its_predecessors_record(desk: World) -> None:
    for _ in range(4):
        desk.run(value())
    collect_outcomes()
    desk.agent("writer", "propose", priority=60)
    agent = Agent.objects.get(name="writer")
    first, *_ = records_of_agent(desk.organization, agent)
    assert (first.version, first.inherited_from, first.n) == (2, 1, 0)
    assert first.record.successes == pytest.approx(2, rel=0.02)
    desk.run(value())
    collect_outcomes()
    first, *_ = records_of_agent(desk.organization, agent)
    assert (first.inherited_from, first.n) == (None, 1)
    assert first.record.successes == pytest.approx(3, rel=0.02)


def test_a_record_fades_although_nothing_is_added_to_it(desk: World) -> None:
    desk.run(value())
    collect_outcomes()
    Outcome.objects.update(happened_at=now() - timedelta(days=30))
    AgentRecord.objects.update(as_of=now() - timedelta(days=2))
    assert refresh_stale() == 2
    assert AgentRecord.objects.get(capability="work").successes == pytest.approx(0.5, rel=0.01)


def test_what_people_stopped_is_no_habit(desk: World) -> None:
    rejected(desk)
    desk.run(value(7))
    collect_outcomes()
    usual = UsualAct.objects.get(who="writer", tool="mail.send")
    assert (usual.n, usual.n_amounts) == (1, 1)
