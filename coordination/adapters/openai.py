"""Call a model behind any OpenAI-compatible server (OpenAI, Azure, Ollama, vLLM, llama.cpp, OpenRouter …)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

from coordination.adapters.addresses import secret, target_of
from coordination.adapters.ports import AgentFailed, Result, Task, Usage
from coordination.adapters.remembering import quoted
from coordination.shared.json import Json

if TYPE_CHECKING:
    from openai import OpenAI
    from openai.types.chat import ChatCompletion

SERVER_KEY = "OPENAI_API_KEY"
MAX_OUTPUT_TOKENS = 1_024


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model said: `data` is the parsed object if a schema was asked for."""

    text: str
    data: dict[str, Json] | None
    usage: Usage


def call_openai_agent(spec: Mapping[str, Any], task: Task) -> Result:
    """Give a task's input to a model and return what it says; raises AgentFailed.

    With `output_schema` in the agent's config the output is an object of that schema, and a number `confidence` in it
    is the result's confidence. Without, the output is {"text": …}.
    """
    schema = task.config.get("output_schema")
    prompt = json.dumps(task.input, ensure_ascii=False, indent=1)
    said = complete(spec, prompt, task, schema if isinstance(schema, dict) else None)
    output: dict[str, Json] = {"text": said.text} if said.data is None else said.data
    return Result(output=output, confidence=_confidence(output), usage=said.usage)


def complete(spec: Mapping[str, Any], prompt: str, task: Task, schema: dict[str, Json] | None = None) -> Completion:
    """Return a model's answer to a prompt; `spec` is {model, system, temperature, base_url, key_env}."""
    # Imported here: it takes most of a second, and many installations have no model.
    import openai  # noqa: PLC0415  (see above)

    messages: list[Any] = [{"role": "user", "content": prompt}]
    if task.history:
        messages.insert(0, {"role": "user", "content": quoted(task.history)})
    for one in task.messages:
        said = f"{one.author}, who oversees your work, tells you: {one.text}"
        messages.append({"role": "user", "content": said})
    if spec.get("system"):
        messages.insert(0, {"role": "system", "content": str(spec["system"])})
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    limit = task.config.get("max_output_tokens")
    try:
        with _client(spec, task.timeout_s) as client:
            answer: ChatCompletion = client.chat.completions.create(
                model=str(spec["model"]),
                messages=messages,
                temperature=float(spec.get("temperature", 0.2)),
                max_tokens=limit if isinstance(limit, int) else MAX_OUTPUT_TOKENS,
                response_format=wanted if schema else openai.omit,
                extra_headers={"Idempotency-Key": task.idempotency_key} if task.idempotency_key else None,
            )
    except openai.APITimeoutError as error:
        raise AgentFailed(
            "timeout", f"The model did not answer within {task.timeout_s:g} s.", retryable=True
        ) from error
    except openai.APIStatusError as error:
        retryable = error.status_code in (408, 409, 429) or error.status_code >= 500
        said = f"The model's server answered with status {error.status_code}."
        raise AgentFailed("http-status", said, retryable=retryable) from error
    except openai.APIConnectionError as error:
        raise AgentFailed("unreachable", "The model's server could not be reached.", retryable=True) from error
    except openai.OpenAIError as error:
        raise AgentFailed("model-error", f"The model's server gave no usable answer: {error}.") from error
    return _completion(answer, task, schema is not None)


def _client(spec: Mapping[str, Any], timeout_s: float) -> "OpenAI":
    import openai  # noqa: PLC0415  (slow to import, as in `complete`)

    key_name = str(spec.get("key_env") or SERVER_KEY)
    own_server = spec.get("base_url")
    if own_server:
        target_of(str(own_server))
    # The operator's key goes to the operator's server only, never to an address from a manifest.
    operators_key = "" if own_server else next(iter(settings.OPENAI_API_KEY), "")
    key = operators_key if key_name == SERVER_KEY else secret(key_name)
    base_url = own_server or settings.OPENAI_BASE_URL
    # Local servers need no key, but the client insists on one.
    return openai.OpenAI(base_url=base_url, api_key=key or "none", timeout=timeout_s, max_retries=0)


def _completion(answer: "ChatCompletion", task: Task, structured: bool) -> Completion:
    text = (answer.choices[0].message.content or "").strip() if answer.choices else ""
    if not text:
        raise AgentFailed("empty-answer", "The model said nothing.", retryable=True)
    data = _parsed(text) if structured else None
    return Completion(text, data, _usage(answer, task.config))


def _parsed(text: str) -> dict[str, Json]:
    try:
        data: Json = json.loads(text)
    except ValueError:
        # A model is not deterministic: the next try may keep to the schema.
        raise AgentFailed("not-json", "The model was asked for JSON and said something else.", retryable=True) from None
    if not isinstance(data, dict):
        raise AgentFailed("not-json", "The model was asked for a JSON object.", retryable=True)
    return data


def _usage(answer: "ChatCompletion", config: Mapping[str, Json]) -> Usage:
    if answer.usage is None:
        return Usage()
    read, written = answer.usage.prompt_tokens, answer.usage.completion_tokens
    # One dollar for a million tokens is one microdollar for one token.
    cost = read * _price(config, "input_usd_per_million") + written * _price(config, "output_usd_per_million")
    return Usage(input_tokens=read, output_tokens=written, cost_microusd=round(cost))


def _price(config: Mapping[str, Json], name: str) -> float:
    value = config.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _confidence(output: Mapping[str, Json]) -> float | None:
    value = output.get("confidence")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 1 else None
