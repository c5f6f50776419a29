"""Where policies are asked: the one table of all hooks. A new hook is a line here and a call of the guard."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

RUN_START: Final = "run.start"
AGENT_CALL: Final = "agent.call"
ACTION: Final = "action"
TOOL_CALL: Final = "tool.call"
DATA_ACCESS: Final = "data.access"
MEMORY_READ: Final = "memory.read"
MEMORY_WRITE: Final = "memory.write"
MESSAGE: Final = "message"
STEP_RESULT: Final = "step.result"
AGENT_CHANGE: Final = "agent.change"
POLICY_CHANGE: Final = "policy.change"


@dataclass(frozen=True, slots=True)
class Hook:
    """One kind of act that rules can speak about.

    Where nobody `may_ask`, the act cannot wait for a person's answer, and a rule cannot require one. What is not
    `recorded` leaves a decision only where the organization has a rule for it. `redacts` is the fact whose content a
    rule may take out; the rules of the hook that it is `like` hold here too.
    """

    name: str
    title: str
    # The beginnings of the facts that are known here besides those that always are.
    knows: tuple[str, ...]
    redacts: str = ""
    may_ask: bool = False
    recorded: bool = False
    like: str = ""


_ALWAYS = ("hook", "now", "org", "facts")
_IN_A_RUN = ("run", "step", "rate")
_HISTORY = ("history", "flow")
_AGENT = ("agent", "capability")
_TOOL = ("action", "risk", "confidence", "resource", "provenance", "task", "pii")
_TABLE = (
    Hook(RUN_START, "before a run starts", ("run", "pii"), redacts="run.input"),
    Hook(
        AGENT_CALL,
        "before an agent is called",
        (*_IN_A_RUN, *_HISTORY, *_AGENT, "call", "confidence", "pii"),
        redacts="call.input",
        may_ask=True,
        recorded=True,
    ),
    Hook(
        ACTION,
        "before an action",
        (*_IN_A_RUN, *_HISTORY, *_AGENT, *_TOOL),
        redacts="action.args",
        may_ask=True,
        recorded=True,
    ),
    Hook(
        TOOL_CALL,
        "before an agent elsewhere calls a tool",
        (*_IN_A_RUN, *_HISTORY, *_AGENT, *_TOOL),
        redacts="action.args",
        may_ask=True,
        recorded=True,
        like=ACTION,
    ),
    Hook(
        DATA_ACCESS,
        "before an agent reads data",
        (*_IN_A_RUN, *_HISTORY, *_AGENT, "data", "resource", "pii"),
        redacts="data.texts",
    ),
    Hook(
        MEMORY_READ,
        "before an agent reads memory",
        (*_IN_A_RUN, *_HISTORY, *_AGENT, "memory", "resource", "pii"),
        redacts="memory.value",
    ),
    Hook(
        MEMORY_WRITE,
        "before an agent writes memory",
        (*_IN_A_RUN, *_HISTORY, *_AGENT, "memory", "resource", "confidence", "pii"),
        redacts="memory.value",
    ),
    Hook(
        MESSAGE,
        "before a message between agents",
        (*_IN_A_RUN, *_HISTORY, *_AGENT, "message", "pii"),
        redacts="message.text",
    ),
    Hook(
        STEP_RESULT,
        "before a step's result counts",
        (*_IN_A_RUN, *_HISTORY, *_AGENT, "action", "result", "confidence", "pii"),
        redacts="result.output",
    ),
    Hook(AGENT_CHANGE, "before an agent, a role or a tool changes", ("change",)),
    Hook(POLICY_CHANGE, "before a policy changes", ("change",)),
)
HOOKS: Final[Mapping[str, Hook]] = {hook.name: hook for hook in _TABLE}


def hooks_of(rule_hooks: frozenset[str]) -> frozenset[str]:
    """Return where a rule holds: at the hooks it names, and at those that are like one of them."""
    return frozenset(hook.name for hook in _TABLE if hook.name in rule_hooks or hook.like in rule_hooks)


def knows(hook: Hook, fact: str) -> bool:
    """Tell whether a fact has a meaning at a hook; elsewhere it is zero."""
    return any(fact == start or fact.startswith(f"{start}.") for start in (*_ALWAYS, *hook.knows))
