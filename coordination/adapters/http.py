"""Call an agent or a tool that answers over HTTP: one POST of JSON, one answer of JSON."""

import json
import time
from collections.abc import Mapping
from typing import Any

import httpx

from coordination.adapters.addresses import filled, target_of
from coordination.adapters.answers import checked_output, plain, result_of
from coordination.adapters.ports import AgentFailed, Result, Task, ToolContext
from coordination.engine.keepable import LARGEST_BYTES
from coordination.shared.json import Json

# The server may do better next time: too early, too busy, or broken for the moment.
RETRYABLE_STATUS = frozenset({408, 425, 429})


def call_http_agent(spec: Mapping[str, Any], task: Task) -> Result:
    """Post a task to an agent's address and return its result; raises AgentFailed."""
    body: dict[str, Json] = {
        "capability": task.capability,
        "input": task.input,
        "config": task.config,
        "agent": task.agent,
        "attempt": task.attempt,
        "timeout_s": task.timeout_s,
        "idempotency_key": task.idempotency_key,
    }
    if task.messages:
        body["messages"] = [
            {"author": message.author, "text": message.text, "sent_at": message.sent_at} for message in task.messages
        ]
    if task.history:
        body["history"] = [
            {"author": turn.author, "text": turn.text, "said_at": turn.said_at, "taint": turn.taint}
            for turn in task.history
        ]
    return result_of(plain(_post(spec, body, task.idempotency_key, task.timeout_s), "The answer"))


def call_http_tool(spec: Mapping[str, Any], args: dict[str, Json], context: ToolContext) -> dict[str, Json]:
    """Post arguments to a tool's address and return its JSON object; raises AgentFailed."""
    body: dict[str, Json] = {"args": args, "idempotency_key": context.idempotency_key}
    return checked_output(_post(spec, body, context.idempotency_key, context.timeout_s))


def _post(spec: Mapping[str, Any], body: dict[str, Json], idempotency_key: str, timeout_s: float) -> Json:
    until = time.monotonic() + timeout_s
    url = str(spec["url"])
    target = target_of(url)
    address = httpx.URL(url)
    headers = {
        **filled(spec.get("headers") or {}),
        "Host": address.netloc.decode(),
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Idempotency-Key": idempotency_key,
    }
    try:
        # No proxy and no redirect: either would lead somewhere that was not checked.
        with (
            httpx.Client(trust_env=False, follow_redirects=False, timeout=timeout_s) as client,
            client.stream(
                "POST",
                address.copy_with(host=target.address),
                content=json.dumps(body).encode(),
                headers=headers,
                extensions={"sni_hostname": target.host},
            ) as response,
        ):
            _check_status(response, target.host)
            return _parsed(_read(response, until), target.host)
    except httpx.TimeoutException as error:
        raise _late(target.host, timeout_s) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = str(error) or type(error).__name__
        raise AgentFailed("unreachable", f"{target.host} could not be reached: {reason}.", retryable=True) from error


def _check_status(response: httpx.Response, host: str) -> None:
    status = response.status_code
    if response.is_success:
        return
    retryable = status in RETRYABLE_STATUS or response.is_server_error
    raise AgentFailed("http-status", f"{host} answered with status {status}.", retryable=retryable)


def _read(response: httpx.Response, until: float) -> bytes:
    """Return the body; a sender that never ends, or trickles, is cut off."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > LARGEST_BYTES:
            raise AgentFailed("too-large", f"The answer has more than the {LARGEST_BYTES:,} bytes allowed.")
        if time.monotonic() > until:
            raise AgentFailed("timeout", "The answer did not end in time.", retryable=True)
    return bytes(body)


def _parsed(body: bytes, host: str) -> Json:
    try:
        said: Json = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise AgentFailed("not-json", f"{host} answered with something that is not JSON.") from None
    return said


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _late(host: str, timeout_s: float) -> AgentFailed:
    return AgentFailed("timeout", f"{host} did not answer within {timeout_s:g} seconds.", retryable=True)
