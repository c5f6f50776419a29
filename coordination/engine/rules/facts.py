"""What a rule may know: typed variables about what is going to happen, within hard limits."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

FACTS: Final[Mapping[str, str]] = {
    "hook": "string",
    "now": "timestamp",
    "org.slug": "string",
    "agent.name": "string",
    "agent.version": "int",
    "agent.role": "string",
    "agent.authority": "int",
    "agent.status": "string",
    "agent.labels": "list(string)",
    "agent.age_days": "double",
    "capability": "string",
    # The call of an agent: what it is given, and what it costs at most as far as its manifest says.
    "call.input": "map",
    "call.cost_usd": "double",
    "action.name": "string",
    "action.known": "bool",
    "action.version": "int",
    "action.effect": "string",
    "action.reversibility": "string",
    "action.classification": "string",
    "action.labels": "list(string)",
    "action.amount": "double",
    "action.args": "map",
    # A number from 0 up to 1 that nobody foresees, the same for the same action in the same run: for samples.
    "action.draw": "double",
    "run.id": "string",
    "run.workflow": "string",
    "run.version": "int",
    "run.cost_usd": "double",
    "run.started_by": "string",
    "run.priority": "int",
    "run.depth": "int",
    "run.input": "map",
    "step.id": "string",
    "step.attempt": "int",
    "step.kind": "string",
    "confidence": "double",
    "risk.score": "int",
    # How likely harm is taken to be, 0 to 1, and by how many points each part raises the score.
    "risk.likelihood": "double",
    "risk.parts": "map",
    # What happened before in the same run (for an agent elsewhere: of what it told): tools that were called, those of
    # them whose answers are not to be trusted, how often exactly this was done, and the classes of data that were read.
    "history.tools": "list(string)",
    "history.tainted_sources": "list(string)",
    "history.repeats": "int",
    "flow.labels": "list(string)",
    # How busy the agent is: acts in the last minute, refusals in the last hour, actions it ever took (1,000 at most).
    "rate.calls_1m": "int",
    "rate.denials_1h": "int",
    "rate.actions": "int",
    # Kinds of personal data in what the act is about: email, phone, card, iban, identity, password, ip.
    "pii.kinds": "list(string)",
    # Arguments whose value came from answers of tools or agents, not from what the person asked for; those that came
    # from neither; those that such an answer told somebody to use. Whether an answer asks for this kind of call and the
    # person does not; whether a look is taken once more after an answer that gives orders.
    "provenance.untrusted": "list(string)",
    "provenance.unexplained": "list(string)",
    "provenance.dictated": "list(string)",
    "provenance.instructed": "bool",
    "provenance.sidetracked": "bool",
    # What the task is, in the words of the person, what came back so far ({tool, args, result}), and which of the
    # agent's tools the words ask for.
    "task.prompt": "string",
    "task.sources": "list(map)",
    "task.tools": "list(string)",
    "resource.kind": "string",
    "resource.name": "string",
    "resource.organization": "string",
    "resource.classification": "string",
    "data.kind": "string",
    "data.name": "string",
    "data.classification": "string",
    "data.purpose": "string",
    "data.query": "string",
    "data.texts": "list(string)",
    "memory.key": "string",
    "memory.classification": "string",
    "memory.writer": "string",
    "memory.value": "dyn",
    "message.sender": "string",
    "message.recipient": "string",
    "message.kind": "string",
    "message.text": "string",
    "result.output": "map",
    "result.actions": "list(string)",
    "result.cost_usd": "double",
    "result.tokens": "int",
    # A change of what acts or of the rules: agent, role, tool or policy; save, remove, suspend, resume, publish, …
    "change.kind": "string",
    "change.verb": "string",
    "change.name": "string",
    "change.by": "string",
    "change.is_new": "bool",
    "change.spec": "map",
    "facts": "map",
}
_ZERO_OF: Final[Mapping[str, Any]] = {
    "string": "",
    "int": 0,
    "double": 0.0,
    "bool": False,
    "map": {},
    "dyn": None,
    "list(string)": [],
    "list(map)": [],
}
_ZEROS: Final = {name: _ZERO_OF[kind] for name, kind in FACTS.items() if kind in _ZERO_OF}

MAX_STRING = 65_536
MAX_ITEMS = 1_000
_SHORT = 200
MAX_DEPTH = 24
MAX_VALUES = 10_000
MAX_CHARACTERS = 262_144
# RFC 8785 numbers are doubles: a larger integer could not be told from its neighbour in the digest.
MAX_INTEGER = 2**53 - 1


def complete(facts: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return the facts with every variable that was not given at its zero, so that no rule stumbles over it.

    An action by no agent has no agent's name; whoever asks leaves out what does not apply to the act.
    """
    return {**_ZEROS, "now": now, **facts}


