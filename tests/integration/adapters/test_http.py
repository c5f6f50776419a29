"""Agents and tools that answer over HTTP."""

import time
from typing import Any

import pytest

from coordination.adapters.addresses import target_of
from coordination.adapters.calling import call_agent, call_tool
from coordination.adapters.ports import AgentFailed, Proposal, Result, Source, Task, Usage
from tests.integration.adapters.serving import Server
from tests.reaching import PlainReach

TASK = Task("translate", {"text": "hallo"}, {"to": "en"}, "translator", "run-1/step/1", 2.0, 1)


def call(server: Server, **spec: Any) -> Result:
    return call_agent({"http": {"url": server.url, **spec}}, TASK, PlainReach())


def failure(server: Server, **spec: Any) -> AgentFailed:
    with pytest.raises(AgentFailed) as caught:
        call(server, **spec)
    return caught.value


def test_sends_the_task_and_reads_the_result(server: Server) -> None:
    server.answers(
        {
            "output": {"text": "hello"},
            "confidence": 0.9,
            "rationale": "A greeting.",
            "usage": {"input_tokens": 3, "output_tokens": 1, "cost_microusd": 12},
            "actions": [{"tool": "outbox.send", "args": {"to": "x"}, "reason": "Asked."}],
            "sources": [{"title": "Dictionary", "reference": "d-1"}],
            "something_new": True,
        }
    )
    assert call(server) == Result(
        {"text": "hello"},
        0.9,
        "A greeting.",
        Usage(3, 1, 12),
        (Proposal("outbox.send", {"to": "x"}, "Asked."),),
        (Source("Dictionary", "d-1"),),
    )
    assert server.asked == [
        {
            "capability": "translate",
            "input": {"text": "hallo"},
            "config": {"to": "en"},
            "agent": "translator",
            "attempt": 1,
            "timeout_s": 2.0,
            "idempotency_key": "run-1/step/1",
        }
    ]
    assert server.heard[0]["idempotency-key"] == "run-1/step/1"
    assert server.heard[0]["host"] == server.url.split("/")[2]


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(400, False), (404, False), (302, False), (408, True), (429, True), (500, True), (503, True)],
)
def test_a_status_says_whether_to_try_again(server: Server, status: int, retryable: bool) -> None:
    server.answers({"output": {}}, status)
    server.headers = {"Location": "http://127.0.0.1:1/elsewhere"}
    failed = failure(server)
    assert (failed.code, failed.retryable) == ("http-status", retryable)
    assert str(status) in str(failed)


@pytest.mark.parametrize("body", [b"", b"<html>sorry</html>", b'{"output": NaN}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_json_is_a_failure(server: Server, body: bytes) -> None:
    server.body = body
    failed = failure(server)
    assert (failed.code, failed.retryable) == ("not-json", False)


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({}, "/output"),
        ([], "/"),
        ({"output": "text"}, "/output"),
        ({"output": {}, "confidence": "high"}, "/confidence"),
        ({"output": {}, "confidence": 2}, "/confidence"),
        ({"output": {}, "actions": [{"args": {}}]}, "/actions/0/tool"),
        ({"output": {}, "usage": {"input_tokens": -1}}, "/usage/input_tokens"),
    ],
)
def test_the_wrong_shape_is_named(server: Server, said: Any, where: str) -> None:
    server.answers(said)
    failed = failure(server)
    assert failed.code == "bad-result"
    assert f"at {where}:" in str(failed)


def test_too_much_is_cut_off(server: Server) -> None:
    server.answers({"output": {"x": "y" * 2_000_000}})
    assert failure(server).code == "too-large"


@pytest.mark.parametrize(
    "how", [{"delay_s": 5.0}, {"trickle_s": 0.05, "body": b" " * 1000}], ids=["silent", "trickling"]
)
def test_who_is_too_slow_is_given_up(server: Server, how: dict[str, Any]) -> None:
    for name, value in how.items():
        setattr(server, name, value)
    started = time.monotonic()
    failed = call_failure_within(server, 0.5)
    assert time.monotonic() - started < 2
    assert (failed.code, failed.retryable) == ("timeout", True)


def call_failure_within(server: Server, timeout_s: float) -> AgentFailed:
    with pytest.raises(AgentFailed) as caught:
        call_agent({"http": {"url": server.url}}, Task("x", {}, timeout_s=timeout_s), PlainReach())
    return caught.value


def test_who_is_away_may_come_back(server: Server) -> None:
    server.url = "http://127.0.0.1:9/agent"
    failed = failure(server)
    assert (failed.code, failed.retryable) == ("unreachable", True)


def test_a_secret_comes_from_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_SECRET_TRANSLATOR", "s3cret")
    server.answers({"output": {}})
    call(server, headers={"Authorization": "Bearer ${env:AGENT_SECRET_TRANSLATOR}"})
    assert server.heard[0]["authorization"] == "Bearer s3cret"


@pytest.mark.parametrize(
    ("name", "code"),
    [("SECRET_KEY", "secret-refused"), ("PATH", "secret-refused"), ("AGENT_SECRET_NONE", "secret-missing")],
)
def test_this_servers_own_secrets_stay_here(server: Server, name: str, code: str) -> None:
    failed = failure(server, headers={"X-Key": f"${{env:{name}}}"})
    assert failed.code == code
    assert server.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://2852039166/",
        "http://0.0.0.0/",
        "http://[fd00:ec2::254]/",
        "http://224.0.0.1/",
    ],
)
def test_metadata_addresses_are_never_called(url: str) -> None:
    with pytest.raises(AgentFailed) as caught:
        target_of(url)
    assert caught.value.code == "address-refused"


@pytest.mark.parametrize(
    "url", ["ftp://example.org", "file:///etc/passwd", "http://", "//x", "http://user:pw@127.0.0.1/"]
)
def test_only_plain_web_addresses_are_called(url: str) -> None:
    with pytest.raises(AgentFailed) as caught:
        target_of(url)
    assert caught.value.code == "bad-address"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/", "http://10.1.2.3/", "http://[::1]/", "http://192.168.0.1/"])
def test_private_addresses_can_be_turned_off(url: str, settings: Any) -> None:
    target_of(url)
    settings.AGENT_PRIVATE_ADDRESSES = False
    with pytest.raises(AgentFailed, match="AGENT_PRIVATE_ADDRESSES"):
        target_of(url)


def test_a_tool_over_http(server: Server) -> None:
    server.answers({"receipt": "R-1"})
    answer = call_tool({"http": {"url": server.url}}, {"order": "7"}, idempotency_key="k-1", timeout_s=2)
    assert answer == {"receipt": "R-1"}
    assert server.asked == [{"args": {"order": "7"}, "idempotency_key": "k-1"}]
    assert server.heard[0]["idempotency-key"] == "k-1"
