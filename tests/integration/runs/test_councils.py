"""Agents vote and negotiate in real runs: called like any agent, weighed by their records, at last by a person."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from coordination.accounts.actors import SYSTEM
from coordination.approvals.models import ApprovalDecision, ApprovalRequest
from coordination.audit.models import AuditEvent
from coordination.audit.services import verify
from coordination.risk.models import AgentRecord
from coordination.risk.services.stamping import renew_stamp
from coordination.runs.errors import ArgumentsInvalid
from coordination.runs.models import Run, Step
from coordination.runs.selectors import length_of, run_at
from coordination.runs.services import answer, answer_approval, start_run
from coordination.shared.clock import now
from tests.integration.runs.conftest import World
from tests.working import claim

VOTE: dict[str, Any] = {
    "id": "judge",
    "vote": {"voters": [{"capability": "work"}], "rule": "weighted", "options": ["a", "b", "c"]},
    "input": {"case": "${input.case}"},
}


@pytest.fixture
def jury(world: World) -> World:
    """Two agents of which each always says the same; the one that only echoes is no voter."""
    world.agent("ann", does="say_a")
    world.agent("ben", does="say_b")
    world.member("rita", "reviewer")
    return world


def voters(*names: str, **rest: Any) -> dict[str, Any]:
    return {**VOTE, "vote": {**VOTE["vote"], "voters": [{"name": name} for name in names], **rest}}


def known(world: World, agent: str, successes: float, failures: float) -> None:
    AgentRecord.objects.create(
        organization=world.organization, agent=agent, version=1, capability="work", successes=successes,
        failures=failures, n=round(successes + failures), as_of=now(),
    )  # fmt: skip
    renew_stamp(world.organization.pk)


def asked(run: Run) -> ApprovalRequest:
    return ApprovalRequest.objects.get(subject=f"run:{run.pk}/step:judge", state="pending")


def test_who_is_more_often_right_wins_and_the_record_says_what_was_known(jury: World) -> None:
    known(jury, "ann", 95, 5)
    known(jury, "ben", 55, 45)
    jury.workflow(voters("ann", "ben"), output={"winner": "${steps.judge.output.winner}"})
    run = jury.run({"case": 7})
    assert run.output == {"winner": "a"}
    spread = AuditEvent.objects.get(kind="StepSpread", stream=f"run:{run.pk}").data
    assert [one.get("successes") for one in spread["standings"]] == [95.0, 55.0]
    said = AuditEvent.objects.filter(kind="RungClimbed", stream=f"run:{run.pk}").order_by("stream_no")
    assert [event.data["rung"] for event in said] == ["veto", "facts", "vote"]
    assert verify().first_bad is None


def test_voters_are_given_the_case_and_what_they_choose_among(jury: World) -> None:
    jury.workflow(voters("ann"))
    run = jury.run({"case": 7})
    given = Step.objects.get(run=run, key="judge[0]").parameters
    assert given == {"case": 7, "vote": {"answer_in": "choice", "rule": "weighted", "options": ["a", "b", "c"]}}


def test_what_is_known_later_changes_nothing_about_a_vote_that_was_held(jury: World) -> None:
    known(jury, "ann", 95, 5)
    jury.workflow(voters("ann", "ben"))
    run = jury.run({"case": 7})
    AgentRecord.objects.filter(agent="ann").update(successes=1, failures=99)
    renew_stamp(jury.organization.pk)
    then = run_at(run, length_of(run))
    assert then.step("judge").output == Step.objects.get(run=run, key="judge").output  # type: ignore[union-attr]


def test_a_policy_that_forbids_a_voter_leaves_it_out_and_the_others_count(jury: World) -> None:
    jury.policy("no-ben", when='agent.name == "ben"', effect="deny", hooks=["agent.call"])
    jury.workflow(voters("ann", "ben", quorum=0.5))
    run = jury.run({"case": 7})
    output = Step.objects.get(run=run, key="judge").output
    assert (output["winner"], output["voted"], output["silent"][0]["agent"]) == ("a", 1, "ben")
    assert "no-ben speaks." in output["silent"][0]["why"]


def test_where_agents_do_not_agree_a_person_sees_both_cases_and_decides(jury: World) -> None:
    jury.workflow(voters("ann", "ben", rule="unanimous", decide={"role": "reviewer"}))
    run = jury.run({"case": 7})
    assert run.status == "waiting"
    request = asked(run)
    assert (request.operation, request.title) == ("conflict", "judge: a or b or c?")
    assert [(one["title"], one["source"]) for one in request.evidence] == [("a", "ann"), ("b", "ben"), ("c", "")]
    rita = jury.member("rita", "reviewer")
    answer(rita, request.pk, "approve", reason="Ben is right.", revision=1, parameters={"choose": "b"})
    run = jury.work(run)
    output = Step.objects.get(run=run, key="judge").output
    assert (run.status, output["winner"], output["by"], output["who"]) == ("succeeded", "b", "person", "rita")
    assert ApprovalDecision.objects.get(request=request).reason == "Chose b. Ben is right."
    approved = AuditEvent.objects.get(kind="StepApproved", stream=f"run:{run.pk}")
    assert approved.data["answer"]["parameters"] == {"choose": "b"}


def test_a_person_who_just_approves_takes_the_strongest_case(jury: World) -> None:
    jury.workflow(voters("ann", "ben", rule="unanimous"))
    run = jury.run({"case": 7})
    answer_approval(jury.member("rita", "reviewer"), asked(run).pk, "approve", revision=1)
    assert Step.objects.get(run=jury.work(run), key="judge").output["winner"] == "a"


def test_nobody_chooses_what_is_not_left(jury: World) -> None:
    jury.workflow(voters("ann", "ben", rule="unanimous", refuted={"c": "wrong"}))
    run = jury.run({"case": 7})
    rita = jury.member("rita", "reviewer")
    for option in ("c", "z", 7):
        with pytest.raises(ArgumentsInvalid, match="choose one of a, b"):
            answer(rita, asked(run).pk, "approve", revision=1, parameters={"choose": option})
    assert asked(run).decisions.count() == 0


def test_who_refuses_both_cases_fails_the_step(jury: World) -> None:
    jury.workflow(voters("ann", "ben", rule="unanimous"))
    run = jury.run({"case": 7})
    answer_approval(jury.member("rita", "reviewer"), asked(run).pk, "reject", reason="Neither.", revision=1)
    assert jury.work(run).error["code"] == "rejected"


def test_a_step_that_votes_asks_the_database_nothing_more_than_one_that_is_for_all(jury: World) -> None:
    known(jury, "ann", 95, 5)
    every = {"id": "judge", "agent": {"capability": "work", "strategy": "all", "n": 3}, "input": {"case": 1}}

    def statements(step: dict[str, Any], name: str) -> int:
        jury.workflow(step, name=name)
        counts = []
        for _ in range(2):
            run = start_run(jury.organization, name, {}, actor=SYSTEM)
            with CaptureQueriesContext(connection) as seen:
                claim(run.pk, "judge")
            counts.append(len(seen))
        return counts[-1]

    vote = {**VOTE, "input": {"case": 1}}
    assert statements(vote, "votes") <= statements(every, "asks")


# --- Negotiations -----------------------------------------------------------------------------------------------------

SECRET = 0.271828


def haggle(**rest: Any) -> dict[str, Any]:
    spec = {"protocol": "mediated", "parties": [{"name": "ann"}, {"name": "ben"}], "options": ["x", "y"], **rest}
    return {"id": "deal", "negotiate": spec}


@pytest.fixture
def market(world: World) -> World:
    for name, values in (("ann", {"x": 1.0, "y": 0.6}), ("ben", {"x": 0.3, "y": 0.9})):
        world.agent(name, does="tell_config", config={"values": values, "reservation": SECRET})
    world.member("rita", "reviewer")
    return world


def test_what_parties_would_settle_for_stays_with_the_mediator(market: World) -> None:
    deal = "${steps.deal.output}"
    after = {"id": "after", "needs": ["deal"], "agent": {"name": "echo"}, "input": {"deal": deal}}
    market.workflow(haggle(), after, output={"deal": deal})
    run = market.run()
    assert run.output["deal"]["agreed"] == "y"
    rows = {row.key: row for row in Step.objects.filter(run=run)}
    seen_by_others = [
        rows["deal"].output,
        rows["deal"].item,
        rows["after"].parameters,
        rows["after"].output,
        run.output,
    ]
    assert str(SECRET) not in str(seen_by_others)
    told = AuditEvent.objects.filter(stream=f"run:{run.pk}", body__contains=str(SECRET))
    assert {(event.kind, event.data.get("sealed")) for event in told} == {("StepSucceeded", True)}


def test_a_replay_of_a_negotiation_gives_the_same_result(market: World) -> None:
    market.workflow(haggle(protocol="concession"))
    run = market.run()
    row, then = Step.objects.get(run=run, key="deal"), run_at(run, length_of(run)).step("deal")
    assert then is not None
    assert (then.output, then.status, then.progress) == (row.output, row.status, row.progress)


def test_each_call_of_a_party_is_counted_and_guarded(market: World) -> None:
    market.policy("no-ben", when='agent.name == "ben"', effect="deny", hooks=["agent.call"])
    market.workflow(haggle(unsettled="fail"))
    run = market.run()
    assert (run.error["code"], "ben did not say" in run.error["message"]) == ("no-agreement", True)


def test_a_budget_ends_the_talks(market: World) -> None:
    market.workflow({**haggle(unsettled="fail"), "budget": {"calls": 1}})
    run = market.run()
    assert run.error["code"] == "no-agreement"
    assert Step.objects.get(run=run, key="deal[1]").error["code"] == "budget-exhausted"


def test_a_winner_that_fails_is_replaced_by_the_next(world: World) -> None:
    world.agent("cheap", does="bid_and_fail", config={"cost": 1})
    world.agent("sound", does="bid_and_do", config={"cost": 2})
    spec = {
        "protocol": "auction",
        "parties": [{"name": "cheap"}, {"name": "sound"}],
        "perform": {"job": "${input.job}"},
    }
    world.workflow({"id": "deal", "negotiate": spec}, output={"who": "${steps.deal.output.winner}"})
    run = world.run({"job": 7})
    assert run.output == {"who": "sound"}
    assert Step.objects.get(run=run, key="deal").output["result"]["job"] == 7


def test_the_worker_that_begins_a_council_is_the_one_that_calls_its_first_agent(market: World) -> None:
    market.workflow(haggle())
    run = market.start()
    held = claim(run.pk, "deal")
    assert held is not None
    assert held.work.step_key == "deal[0]"
