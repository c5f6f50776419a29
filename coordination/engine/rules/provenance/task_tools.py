"""Which tools does a task ask for? Judged from the person's words and the tools' names, nothing else."""

import re
from collections.abc import Iterable
from typing import Final

from coordination.engine.rules.provenance.instructions import is_instruction, sentences_in
from coordination.engine.rules.provenance.vocabulary import LOOKING, acts_in, stem, stems_of, stems_of_name, things_in

# Words of names that say nothing about what the tool is for.
_FILLING: Final = "to from in for by of on the a an and with my me all most recent current direct"
_EMPTY: Final = frozenset(_FILLING.split())

# Whoever asks to do what a document says has given the list out of hand: then any tool may be needed.
_HANDED_OVER: Final = re.compile(
    r"\b(?:follow|do|perform|complete|execute|carry\s+out|handle|take\s+care\s+of|act\s+on|work\s+through)\b"
    r"(?!\s+the\s+following)[^.:?!]{0,60}\b(?:instructions?|tasks?|to-?\s?dos?|steps|actions?|items)\b(?!\s*:)",
    re.IGNORECASE,
)

_QUESTION: Final = re.compile(
    r"\s*(?:who|whom|whose|what|when|where|which|why|how|did|do|does|has|have|had|is|are|was|were|am|will|any)\b",
    re.IGNORECASE,
)
_MONEY: Final = re.compile(
    r"[$€£¥]\s?\d|\d\s?(?:€|\$|£|usd\b|eur\b|gbp\b|chf\b)|\b[A-Z]{2}\d{2}[A-Z0-9 ]{10,}", re.IGNORECASE
)
_FOR_ME: Final = re.compile(r"\b(?:give|tell|show|get|find|let)\s+(?:me|us)\b(?:\s+know\b)?", re.IGNORECASE)
_WRITES_TO: Final = re.compile(
    r"\b(?:[Ww]rite|[Ll]et)\s+(?:to|back|him|her|them|everyone|everybody|each|all|[A-Z]\w+)\b(?!\s+down)"
)
_TELLS: Final = "tell notify inform contact text message email mail dm reply respond forward send ask"
_TELLING: Final = frozenset(_TELLS.split())


def tools_for(prompt: str, tools: Iterable[str]) -> list[str]:
    """Return those tools that the prompt asks for: its verbs name the act, its nouns the thing.

    Looking something up needs only the thing, since any task may need to look. Generous on purpose: whatever is left
    out here is held when an agent calls it.
    """
    if _HANDED_OVER.search(prompt):
        return list(tools)
    stems = stems_of(prompt)
    asked = [one for sentence in sentences_in(prompt) if _asks_to_act(sentence) for one in stems_of(_spoken(sentence))]
    acts, things = acts_in(asked), things_in(stems) | frozenset(stems)
    if "@" in prompt:
        things |= {"mail"}
    if _MONEY.search(prompt):
        things |= {"money"}
    if "www." in prompt or "http" in prompt:
        things |= {"web"}
    tells = not _TELLING.isdisjoint(asked) or bool(_WRITES_TO.search(prompt))
    return [tool for tool in tools if _asks_for(acts, things, tool, tells=tells)]


def looks_only(tool: str) -> bool:
    """Tell whether a tool's name begins with a verb of looking."""
    first, *_ = [*stems_of_name(tool), ""]
    return first in _LOOKING


def is_asked_to_look(prompt: str, tool: str) -> bool:
    """Tell whether the prompt speaks of everything that a looking tool's name speaks of, in whatever words."""
    if _HANDED_OVER.search(prompt):
        return True
    stems = stems_of(prompt)
    things = things_in(stems) | frozenset(stems)
    return all(things & things_in([word]) for word in _telling(tool))


def names_tool(text: str, tool: str) -> bool:
    """Tell whether a text says all the words of the tool's name that say what it is for."""
    telling = _telling(tool)
    return bool(telling) and frozenset(telling) <= frozenset(stems_of(text))


def things_of(tool: str) -> frozenset[str]:
    """Return the kinds of things that a tool's name speaks of."""
    return things_in(_telling(tool))


def _telling(tool: str) -> list[str]:
    return [word for word in stems_of_name(tool)[1:] if word not in _EMPTY]


def _asks_for(acts: frozenset[str], things: frozenset[str], tool: str, *, tells: bool) -> bool:
    verb, *_ = [*stems_of_name(tool), ""]
    about = things_of(tool)
    if looks_only(tool):
        return not about or bool(about & things)
    wanted = acts_in([verb]) or {verb}
    if not wanted & acts:
        return False
    # "Tell Ann about it" names no message.
    is_message = tells and "tell" in wanted and bool(about & {"message", "mail"})
    return not about or bool(about & things) or is_message


def _asks_to_act(sentence: str) -> bool:
    """Tell whether a sentence may ask for an act: a question tells what is to be found out, unless it orders, too."""
    return not _QUESTION.match(sentence) or is_instruction(sentence)


def _spoken(sentence: str) -> str:
    """Return a sentence without the words that only ask for an answer, as in "give me" and "tell me"."""
    return _FOR_ME.sub(" ", sentence)


_LOOKING: Final = frozenset(stem(word) for word in LOOKING)
