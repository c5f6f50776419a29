"""What a record can be found by: facets (what kind, who, about what …) and the words of its details.

The sealer gathers the terms of every record of a batch, so that a search skips the batches that hold none of them.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from coordination.audit.models import AuditEvent

KIND, ACTOR, AGENT, ABOUT, STREAM, DECISION = "k:", "a:", "g:", "o:", "s:", "d:"
# PostgreSQL takes a megabyte of terms for a batch of 256 records, and refuses more: sealing must never fail by it.
LONGEST_FACET_BYTES = 110
MOST_AGENTS = 5
MOST_WHOLES = 3
MOST_WORD_BYTES = 2_000
# Of a longer word, each part is a word.
LONGEST_WORD = 40
_WORD = re.compile(rf"[^\W_]{{2,{LONGEST_WORD}}}")
_NAME_OF_MEMBER = re.compile(r'"[^"\\]*":')
_ESCAPED = re.compile(r"\\u[0-9a-f]{4}|\\.")
_DATA, _AFTER_DATA = ',"data":', ',"id":"'
_DECIDED = ("outcome", "verdict", "decision")


def terms_of(record: AuditEvent) -> set[str]:
    """Return everything a record can be found by; it runs once for every record there is."""
    terms = {facet(KIND, record.kind), facet(ACTOR, record.actor), facet(STREAM, record.stream)}
    terms.update(facet(ABOUT, one) for one in wholes_of(record.object))
    text = _text_of_data(record.body)
    data = _read(text)
    terms.update(facet(DECISION, data[name]) for name in _DECIDED if isinstance(data.get(name), str))
    terms.update(facet(AGENT, agent) for agent in _agents(record, data))
    spoken = _ESCAPED.sub(" ", text) if "\\" in text else text
    terms.update(_few(words_of(_NAME_OF_MEMBER.sub(" ", spoken))))
    return terms


def facet(kind: str, value: str) -> str:
    """Return the term of a facet; a very long value shares its term with others that begin like it."""
    if value.isascii():
        return kind + value[:LONGEST_FACET_BYTES]
    return kind + value.encode("utf-8", "replace")[:LONGEST_FACET_BYTES].decode("utf-8", "ignore")


def wholes_of(about: str) -> Iterator[str]:
    """Yield a thing and those it is part of: run:42/step:send is also about run:42."""
    if about:
        yield about
        parts = about.split("/")[:-1]
        yield from ("/".join(parts[: count + 1]) for count in range(min(len(parts), MOST_WHOLES)))


def words_of(text: str) -> dict[str, None]:
    """Return the words of a text, each once, in their order."""
    return dict.fromkeys(_WORD.findall(text.lower()))


def _agents(record: AuditEvent, data: dict[str, Any]) -> set[str]:
    """Return the names of the agents that a record is about, without their versions."""
    found = {
        thing.removeprefix("agent:").partition("@")[0]
        for thing in (record.actor, record.object)
        if thing.startswith("agent:")
    }
    agent, agents = data.get("agent"), data.get("agents")
    if isinstance(agent, str) and agent:
        found.add(agent)
    if isinstance(agents, list):
        found.update(one for one in agents[:MOST_AGENTS] if isinstance(one, str))
    return found


def _text_of_data(body: str) -> str:
    """Return the details as they stand in a body, whose members are in the order of their names."""
    begin, end = body.find(_DATA), body.rfind(_AFTER_DATA)
    if begin < 0 or end < begin:
        return ""
    return body[begin + len(_DATA) : end]


def _read(text: str) -> dict[str, Any]:
    try:
        data = orjson.loads(text)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _few(words: Iterable[str]) -> Iterator[str]:
    """Yield the first of the words, as many as a record may have."""
    left = MOST_WORD_BYTES
    for word in words:
        left -= len(word) if word.isascii() else len(word.encode())
        if left < 0:
            return
        yield word
