"""Decisions of runs are read and judged, and what a breach stops waits for a person."""

import json
from typing import Any

import pytest

from coordination.accounts.actors import Actor
from coordination.audit.models import AuditEvent
from coordination.bias.models import BiasMonitor, MonitorState, Probe
from coordination.bias.services import Decided, Known, count_decisions, put_characteristics
from coordination.engine.manifest import Manifest
from coordination.insights.services import (
    acknowledge,
    look_at,
    measure,
    mitigate,
    perform_probe,
    read_decisions,
    remove_monitor,
    save_monitor,
    start_probe,
    watch,
)
from coordination.policies.models import PolicyDecision
from coordination.runs.models import Run, Step
from coordination.shared.clock import now
from tests.integration.runs.conftest import World, make_world

ANN = Actor("user", "ann")
ATTRIBUTES = [{"name": "sex", "reference": "m", "groups": ["f", "m"]}]
DECISION = {
    "workflow": "flow",
    "step": "send",
    "subject": "input.person",
    "favourable": "status == 'succeeded' && args.yes",
}
SENDS: dict[str, Any] = {
    "id": "send",
    "action": {"tool": "mail.send", "args": {"text": "hi", "yes": "${input.yes}"}},
}


@pytest.fixture
def world(db: None, settings: Any) -> World:
    made = make_world(settings)
    made.policy("free", when='action.name == "mail.send"', effect="allow")
    made.workflow(SENDS)
    return made


def monitor(world: World, **more: Any) -> BiasMonitor:
    spec = {"decision": DECISION, "attributes": ATTRIBUTES, **more}
    said = Manifest.model_validate({"kind": "BiasMonitor", "metadata": {"name": "loans", "title": "Loans"},
                                    "spec": spec})  # fmt: skip
    return save_monitor(world.organization, said, ANN)


def breached(world: World, **more: Any) -> BiasMonitor:
    made = monitor(world, on_breach={"require_approval": {"role": "reviewer"}}, **more)
    for group, n, favourable in (("f", 200, 40), ("m", 200, 120)):
        people = [f"{group}-{at}" for at in range(n)]
        put_characteristics(world.organization, [Known(one, "sex", group) for one in people], ANN)
        count_decisions(made, [Decided(one, one, at < favourable, now()) for at, one in enumerate(people)])
    look_at(made)
    made.refresh_from_db()
    assert made.state == MonitorState.BREACH
    return made


def test_decisions_of_runs_that_ended_are_counted_once(world: World) -> None:
    made = monitor(world)
    run = world.run({"person": "lee", "yes": True})

    assert read_decisions(made) == 1
    assert read_decisions(made) == 0
    row = made.decisions.get()
    assert (row.reference, row.favourable, row.run_id) == (f"run:{run.pk}/step:send", True, run.pk)


def test_runs_that_ended_before_the_monitor_was_made_count_too(world: World) -> None:
    world.run({"person": "lee", "yes": False})

    assert read_decisions(monitor(world)) == 1


def test_a_decision_that_an_expression_has_no_value_for_is_told_and_stops_nothing(world: World) -> None:
    made = monitor(world)
    world.run({"yes": True})
    world.run({"person": "lee", "yes": True})

    assert read_decisions(made) == 1
    read_decisions(made)
    made.refresh_from_db()
    assert made.unread == 1
    assert "person" in made.unread_why


def test_a_step_that_failed_for_a_technical_reason_decides_nothing(world: World) -> None:
    made = monitor(world)
    run = world.run({"person": "lee", "yes": True})
    Step.objects.filter(run=run).update(status="failed", error={"code": "agent-error"})

    assert read_decisions(made) == 0


def test_a_step_that_a_person_rejected_was_decided_against(world: World) -> None:
    made = monitor(world)
    run = world.run({"person": "lee", "yes": True})
    Step.objects.filter(run=run).update(status="failed", error={"code": "rejected"})

    assert read_decisions(made) == 1
    assert made.decisions.get().favourable is False


def test_each_item_of_a_map_is_a_decision_and_the_map_itself_is_none(world: World) -> None:
    action = {"tool": "mail.send", "args": {"text": "hi", "yes": "${item.yes}", "who": "${item.who}"}}
    world.workflow({"id": "send", "map": {"over": "${input.people}", "action": action}})
    made = monitor(world, decision={**DECISION, "subject": "args.who"})
    world.run({"people": [{"who": "lee", "yes": True}, {"who": "kim", "yes": False}]})

    assert read_decisions(made) == 2


def test_a_breach_lets_the_next_action_of_this_type_wait_for_a_person_and_says_why(world: World) -> None:
    breached(world)

    run = world.run({"person": "lee", "yes": True})

    assert run.status == "waiting"
    decision = PolicyDecision.objects.filter(run_id=run.pk).latest("id")
    assert decision.outcome == "require_approval"
    assert decision.reasons[0]["policy"] == "bias-monitor:loans"
    assert "Loans found that a group is decided about less favourably" in decision.reasons[0]["message"]


def test_other_steps_are_not_held_by_a_breach(world: World) -> None:
    breached(world)
    world.workflow({**SENDS, "id": "other"})

    assert world.run({"yes": True}).status == "succeeded"


def test_an_acknowledged_breach_is_still_held_and_a_mitigated_one_is_not(world: World) -> None:
    made = breached(world)
    acknowledge(made, ANN, "We look into it.")
    assert world.run({"person": "lee", "yes": True}).status == "waiting"

    mitigate(made, ANN, "Retrained.")

    assert world.run({"person": "kim", "yes": True}).status == "succeeded"


