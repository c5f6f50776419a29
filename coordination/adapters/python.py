"""Call a Python function of a module that the operator allows."""

import importlib
from collections.abc import Callable
from typing import Any, cast

from django.conf import settings

from coordination.adapters.ports import AGENT_MARK, TOOL_MARK, AgentCall, AgentFailed, ToolCallable


def load_agent(path: str) -> AgentCall:
    """Return the agent function at a dotted path; raises AgentFailed unless it is allowed and marked with @agent."""
    return cast(AgentCall, _load(path, AGENT_MARK, "@agent"))


def load_tool(path: str) -> ToolCallable:
    """Return the tool function at a dotted path; raises AgentFailed unless it is allowed and marked with @tool."""
    return cast(ToolCallable, _load(path, TOOL_MARK, "@tool"))


def _load(path: str, mark: str, decorator: str) -> Callable[..., Any]:
    module_name, _, name = path.rpartition(".")
    # Decided by name, before anything is imported: importing is running.
    if not any(module_name == allowed or module_name.startswith(f"{allowed}.") for allowed in settings.AGENT_MODULES):
        allowed = ", ".join(settings.AGENT_MODULES)
        raise AgentFailed("not-allowed", f"{path} is not in a module that AGENT_MODULES allows ({allowed}).")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise AgentFailed("not-found", f"The module {module_name} cannot be imported: {error}.") from error
    function = getattr(module, name, None)
    if not callable(function) or not getattr(function, mark, False):
        raise AgentFailed("not-marked", f"{path} is not a function marked with {decorator}.")
    return cast(Callable[..., Any], function)
