"""Addresses and secrets of agents and tools behind HTTP."""

import os
import re
from collections.abc import Mapping

from coordination.adapters.ports import AgentFailed
from coordination.shared import addresses
from coordination.shared.addresses import Target

SECRET_PREFIX = "AGENT_SECRET_"
_REFERENCE = re.compile(r"\$\{env:([^}]*)\}")


def target_of(url: str) -> Target:
    """Return where a URL leads; raises AgentFailed if it may not be called."""
    try:
        return addresses.target_of(url)
    except addresses.AddressRefused as error:
        raise AgentFailed(error.code, error.message, retryable=error.retryable) from error


def filled(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with every ${env:NAME} filled in; raises AgentFailed for a name that may not be used.

    Only variables that begin with AGENT_SECRET_ are handed out: whoever writes a manifest must not be able to send
    this server's own secrets to an address of their choice.
    """
    return {name: _REFERENCE.sub(lambda match: secret(match[1]), value) for name, value in headers.items()}


def secret(name: str) -> str:
    """Return the value of a secret that agents may use; raises AgentFailed."""
    if not name.startswith(SECRET_PREFIX):
        raise AgentFailed(
            "secret-refused", f"Agents may only use variables that begin with {SECRET_PREFIX}; not {name}."
        )
    value = os.environ.get(name, "")
    if not value:
        raise AgentFailed("secret-missing", f"The environment variable {name} is not set.")
    return value
