"""A score rests on what is known of an organization, and costs no statement."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from coordination.accounts.actors import SYSTEM
from coordination.agents.models import Tool
from coordination.approvals.models import ApprovalRequest
from coordination.audit.models import AuditEvent
from coordination.engine.trust.tables import DEFAULT
from coordination.insights.services import collect_outcomes
from coordination.policies.models import PolicyDecision
from coordination.risk.models import RiskStamp
from coordination.risk.services import change_tables, standing_of
from coordination.runs.models import Run
from coordination.runs.services import guard_action, start_run
from tests.integration.risk.conftest import rejected, value
from tests.integration.runs.conftest import World
from tests.working import claim, work_off


def act_of(run: Run) -> PolicyDecision:
    return PolicyDecision.objects.get(run_id=run.pk, hook="action")


def parts_of(run: Run) -> dict[str, int]:
    parts: dict[str, int] = act_of(run).input["risk.parts"]
    return parts


def test_a_decision_keeps_the_score_and_what_each_part_adds(desk: World) -> None:
    run = desk.run(value(100))
    known = act_of(run).input
    assert known["risk.score"] == run.risk
    assert {"reliability", "novelty", "confidence", "data", "reversibility"} <= known["risk.parts"].keys()
    released = AuditEvent.objects.get(stream=f"run:{run.pk}", kind="ActionReleased")
    assert released.data["risk_parts"] == known["risk.parts"]


def test_an_agent_without_a_record_counts_as_the_worst_and_earns_trust_by_being_right(desk: World) -> None:
    first = desk.run(value(50))
    for _ in range(20):
        desk.run(value(50))
    collect_outcomes()
    later = desk.run(value(50))
    assert first.risk is not None
    assert later.risk is not None
    assert later.risk < first.risk
    assert parts_of(later)["reliability"] < parts_of(first)["reliability"]
    assert parts_of(later).get("novelty", 0) < parts_of(first)["novelty"]


def test_being_rejected_costs_trust(desk: World) -> None:
    for _ in range(20):
        desk.run(value(50))
    collect_outcomes()
    before = standing_of(desk.organization).reliability("writer", 1, "work")
    rejected(desk)
    collect_outcomes()
    assert standing_of(desk.organization).reliability("writer", 1, "work") < before


def test_an_amount_far_above_the_usual_stands_out(desk: World) -> None:
    for _ in range(25):
        desk.run(value(10))
    collect_outcomes()
    assert "anomaly" not in parts_of(desk.run(value(11)))
    assert parts_of(desk.run(value(90)))["anomaly"] > 0


def test_what_strangers_may_have_written_taints_what_comes_after(world: World) -> None:
    world.tool("pay.refund")
    world.workflow(
        {"id": "look", "action": {"tool": "pay.refund"}},
        {"id": "send", "needs": ["look"], "action": {"tool": "mail.send", "args": {"text": "hi"}}},
    )
    RiskStamp.objects.create(organization=world.organization)
    clean = world.run()
    Tool.objects.filter(name="pay.refund").update(labels={"trust": "untrusted"})
    RiskStamp.objects.all().delete()
    RiskStamp.objects.create(organization=world.organization)
    tainted = world.run()
    found = [
        PolicyDecision.objects.get(run_id=run.pk, step="send").input["risk.parts"].get("tainted", 0)
        for run in (clean, tainted)
    ]
    assert found[0] == 0 < found[1]


def test_an_act_that_affects_many_weighs_more_and_what_cannot_be_counted_weighs_most(world: World) -> None:
    world.tool("mail.send", affects="to")
    world.workflow({"id": "send", "action": {"tool": "mail.send", "args": {"to": "${input.to}"}}})
    scores = [world.run({"to": to}).risk or 0 for to in ([], ["a", "b"], ["a"] * 900, "everyone")]
    assert scores == sorted(scores)
    assert scores[0] < scores[2] < scores[3]


def test_what_a_tool_can_do_to_a_person_weighs(world: World) -> None:
    world.workflow({"id": "send", "action": {"tool": "mail.send"}})
    mild = world.run()
    world.tool("mail.send", people="grave")
    grave = world.run()
    assert (mild.risk or 0) < (grave.risk or 0)
    assert parts_of(grave)["people"] > 0


def test_changed_tables_hold_for_the_next_action_and_not_for_what_was_scored(desk: World) -> None:
    first = desk.run(value(100))
    spec = DEFAULT.model_dump() | {"money_worst": 100, "bands": {"medium": 5, "high": 10, "critical": 15}}
    change_tables(desk.organization, spec, SYSTEM, "We are careful.")
    second = desk.run(value(100))
    assert (first.risk or 0) < (second.risk or 0)
    asked = desk.run(value(101))
    assert ApprovalRequest.objects.get(subject__startswith=f"run:{asked.pk}").risk_band == "critical"
    first.refresh_from_db()
    assert first.risk == act_of(first).input["risk.score"]


def test_a_step_costs_no_statement_more_because_of_what_is_known(desk: World) -> None:
    def statements() -> int:
        run = desk.start(value(5))
        held = claim(run.pk, "think")
        assert held is not None
        held.finish()
        with CaptureQueriesContext(connection) as seen:
            assert claim(run.pk, "send") is not None
        # The stamp comes with the organization; nothing else is read for the score.
        read = [one["sql"] for one in seen.captured_queries if '"risk_' in one["sql"]]
        assert all('FROM "accounts_organization"' in sql for sql in read)
        return len(seen)

    desk.run(value(5))
    bare = statements()
    change_tables(desk.organization, DEFAULT.model_dump(), SYSTEM)
    collect_outcomes()
    desk.run(value(5))
    assert statements() == bare


def test_an_agent_elsewhere_is_scored_by_its_record_and_by_what_it_says_it_read(desk: World) -> None:
    def score(context: dict[str, Any]) -> int:
        guard_action(desk.organization, "writer", "mail.send", {"amount": 90}, context, SYSTEM)
        known = PolicyDecision.objects.filter(hook="tool.call").latest("id").input
        return int(known["risk.score"])

    bare = score({})
    Tool.objects.filter(name="mail.send").update(labels={"trust": "untrusted"})
    RiskStamp.objects.create(organization=desk.organization)
    assert score({"history": {"tools": [], "tainted_sources": ["the web"]}}) > bare
    for _ in range(20):
        desk.run(value(50))
    collect_outcomes()
    assert score({}) < bare


def test_the_risk_of_a_run_is_that_of_its_riskiest_action_also_in_runs_within_it(desk: World) -> None:
    desk.workflow({"id": "inner", "workflow": {"name": "flow", "input": {"amount": 90, "sure": 0.5}}}, name="outer")
    outer = work_off(start_run(desk.organization, "outer", {}, actor=SYSTEM))
    inner = Run.objects.get(parent=outer)
    assert inner.risk is not None
    assert outer.risk == inner.risk


def test_an_action_rests_on_agents_also_beyond_steps_that_were_skipped_or_that_no_agent_did(world: World) -> None:
    world.workflow(
        {"id": "think", "agent": {"name": "echo"}, "input": {"confidence": 0.8}},
        {"id": "pay", "needs": ["think"], "when": "input.pay", "action": {"tool": "pay.refund"}},
        {"id": "note", "needs": ["pay"], "set": {"x": 1}},
        {"id": "send", "needs": ["pay", "note"], "action": {"tool": "mail.send"}},
        {"id": "again", "needs": ["send"], "action": {"tool": "mail.send"}},
    )
    run = world.run({"pay": False})
    assert run.status == "succeeded"
    for step in ("send", "again"):
        known = PolicyDecision.objects.get(run_id=run.pk, step=step).input
        assert known["confidence"] == 0.8
        assert known["risk.parts"]["reliability"] > 0
