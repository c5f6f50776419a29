"""Python agents and tools: allowed, in time, with a sound answer."""

import time
from typing import Any

import pytest
from django.db import OperationalError

from coordination.adapters.calling import call_agent, call_tool
from coordination.adapters.ports import AgentFailed, Result, Task
from coordination.memory.errors import KnowledgeBaseUnknown
from tests.integration.adapters import agents
from tests.reaching import PlainReach

HERE = "tests.integration.adapters.agents"


def call(name: str, timeout_s: float = 5.0, reach: PlainReach | None = None, **config: Any) -> Result:
    path = name if "." in name else f"{HERE}.{name}"
    task = Task("work", {"a": 1}, config, agent="worker", timeout_s=timeout_s)
    return call_agent({"python": path}, task, reach or PlainReach())


def failure(name: str, timeout_s: float = 5.0, **config: Any) -> AgentFailed:
    with pytest.raises(AgentFailed) as caught:
        call(name, timeout_s, **config)
    return caught.value


def test_a_good_agents_answer_becomes_plain_json() -> None:
    reach = PlainReach()
    result = call("good", reach=reach)
    assert result.output == {"said": {"a": 1}, "n": 0.5, "pair": [1, 2]}
    assert (result.confidence, result.actions[0].tool, result.sources[0].reference) == (0.75, "mail", "key")
    assert reach.memory == {"seen": {"a": 1}}


def test_an_agent_reaches_through_the_callers_thread() -> None:
    assert call("asks").output == {"rows": [2, 384], "hits": 0, "x": None}


def test_a_hanging_agent_is_given_up_in_time() -> None:
    started = time.monotonic()
    error = failure("hangs", timeout_s=0.2)
    assert time.monotonic() - started < 2
    assert (error.code, error.retryable) == ("timeout", True)


def test_who_was_given_up_can_reach_nothing_any_more() -> None:
    reach = PlainReach()
    with pytest.raises(AgentFailed):
        call("reaches_too_late", timeout_s=0.1, reach=reach)
    time.sleep(0.6)
    assert agents.LATE == ["timeout"]
    assert reach.memory == {}


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (ValueError("odd"), "agent-error", False),
        (ConnectionResetError("gone"), "agent-error", True),
        (OperationalError("away"), "agent-error", True),
        (RecursionError(), "agent-error", False),
        (AgentFailed("busy", "Later.", retryable=True), "busy", True),
        (KnowledgeBaseUnknown(name="x"), "knowledge-base-unknown", False),
    ],
)
def test_whatever_an_agent_raises_is_a_failure(error: Exception, code: str, retryable: bool) -> None:
    failed = failure("raises", error=error)
    assert (failed.code, failed.retryable) == (code, retryable)


def test_an_agent_cannot_end_the_worker() -> None:
    assert failure("leaves").code == "agent-error"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "bad-result"),
        ("text", "bad-result"),
        ({"output": {}}, "bad-result"),
        (Result(None), "bad-result"),
        (Result({"x": object()}), "bad-result"),
        (Result({"x": float("nan")}), "bad-result"),
        (Result({"x": 1e20}), "bad-result"),
        (Result({"x": 2**53}), "bad-result"),
        (Result({"x": "\x00"}), "bad-result"),
        (Result({"x": "\ud800"}), "bad-result"),
        (Result({}, confidence=1.5), "bad-result"),
        (Result({}, confidence="high"), "bad-result"),
        (Result({}, actions=("pay",)), "bad-result"),
        (Result({"x": "y" * 50_000_000}), "too-large"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_garbage_is_a_clear_failure(value: object, code: str) -> None:
    failed = failure("returns", value=value)
    assert (failed.code, failed.retryable) == (code, False)


def test_a_backslash_before_zeroes_is_only_text() -> None:
    assert call("returns", value=Result({"x": "\\u0000"})).output == {"x": "\\u0000"}


def test_a_bottomless_result_is_a_failure() -> None:
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"x": deep}
    assert failure("returns", value=Result(deep)).code == "bad-result"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("os.system", "not-allowed"),
        ("coordination.settings.SECRET_KEY", "not-allowed"),
        ("coordination.bundledevil.run", "not-allowed"),
        ("coordination.bundled.nothing.run", "not-found"),
        (f"{HERE}.unmarked", "not-marked"),
        (f"{HERE}.act", "not-marked"),
        (f"{HERE}.absent", "not-marked"),
        ("", "no-adapter"),
    ],
)
def test_only_marked_functions_of_allowed_modules_are_called(path: str, code: str) -> None:
    with pytest.raises(AgentFailed) as caught:
        call_agent({"python": path}, Task("work", {}), PlainReach())
    assert caught.value.code == code


def test_a_tool_acts_under_its_key() -> None:
    answer = call_tool({"python": f"{HERE}.act"}, {"a": 1}, idempotency_key="k", timeout_s=5)
    assert answer == {"done": {"a": 1}, "key": "k"}


@pytest.mark.parametrize("give", [None, [1], "text", {"x": b"bytes"}])
def test_a_tool_answers_with_an_object(give: Any) -> None:
    with pytest.raises(AgentFailed, match="not"):
        call_tool({"python": f"{HERE}.act_badly"}, {"give": give}, idempotency_key="k", timeout_s=5)
