"""What a workflow asks of its organization, by name."""

from typing import Any

from coordination.engine.flow.definition import WorkflowSpec
from coordination.engine.flow.references import certain_calls, endless, references_in
from coordination.engine.manifest import pointer


def spec(*steps: dict[str, Any]) -> WorkflowSpec:
    return WorkflowSpec.model_validate({"steps": [{"id": f"s{at}", **step} for at, step in enumerate(steps)]})


def test_every_name_is_found_with_its_place() -> None:
    found = references_in(
        spec(
            {"agent": {"capability": "read", "fallback": [{"name": "ann"}, {"role": "helper"}]}},
            {"action": {"tool": "send"}, "compensate": {"action": {"tool": "unsend"}}},
            {"map": {"over": [], "agent": {"capability": "score"}}},
            {"loop": {"until": "true", "workflow": {"name": "inner"}}},
            {"workflow": {"name": "other"}},
            {"set": {}},
        )
    )
    assert {(one.kind, one.name, pointer(one.path).removeprefix("/spec/steps/")) for one in found} == {
        ("capability", "read", "0/agent/capability"),
        ("agent", "ann", "0/agent/fallback/0/name"),
        ("role", "helper", "0/agent/fallback/1/role"),
        ("tool", "send", "1/action/tool"),
        ("tool", "unsend", "1/compensate/action/tool"),
        ("capability", "score", "2/map/agent/capability"),
        ("workflow", "inner", "3/loop/workflow/name"),
        ("workflow", "other", "4/workflow/name"),
    }


def test_a_call_is_certain_unless_it_may_be_left_out() -> None:
    calls = certain_calls(
        spec(
            {"workflow": {"name": "always"}},
            {"workflow": {"name": "sometimes"}, "when": "${input.x}"},
            {"map": {"over": [], "workflow": {"name": "for-each"}}},
            {"loop": {"until": "true", "workflow": {"name": "at-least-once"}}},
        )
    )
    assert [name for name, _ in calls] == ["always", "at-least-once"]


def test_the_way_back_is_the_shortest() -> None:
    calls = {"b": ["c", "d"], "c": ["d"], "d": ["a"], "x": ["x"]}
    assert endless("a", calls, "b") == ["a", "b", "d", "a"]
    assert endless("a", calls, "a") == ["a", "a"]
    assert endless("a", calls, "x") == ()
