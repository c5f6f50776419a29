"""Call an agent or a tool, whatever it is made of: in time, with a sound answer, or a clear failure."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.db import InterfaceError, OperationalError

from coordination.adapters.answers import checked_output, checked_result
from coordination.adapters.deadline import within
from coordination.adapters.http import call_http_agent, call_http_tool
from coordination.adapters.openai import call_openai_agent
from coordination.adapters.ports import AgentFailed, Reach, Result, Task, ToolContext
from coordination.adapters.python import load_agent, load_tool
from coordination.adapters.remembering import keep_turns, with_history
from coordination.shared.errors import CoordinationError
from coordination.shared.json import Json

logger = logging.getLogger(__name__)

# What may be gone the next time: the network, a file, the database.
_PASSING = (OSError, OperationalError, InterfaceError)


def call_agent(adapter: Mapping[str, Any], task: Task, reach: Reach) -> Result:
    """Let an agent do a task and return its checked result; raises AgentFailed, nothing else."""
    try:
        return within(task.timeout_s, reach, asking(adapter, task))
    except BaseException as error:  # An agent's SystemExit must not end the worker.
        raise failure_of(error, task.agent) from error


def call_tool(
    adapter: Mapping[str, Any], args: dict[str, Json], *, idempotency_key: str, timeout_s: float
) -> dict[str, Json]:
    """Let a tool act and return its checked answer; raises AgentFailed, nothing else."""
    try:
        return within(timeout_s, None, acting(adapter, args, ToolContext(idempotency_key, timeout_s)))
    except BaseException as error:  # An agent's SystemExit must not end the worker.
        raise failure_of(error, "") from error


def asking(adapter: Mapping[str, Any], task: Task) -> Callable[[Reach], Result]:
    """Return the code of an agent's work; it may raise anything."""
    return lambda reach: _ask(adapter, task, reach)


def acting(
    adapter: Mapping[str, Any], args: dict[str, Json], context: ToolContext
) -> Callable[[Reach], dict[str, Json]]:
    """Return the code of a tool's act; it may raise anything."""
    return lambda _: _act(adapter, args, context)


def failure_of(error: BaseException, agent: str) -> AgentFailed:
    """Return the failure that stands for what an agent, or a tool where none is named, raised; log where from."""
    if isinstance(error, AgentFailed):
        return error
    if isinstance(error, CoordinationError):
        return AgentFailed(error.code, str(error))
    who = agent or "the tool"
    logger.warning("%s raised %s", who, type(error).__name__, exc_info=error)
    sentence = f"{who} raised {type(error).__name__}: {str(error)[:300]}".rstrip(": ")
    return AgentFailed("agent-error", sentence, retryable=isinstance(error, _PASSING))


def _ask(adapter: Mapping[str, Any], task: Task, reach: Reach) -> Result:
    if adapter.get("python"):
        return checked_result(load_agent(adapter["python"])(task, reach))
    told = with_history(task, reach)
    if adapter.get("http"):
        result = call_http_agent(adapter["http"], told)
    elif adapter.get("openai"):
        result = checked_result(call_openai_agent(adapter["openai"], told))
    else:
        raise AgentFailed("no-adapter", "The agent's adapter names none of python, http and openai.")
    keep_turns(told, result, reach)
    return result


def _act(adapter: Mapping[str, Any], args: dict[str, Json], context: ToolContext) -> dict[str, Json]:
    if adapter.get("python"):
        return checked_output(load_tool(adapter["python"])(args, context))
    if adapter.get("http"):
        return call_http_tool(adapter["http"], args, context)
    raise AgentFailed("no-adapter", "The tool's adapter names neither python nor http.")