def test_a_monitor_that_is_removed_holds_nothing(world: World) -> None:
    breached(world)

    remove_monitor(world.organization, "loans", ANN)

    assert world.run({"yes": True}).status == "succeeded"


def test_a_breach_without_on_breach_only_alarms(world: World) -> None:
    made = breached(world)
    said = Manifest.model_validate(
        {"kind": "BiasMonitor", "metadata": {"name": "loans"}, "spec": {**made.spec, "on_breach": {}}}
    )

    save_monitor(world.organization, said, ANN)

    assert world.run({"person": "lee", "yes": True}).status == "succeeded"


def test_what_is_held_and_lifted_is_in_the_audit_log(world: World) -> None:
    made = breached(world)
    mitigate(made, ANN, "Retrained.")

    kinds = AuditEvent.objects.filter(object="bias-monitor:loans").order_by("id").values_list("kind", flat=True)
    assert [one for one in kinds if "Rule" in one] == ["RuleImposed", "ImposedRuleLifted"]


def test_characteristics_are_in_no_run_and_no_record_of_a_decision(world: World) -> None:
    put_characteristics(world.organization, [Known("lee", "sex", "intersex")], ANN)
    monitor(world)
    run = world.run({"person": "lee", "yes": True})
    watch()

    rows: list[Any] = [list(Run.objects.values()), list(Step.objects.values()), list(PolicyDecision.objects.values())]
    assert "intersex" not in json.dumps(rows, default=str)
    assert run.status == "succeeded"


def test_one_monitor_that_cannot_be_read_does_not_stop_the_others(world: World) -> None:
    broken = monitor(world)
    BiasMonitor.objects.filter(pk=broken.pk).update(spec={"decision": {"workflow": "flow"}, "attributes": []})
    said = {"kind": "BiasMonitor", "metadata": {"name": "other"},
            "spec": {"decision": DECISION, "attributes": ATTRIBUTES}}  # fmt: skip
    other = save_monitor(world.organization, Manifest.model_validate(said), ANN)
    world.run({"person": "lee", "yes": True})

    watch()

    assert other.decisions.count() == 1


def test_the_report_has_rates_parity_and_errors_as_fairlearn_defines_them(world: World) -> None:
    made = monitor(world)
    for group, n, favourable in (("f", 60, 24), ("m", 60, 36)):
        people = [f"{group}-{at}" for at in range(n)]
        put_characteristics(world.organization, [Known(one, "sex", group) for one in people], ANN)
        count_decisions(
            made,
            [Decided(one, one, at < favourable, now(), outcome=at % 2 == 0) for at, one in enumerate(people)],
        )

    report = measure(made)["attributes"]["sex"]  # type: ignore[index,call-overload]

    assert report["parity"] == {"difference": pytest.approx(0.2), "ratio": pytest.approx(2 / 3, abs=1e-4)}
    assert report["groups"]["f"]["rate"] == 0.4
    assert report["odds"]["groups"]["f"]["tpr"] == {"n": 30, "rate": 0.4, "low": pytest.approx(0.2459, abs=1e-3),
                                                    "high": pytest.approx(0.5768, abs=1e-3)}  # fmt: skip
    assert report["odds"]["difference"] == pytest.approx(0.2)


def test_a_report_over_three_people_compares_nobody(world: World) -> None:
    made = monitor(world)
    put_characteristics(world.organization, [Known("a", "sex", "f"), Known("b", "sex", "m")], ANN)
    count_decisions(made, [Decided(one, one, True, now()) for one in "abc"])

    report = measure(made)

    about = report["attributes"]["sex"]  # type: ignore[index,call-overload]
    assert (about["compared"], about["parity"], about["odds"]) == ([], None, None)
    assert report["unknown"] == {"sex": 1}


PROBE = {
    "agent": "echo",
    "inputs": [{"text": "She asks."}, {"text": "Nobody asks."}],
    "terms": {"women": ["she"], "men": ["he"]},
    "favourable": "output.text.startsWith('He')",
}


def probed(made: BiasMonitor) -> Probe:
    probe = start_probe(made, ANN)
    perform_probe(probe.pk)
    probe.refresh_from_db()
    return probe


def test_a_probe_finds_how_often_an_answer_turns_with_the_group(world: World) -> None:
    found = probed(monitor(world, probe=PROBE))

    assert found.status == "finished"
    assert found.report is not None
    assert {name: found.report[name] for name in ("asked", "n", "changed", "skipped")} == {
        "asked": 2, "n": 1, "changed": 1, "skipped": 1,
    }  # fmt: skip
    assert found.report["groups"]["men"]["favourable"] == 1


def test_a_probe_calls_no_tool_and_leaves_no_run(world: World) -> None:
    world.agent("proposer", "propose")
    probed(monitor(world, probe={**PROBE, "agent": "proposer"}))

    assert Run.objects.count() == 0


def test_policies_may_forbid_a_probe(world: World) -> None:
    world.policy("no-calls", when="true", effect="deny", hooks=["agent.call"])

    found = probed(monitor(world, probe=PROBE))

    assert (found.status, "Policies do not let it be called" in found.error) == ("failed", True)


def test_an_agent_that_fails_makes_a_probe_that_says_so(world: World) -> None:
    world.agent("broken", "fail")

    found = probed(monitor(world, probe={**PROBE, "agent": "broken"}))

    assert found.report is not None
    assert (found.report["n"], found.report["failed"]) == (0, 1)