def storable(facts: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return a copy that JSON and PostgreSQL can keep, and what had to be changed to make it so.

    An empty list means that the copy says exactly what the facts say. Anything else must not be decided on: a rule
    would look at less than what is about to happen.
    """
    copy = _Copy()
    # Most facts are short and plain: this is on the path of every step.
    kept = {n: v if _is_plain(v) else copy.of(v, str(n), 0) for n, v in facts.items()}
    return kept, copy.changed


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind is str:
        text: str = value
        return len(text) < _SHORT and text.isascii() and "\x00" not in text
    if kind is int:
        return bool(-MAX_INTEGER <= value <= MAX_INTEGER)
    return value is None or kind is bool or (kind is float and math.isfinite(value))


class _Copy:
    def __init__(self) -> None:
        self.changed: list[str] = []
        self._values = 0
        self._characters = 0

    def of(self, value: Any, path: str, depth: int) -> Any:
        self._values += 1
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, int) and abs(value) <= MAX_INTEGER:
            return value
        if isinstance(value, float) and math.isfinite(value):
            return value
        if isinstance(value, datetime):
            return value.isoformat()
        if isinstance(value, dict | list) and self._fits(value, path, depth):
            if isinstance(value, list):
                return [self.of(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(value)]
            return {self._text(key, path): self.of(item, f"{path}.{key}", depth + 1) for key, item in value.items()}
        if isinstance(value, int):
            return self._change(path, "is too large a number for JSON; send it as text", str(value))
        if isinstance(value, dict | list):
            return None
        return self._change(path, f"is a {type(value).__name__}, which JSON cannot say", repr(value)[:100])

    def _fits(self, value: dict[Any, Any] | list[Any], path: str, depth: int) -> bool:
        if depth >= MAX_DEPTH:
            self._change(path, f"is nested more than {MAX_DEPTH} deep", None)
        elif len(value) > MAX_ITEMS:
            self._change(path, f"has more than {MAX_ITEMS} items", None)
        elif self._values + len(value) > MAX_VALUES:
            self._change(path, f"makes more than {MAX_VALUES} values in all", None)
        else:
            return True
        return False

    def _text(self, value: Any, path: str) -> str:
        if not isinstance(value, str):
            return str(self._change(path, "has a name that is not text", repr(value)[:100]))
        self._characters += len(value)
        if len(value) > MAX_STRING:
            return str(self._change(path, f"is longer than {MAX_STRING} characters", value[:200]))
        if self._characters > MAX_CHARACTERS:
            return str(self._change(path, f"makes more than {MAX_CHARACTERS} characters in all", value[:200]))
        if "\x00" in value or not _is_unicode(value):
            return str(self._change(path, "holds characters that are not text", _cleaned(value)))
        return value

    def _change(self, path: str, what: str, instead: Any) -> Any:
        self.changed.append(f"{_cleaned(path)[:200]} {what}")
        return _cleaned(instead) if isinstance(instead, str) else instead


def _is_unicode(value: str) -> bool:
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _cleaned(value: str) -> str:
    return value.replace("\x00", "\ufffd").encode(errors="replace").decode()
