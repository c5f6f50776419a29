"""Events of a recorded conversation: messages, calls and what came back."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

Event = Mapping[str, Any]


def results_of(events: Sequence[Event]) -> Iterator[tuple[Event, Any]]:
    """Yield each call that was answered, with its answer; one that holds JSON as what it says."""
    for call, answer in pairwise(events):
        if call["type"] == "tool_call" and answer["type"] == "tool_result":
            yield call, _read(answer["content"])


def said_by(role: str, events: Sequence[Event]) -> list[str]:
    """Return the messages of the user or of the assistant, in their order."""
    return [str(one["content"]) for one in events if one["type"] == "message" and one["role"] == role]


def _read(content: Any) -> Any:
    if not isinstance(content, str):
        return content
    try:
        return json.loads(content)
    except ValueError:
        return content
