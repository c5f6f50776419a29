"""What an agent is given and what it gives back: all that a Python agent needs to import."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypedDict, TypeVar, Unpack

from coordination.adapters.letters import Letters
from coordination.memory.results import Hit, Matrix
from coordination.memory.results import LabelledExamples as Examples
from coordination.messaging.results import AgentMessage
from coordination.shared.json import Json

__all__ = [
    "AGENT_MARK",
    "TOOL_MARK",
    "About",
    "AgentCall",
    "AgentFailed",
    "AgentMessage",
    "Examples",
    "Hit",
    "Letters",
    "Matrix",
    "Message",
    "Proposal",
    "Reach",
    "Result",
    "Source",
    "Task",
    "ToolCallable",
    "ToolContext",
    "Turn",
    "Usage",
    "agent",
    "tool",
]

AGENT_MARK: Final = "__coordination_agent__"
TOOL_MARK: Final = "__coordination_tool__"


@dataclass(frozen=True, slots=True)
class Message:
    """What a person who oversees the work wants the agent to know."""

    author: str
    text: str
    sent_at: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that was said or done before; `taint` says why what it rests on is not to be trusted."""

    author: str
    text: str
    said_at: str = ""
    taint: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work for one agent."""

    capability: str
    input: dict[str, Json]
    config: dict[str, Json] = field(default_factory=dict)
    agent: str = ""
    idempotency_key: str = ""
    timeout_s: float = 30.0
    attempt: int = 1
    messages: tuple[Message, ...] = ()
    # What happened before, as far as the agent's config asks for it.
    history: tuple[Turn, ...] = ()


class About(TypedDict, total=False):
    """What may be said about something that is remembered."""

    source: str
    classification: str
    # Forgotten after so long.
    ttl_s: float
    # Written only if it is at this version; 0: if it is not there yet.
    expected_version: int


class Reach(Protocol):
    """What a working agent may reach; every call is decided by policy and recorded as a data access."""

    @property
    def letters(self) -> Letters:
        """Return the messages between this agent and others of its run."""

    @property
    def stopping(self) -> bool:
        """Tell whether nobody waits for this work any longer: it was cancelled, or its time is over."""

    def search(self, knowledge_base: str, query: str, k: int = 5) -> list[Hit]:
        """Return the passages that answer the query best, best first."""

    def examples(self, knowledge_base: str) -> Examples:
        """Return every labelled example of a knowledge base."""

    def embed(self, texts: Sequence[str], model: str = "minilm") -> Matrix:
        """Return one unit-length row for each text; models: minilm (384 wide), wordllama (256 wide, much faster)."""

    def recall(self, key: str, namespace: str = "run") -> Json:
        """Return what is remembered under a key, or None: in this run, by this agent, or in the organization."""

    def remember(
        self, key: str, value: Json, confidence: float | None = None, *, namespace: str = "run", **about: Unpack[About]
    ) -> int:
        """Keep a value under a key and return its version: for this run, for this agent's later runs, or for all.

        It is classified at least as high as what the agent has read for this work, and tainted as the run is.
        With `expected_version` (0: not there yet) it fails as `memory-changed` if somebody wrote in between.
        """

    def history(self, tokens: int = 1_000) -> list[Turn]:
        """Return what the steps before this one came to, the oldest first, the newest that fit into so many tokens."""

    def conversation(self, name: str, tokens: int = 1_000) -> list[Turn]:
        """Return the newest turns of a conversation that fit into so many tokens, the oldest first."""

    def say(self, conversation: str, text: str, author: str = "") -> None:
        """Add a turn to a conversation; without an author it is this agent's."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a call consumed."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_microusd: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """An action that the agent proposes; whether it happens is decided elsewhere."""

    tool: str
    args: dict[str, Json]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """What an answer rests on; `reference` is the document's key or an address."""

    title: str
    reference: str
    text: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What an agent gives back: JSON output, and how sure it is from 0 to 1 if it can tell."""

    output: dict[str, Json]
    confidence: float | None = None
    rationale: str = ""
    usage: Usage = Usage()
    actions: tuple[Proposal, ...] = ()
    sources: tuple[Source, ...] = ()


class AgentFailed(Exception):
    """An agent or tool could not do its work; `retryable` says whether the same call may succeed later."""

    def __init__(self, code: str, message: str, *, retryable: bool = False) -> None:
        self.code = code
        self.retryable = retryable
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool knows about its call: the same key means the same effect, however often it is asked."""

    idempotency_key: str
    timeout_s: float = 30.0


AgentCall = Callable[[Task, Reach], Result]
ToolCallable = Callable[[dict[str, Json], ToolContext], Mapping[str, Json]]
_Agent = TypeVar("_Agent", bound=AgentCall)
_Tool = TypeVar("_Tool", bound=ToolCallable)


def agent(function: _Agent) -> _Agent:
    """Mark a function as an agent that the python adapter may call."""
    setattr(function, AGENT_MARK, True)
    return function


def tool(function: _Tool) -> _Tool:
    """Mark a function as a tool that the python adapter may call."""
    setattr(function, TOOL_MARK, True)
    return function
