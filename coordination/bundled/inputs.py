"""Read what an agent was given; what is missing or of the wrong kind is a clear failure."""

import re
from typing import Any

from coordination.adapters.ports import AgentFailed, Source, Task
from coordination.shared.json import Json

MAX_TEXT = 20_000


def text_of(task: Task, name: str, *, required: bool = True) -> str:
    """Return a text from the input, at most MAX_TEXT characters of it; raises AgentFailed."""
    value = task.input.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value.strip()):
        raise AgentFailed("bad-input", f"The input {name} must be a text that is not empty.")
    return value[:MAX_TEXT]


def spoken(name: str) -> str:
    """Return a name such as late_delivery as a sentence of its own, to put before a question; nothing for no name."""
    return f"{re.sub(r'[^a-zA-Z0-9]+', ' ', name).strip().capitalize()}.\n" if name else ""


def number_of(task: Task, name: str) -> float | None:
    """Return a number from the input, or None."""
    value = task.input.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def setting(task: Task, name: str, default: Any) -> Any:
    """Return a value from the agent's config; raises AgentFailed if it is not of the default's kind."""
    value = task.config.get(name)
    if value is None:
        return default
    wanted = (int, float) if isinstance(default, float) else type(default)
    if not isinstance(value, wanted) or (isinstance(value, bool) and not isinstance(default, bool)):
        raise AgentFailed("bad-config", f"config.{name} must be like {default!r}, not {value!r}.")
    return value


def knowledge_base_of(task: Task) -> str:
    """Return the knowledge base that the agent's config names; raises AgentFailed."""
    name = setting(task, "knowledge_base", "")
    if not name:
        raise AgentFailed("bad-config", "config.knowledge_base must name the knowledge base to use.")
    return str(name)


def sources_of(task: Task, name: str = "passages") -> list[Source]:
    """Return the passages that an earlier step found: a list of {key, title, text, score}."""
    value: Json = task.input.get(name) or []
    if not isinstance(value, list):
        raise AgentFailed("bad-input", f"The input {name} must be a list of passages.")
    return [_source(item) for item in value if isinstance(item, dict) and item.get("text")]


def _source(item: dict[str, Json]) -> Source:
    score = item.get("score")
    key, title = str(item.get("key") or ""), str(item.get("title") or "")
    return Source(title or key, key, str(item["text"]), float(score) if isinstance(score, int | float) else None)
