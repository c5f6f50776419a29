"""Random workflows of every kind of step."""

from typing import Any

from hypothesis import strategies as st

from coordination.engine.flow.definition import KINDS
from coordination.engine.flow.graph import Plan
from tests.unit.engine.flow.plays import plan

WORK = {"capability": "work"}
VALUE = {"items": [1, 2, 3, 4], "yes": True, "no": False}


@st.composite
def graphs(draw: st.DrawFn, kinds: tuple[str, ...] = KINDS, *, in_order: bool = False, most: int = 6) -> Plan:
    """Draw a workflow; `in_order`: only such as end the same way whatever happens first."""
    steps: list[dict[str, Any]] = []
    for index in range(draw(st.integers(1, most))):
        earlier = [step["id"] for step in steps]
        needs = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=3)) if earlier else []
        steps.append(draw(_steps(f"s{index}", needs, kinds, in_order)))
    return plan(*steps, output={"last": f"${{steps.{steps[-1]['id']}.status}}"})


@st.composite
def _steps(draw: st.DrawFn, step_id: str, needs: list[str], kinds: tuple[str, ...], in_order: bool) -> dict[str, Any]:
    kind = draw(st.sampled_from(kinds))
    made = {"id": step_id, "needs": needs, kind: draw(_kind(kind, step_id, in_order))}
    if kind in {"agent", "vote", "negotiate", "action", "workflow"}:
        made["retry"] = {"max": draw(st.integers(0, 2)), "on": draw(st.sampled_from([[], ["x"], ["y"]]))}
    made["on_error"] = "continue" if in_order else draw(_ON_ERROR)
    made["join"] = "all" if in_order else draw(st.sampled_from(["all", "all", "any"]))
    if draw(st.integers(0, 4)) == 0:
        made["when"] = draw(st.sampled_from(["${input.yes}", "${input.no}", "${1 / 0 == 1}"]))
    if draw(st.integers(0, 3)) == 0 and not in_order:
        made["timeout"] = "5m"
    if draw(st.integers(0, 1)) == 0:
        body = draw(st.sampled_from([{"agent": WORK}, {"action": {"tool": "undo"}}]))
        made["compensate"] = {**body, "retry": {"max": draw(st.integers(0, 1))}}
    return made


_ON_ERROR = st.sampled_from(["fail", "continue", "continue", "escalate", "compensate", "compensate"])


@st.composite
def _kind(draw: st.DrawFn, kind: str, step_id: str, in_order: bool) -> Any:
    match kind:
        case "agent":
            return draw(_call(in_order))
        case "vote":
            return draw(_vote())
        case "negotiate":
            return draw(_negotiation())
        case "action":
            return {"tool": "act"}
        case "approval":
            return {"role": "reviewer", "title": "May we?"}
        case "set":
            return {"n": draw(st.sampled_from([1, 2, "${1 / 0}"]))}
        case "workflow":
            return {"name": "other", "input": {"n": draw(st.sampled_from([1, "${1 / 0}"]))}}
        case "wait":
            return draw(st.sampled_from([{"for": "5m"}, {"until": "2027-01-31T12:00:00Z"}, {"signal": "paid"}]))
        case "map":
            return {
                "over": draw(st.sampled_from(["${input.items}", [1], [], [1, 2], "${input.yes}"])),
                "concurrency": draw(st.integers(1, 3)),
                "max_failures": 4 if in_order else draw(st.integers(0, 2)),
                **draw(_body(step_id)),
            }
    return {
        "until": f"${{round >= {draw(st.integers(1, 3))} || steps.{step_id}.output.n == 2}}",
        "max": draw(st.integers(1, 3)),
        "exhausted": draw(st.sampled_from(["fail", "accept"])),
        **draw(_body(step_id)),
    }


@st.composite
def _body(draw: st.DrawFn, step_id: str) -> dict[str, Any]:
    kind = draw(st.sampled_from(["agent", "action", "workflow", "set"]))
    body: dict[str, Any] = {
        "agent": {"agent": WORK, "retry": {"max": draw(st.integers(0, 1))}},
        "action": {"action": {"tool": "act"}},
        "workflow": {"workflow": {"name": "other", "input": {"n": draw(st.sampled_from([1, "${1 / 0}"]))}}},
        "set": {"set": {"n": draw(st.sampled_from([1, 2, "${1 / 0}"]))}},
    }[kind]
    return body


@st.composite
def _vote(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "voters": [WORK, {"name": "second"}],
        "n": draw(st.integers(1, 3)),
        "rule": draw(st.sampled_from(["majority", "weighted", "unanimous", "borda", "schulze"])),
        "options": draw(st.sampled_from([None, ["a", "b"], "${input.items}", "${input.yes}"])),
        "quorum": draw(st.sampled_from([0.0, 0.5, 1.0])),
        "refuted": draw(st.sampled_from([{}, {"a": "wrong"}, "${1 / 0}"])),
        "unsettled": draw(st.sampled_from(["ask", "ask", "fail"])),
    }


@st.composite
def _negotiation(draw: st.DrawFn) -> dict[str, Any]:
    protocol = draw(st.sampled_from(["auction", "contract-net", "alternating", "concession", "mediated"]))
    about: dict[str, Any] = {"options": draw(st.sampled_from([["a", "b", "c"], "${input.items}", "${input.yes}"]))}
    if protocol == "contract-net":
        about = {"jobs": ["a", "b"]}
    elif protocol == "auction":
        about = {"limit": draw(st.sampled_from([None, 5, "${1 / 0}"])), "perform": draw(st.sampled_from([None, {}]))}
    return {
        "protocol": protocol,
        "parties": [WORK],
        "rounds": draw(st.integers(1, 4)),
        "unsettled": draw(st.sampled_from(["ask", "ask", "fail"])),
        **about,
    }


@st.composite
def _call(draw: st.DrawFn, in_order: bool) -> dict[str, Any]:
    strategy = draw(st.sampled_from(["best", "all"] if in_order else ["best", "best", "race", "all"]))
    fallback = draw(st.lists(st.just({"name": "second"}), max_size=1))
    return {**WORK, "strategy": strategy, "fallback": fallback}
