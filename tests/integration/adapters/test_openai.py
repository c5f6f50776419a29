"""Models behind an OpenAI-compatible server, and the writer that uses one."""

import json
from typing import Any

import pytest

from coordination.adapters.calling import call_agent
from coordination.adapters.ports import AgentFailed, Result, Task, Usage
from tests.integration.adapters.serving import Server
from tests.reaching import PlainReach

SCHEMA = {"type": "object", "properties": {"intent": {"type": "string"}}}


@pytest.fixture(autouse=True)
def model_server(server: Server, settings: Any) -> None:
    settings.OPENAI_BASE_URL = server.url
    settings.OPENAI_API_KEY = ["sk-operator"]


def says(server: Server, text: str) -> None:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 200, "completion_tokens": 50, "total_tokens": 250}
    server.answers(
        {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    )


def call(config: dict[str, Any] | None = None, **spec: Any) -> Result:
    task = Task("think", {"text": "hello"}, config or {}, "thinker", "key-1", 5.0)
    return call_agent({"openai": {"model": "m", "system": "Be brief.", **spec}}, task, PlainReach())


def failure(config: dict[str, Any] | None = None, **spec: Any) -> AgentFailed:
    with pytest.raises(AgentFailed) as caught:
        call(config, **spec)
    return caught.value


def test_text_and_what_it_cost(server: Server) -> None:
    says(server, "Hi!")
    result = call({"input_usd_per_million": 2.0, "output_usd_per_million": 8})
    assert result == Result({"text": "Hi!"}, usage=Usage(200, 50, 800))
    assert server.paths == ["/agent/chat/completions"]
    assert server.asked[0]["messages"][0] == {"role": "system", "content": "Be brief."}
    assert json.loads(server.asked[0]["messages"][1]["content"]) == {"text": "hello"}
    assert server.heard[0]["authorization"] == "Bearer sk-operator"
    assert server.heard[0]["idempotency-key"] == "key-1"


def test_a_schema_is_asked_for_and_read(server: Server) -> None:
    says(server, '{"intent": "greeting", "confidence": 0.8}')
    result = call({"output_schema": SCHEMA})
    assert (result.output["intent"], result.confidence) == ("greeting", 0.8)
    assert server.asked[0]["response_format"]["json_schema"]["schema"] == SCHEMA


@pytest.mark.parametrize(("text", "code"), [("no json", "not-json"), ("[1]", "not-json"), ("", "empty-answer")])
def test_a_model_that_rambles_may_do_better_next_time(server: Server, text: str, code: str) -> None:
    says(server, text)
    failed = failure({"output_schema": SCHEMA})
    assert (failed.code, failed.retryable) == (code, True)


@pytest.mark.parametrize(("status", "retryable"), [(401, False), (404, False), (429, True), (500, True)])
def test_a_status_says_whether_to_try_again(server: Server, status: int, retryable: bool) -> None:
    server.answers({"error": {"message": "no"}}, status)
    failed = failure()
    assert (failed.code, failed.retryable) == ("http-status", retryable)


def test_who_is_away_may_come_back(settings: Any) -> None:
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"
    failed = failure()
    assert (failed.code, failed.retryable) == ("unreachable", True)


def test_the_operators_key_never_goes_to_a_manifests_address(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    says(server, "Hi!")
    call(base_url=server.url)
    assert "sk-operator" not in server.heard[0]["authorization"]
    monkeypatch.setenv("AGENT_SECRET_MODEL", "sk-own")
    call(base_url=server.url, key_env="AGENT_SECRET_MODEL")
    assert server.heard[1]["authorization"] == "Bearer sk-own"
    assert failure(key_env="DATABASE_URL").code == "secret-refused"
    assert failure(base_url="http://169.254.169.254/v1").code == "address-refused"


def test_the_writer_is_held_to_its_sources(server: Server) -> None:
    says(server, json.dumps({"reply": "The desk lamp takes an E14 bulb."}))
    passages = [{"key": "lamps", "title": "Lamps", "text": "The desk lamp takes an E14 bulb."}]
    task = Task("write.reply", {"message": "Which bulb?", "passages": passages}, {"model": "m"}, timeout_s=5.0)
    result = call_agent({"python": "coordination.bundled.reply.with_model"}, task, PlainReach())
    assert "The desk lamp takes an E14 bulb. [1]" in result.output["reply"]
    assert result.confidence == 1.0
    assert result.usage.input_tokens == 200
    assert "[1] Lamps: The desk lamp" in server.asked[0]["messages"][1]["content"]


def test_the_writer_needs_a_model(server: Server) -> None:
    with pytest.raises(AgentFailed, match=r"config\.model"):
        call_agent(
            {"python": "coordination.bundled.reply.with_model"}, Task("write.reply", {"message": "Hi"}), PlainReach()
        )
    assert server.asked == []
