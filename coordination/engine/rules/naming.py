"""What facts are called in sentences, and back; a fact without a name of its own goes by its dotted one."""

import re
from collections.abc import Mapping
from typing import Final

TITLES: Final[Mapping[str, str]] = {
    "org.slug": "the organization",
    "agent.name": "the agent",
    "agent.version": "the agent’s version",
    "agent.role": "the agent’s role",
    "agent.authority": "the agent’s authority",
    "agent.status": "the agent’s state",
    "agent.labels": "the agent’s labels",
    "agent.age_days": "the agent’s age in days",
    "capability": "the capability",
    "action.name": "the action",
    "action.version": "the action’s version",
    "action.effect": "the action’s effect",
    "action.reversibility": "the action’s reversibility",
    "action.classification": "the action’s classification",
    "action.labels": "the action’s labels",
    "action.amount": "the amount",
    "run.workflow": "the workflow",
    "run.version": "the workflow’s version",
    "run.cost_usd": "the run’s cost",
    "run.started_by": "who started the run",
    "run.priority": "the run’s priority",
    "run.depth": "the run’s depth",
    "step.id": "the step",
    "step.attempt": "the attempt",
    "step.kind": "the kind of step",
    "confidence": "the confidence",
    "risk.score": "the risk",
    "risk.likelihood": "the likelihood of harm",
    "risk.parts": "the parts of the risk",
    "history.tools": "the tools used before",
    "history.tainted_sources": "the untrusted sources read before",
    "action.draw": "the draw for samples",
    "history.repeats": "the number of same acts before",
    "flow.labels": "the labels of what flows",
    "rate.calls_1m": "the number of calls in a minute",
    "rate.denials_1h": "the number of refusals in an hour",
    "rate.actions": "the number of actions of this version of the agent so far",
    "pii.kinds": "the personal data found",
    "provenance.untrusted": "the arguments from untrusted sources",
    "task.tools": "the tools of the task",
    "task.prompt": "the task",
    "resource.kind": "the kind of resource",
    "resource.name": "the resource",
    "resource.organization": "the organization that owns it",
    "resource.classification": "the resource’s classification",
    "call.cost_usd": "the cost of the call",
    "data.name": "the data",
    "data.kind": "the kind of data",
    "data.classification": "the classification of the data",
    "data.purpose": "the purpose of reading",
    "memory.key": "the key in memory",
    "memory.classification": "the classification in memory",
    "memory.writer": "who wrote the memory",
    "message.sender": "the sender",
    "message.recipient": "the recipient",
    "message.kind": "the kind of message",
    "message.text": "the message",
    "result.actions": "the actions that the result proposes",
    "result.cost_usd": "the cost of the result",
    "result.tokens": "the tokens of the result",
    "change.kind": "the kind of thing changed",
    "change.verb": "the change",
    "change.name": "the name of what changes",
    "change.by": "who changes it",
    "facts.sentiment": "the sentiment",
    "facts.intent": "the intent",
    "facts.confidence": "the agents’ confidence",
}
_NAMES: Final = {title: name for name, title in TITLES.items()}
_LONGEST_FIRST: Final = sorted(_NAMES, key=len, reverse=True)
_DOTTED: Final = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


def title_of(name: str) -> str:
    """Return what a sentence calls a fact."""
    return TITLES.get(name, name)


def names_at(text: str, at: int) -> list[tuple[str, int]]:
    """Return the facts that a sentence may speak of at a place, each with where its name ends, the longest first."""
    found = [(_NAMES[title], at + len(title)) for title in _LONGEST_FIRST if text.startswith(title, at)]
    dotted = _DOTTED.match(text, at)
    return [*found, (dotted[0], dotted.end())] if dotted else found


def is_name(text: str) -> bool:
    """Tell whether a text is a dotted name."""
    return _DOTTED.fullmatch(text) is not None
