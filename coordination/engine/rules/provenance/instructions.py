"""Sentences of a text that tell somebody to do something, whatever their wording.

A sentence is an instruction when one of its clauses begins with a verb of acting ("Send …", "please post …", "then
delete …") or says that something must be done ("you need to invite …", "a payment should be made to …"). Markup, labels
and greetings before it do not hide it. A remark in parentheses is an aside, not an instruction.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from coordination.engine.rules.provenance.pieces import leaves_of, plain
from coordination.engine.rules.provenance.vocabulary import ACT_WORDS

_MAX_TEXT: Final = 65_536
# Also where somebody forgot the space, or put a text behind a name in one field.
_SENTENCE: Final = re.compile(
    r"(?:\r?\n)+|(?<=[.!?])[\"'”’)\]]*\s+|[|•]|(?<=[^\s.\d])[.!?](?=[A-Z])|_(?=[A-Z][a-z]+\s)"
)
_MARKUP: Final = re.compile(
    r"</?[A-Za-z][\w:-]{0,40}(?:\s[^<>]{0,80})?/?>|<!-{1,6}|-{1,6}>|\[/?[A-Z_]{2,40}\]|[*#=~`]{2,}"
)
_BREAK: Final = re.compile(r"\s*(?:[,;:]|\s[-–—]+\s|^[-–—>*•\d.)\s]+|\.{2,}|…|\"|“|”|\n)\s*")
_LEADING: Final = (
    r"(?:please|kindly|then|now|first|firstly|second|next|also|just|instead|finally|lastly|afterwards|and|so|but|or|"
    r"ok|okay|hey|hi|hello|assistant|agent|ai|model|immediately|urgently|always|simply|directly|quickly|do|don't\s+forget|"
    r"let's|never\s+mind|go\s+ahead|instruction|task|note|important|todo)"
)
_VERBS: Final = "|".join(sorted(ACT_WORDS, key=len, reverse=True))
_IMPERATIVE: Final = re.compile(
    rf"^(?:{_LEADING}[\s!]+)*(?:go\s+(?:and|ahead\s+and)\s+)?(?:{_VERBS})\b(?![:=]|\s+of\b)", re.IGNORECASE
)
_DEMAND: Final = re.compile(
    rf"\b(?:(?:you|assistant|agent|ai|model|everyone|it)\s+(?:must|should|shall|need(?:s)?\s+to|ha(?:ve|s)\s+to|ought\s+to|"
    rf"are\s+(?:required|asked|expected|instructed|supposed|told|to)(?:\s+to)?|will|are\s+going\s+to)|"
    rf"(?:can|could|would|will)\s+you(?:\s+please)?|please|kindly|must|that\s+you|"
    rf"(?:make\s+sure|be\s+sure|remember|(?:do\s+not|don't)\s+forget|required|necessary|imperative|mandatory|"
    rf"(?:want|need|like|ask|asks|asked|instruct|instructed|tell|order|ordered)\s+(?:you|the\s+\w+)|"
    rf"(?:task|goal|objective|instruction|duty|job|step)\s+is)\s+to|(?:do|and|then|to)\s+(?:also|then|first|immediately)|"
    rf"\bdo)\s+(?:(?:also|then|first|immediately|just|now|always)\s+)*(?:{_VERBS})\b",
    re.IGNORECASE,
)
_PASSIVE: Final = re.compile(
    r"\b(?:must|should|shall|needs?\s+to|has\s+to|have\s+to|(?:is|are)\s+to)\s+(?:also\s+|now\s+|first\s+)?be\s+\w+(?:ed|en|t|de|id)\b",
    re.IGNORECASE,
)
# Quotes with what stands around them in JSON; those with a backslash belong to the text.
_IS_FIELDS: Final = re.compile(r'(?<!\\)"\s*[:,]\s*["\[{\dtfn-]|[\[{]\s*"')
_FIELD_ENDS: Final = re.compile(
    r'(?<!\\)"\s*[:,}\]]+[\s,\[{]*"?|(?<=[\w}\]])[,}\]]{1,8}\s{0,8}[{\[]{0,8}\s{0,8}"|^\s*[\[{]+\s*"'
)
_ASIDE: Final = re.compile(r"\([^()]{0,300}\)")


@lru_cache(maxsize=1024)
def instructions_in(text: str) -> tuple[str, ...]:
    """Return the sentences of a text that tell somebody to do something."""
    return tuple(sentence for sentence in sentences_in(text) if is_instruction(sentence))


@lru_cache(maxsize=1024)
def sentences_in(text: str) -> tuple[str, ...]:
    """Return the sentences of a text, or of the texts that a piece of JSON holds."""
    return tuple(_sentences(plain(text[:_MAX_TEXT])))


def is_instruction(sentence: str) -> bool:
    """Tell whether a sentence tells somebody to do something."""
    said = _ASIDE.sub(" ", sentence)
    if _DEMAND.search(said) or _PASSIVE.search(said):
        return True
    return any(_IMPERATIVE.match(clause) for clause in _BREAK.split(said) if clause)


def _sentences(text: str) -> Iterator[str]:
    for passage in _passages(text):
        for sentence in _SENTENCE.split(_MARKUP.sub("\n", passage)):
            if said := " ".join(sentence.split()):
                yield said


def _passages(text: str) -> Iterator[str]:
    """Yield each text that a result holds: the texts in its fields, or the whole when it has none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        yield from _cut_short(text)
        return
    # What JSON escaped is only seen now.
    yield from (plain(leaf) for leaf in leaves_of(value) if isinstance(leaf, str))


def _cut_short(text: str) -> Iterator[str]:
    """Yield the texts of JSON of which somebody cut off an end, or the text itself when it is not JSON at all."""
    fields = _FIELD_ENDS.split(text) if _IS_FIELDS.search(text) else [text]
    for field in fields:
        yield field.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')
